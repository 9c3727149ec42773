// The guard against a clock that jumps: billing goes by the wall clock only as far as a second clock agrees with it.
import Audit
import Core
package import Storage
import Synchronization
import Web

/// Compares the wall clock with one that nobody sets, while this program runs, and with the latest instant at which it
/// worked, across its starts.
final class ClockGuard: Sendable {
    /// What the two clocks may differ by: a correction of the time by its own service is far smaller.
    static let tolerance = Milliseconds.minutes(10)
    /// The longest stop that is believed without asking.
    static let longestStop = Milliseconds.days(60)

    private let steady: @Sendable () -> Milliseconds
    private let last = Mutex<(wall: Timestamp, steady: Milliseconds)?>(nil)

    init(steady: @escaping @Sendable () -> Milliseconds) { self.steady = steady }

    /// Measured by a clock that also runs while the machine sleeps.
    convenience init() {
        let start = ContinuousClock.now
        self.init {
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            return Milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        }
    }

    /// Why nothing may be billed at an instant; nil when it may. The instant becomes what the next one is compared with
    /// only when it is believed.
    func doubt(about now: Timestamp, after highWater: Timestamp?) -> String? {
        let steady = steady()
        return last.withLock { last in
            let reason: String?
            if let before = last {
                let expected = before.wall.adding(Milliseconds(steady.count - before.steady.count))
                reason = Self.doubt(now, expected: expected, slackAhead: Self.tolerance)
            } else if let highWater {
                reason = Self.doubt(now, expected: highWater, slackAhead: Self.longestStop)
            } else {
                reason = nil
            }
            if reason == nil { last = (now, steady) }
            return reason
        }
    }

    /// An operator says that the clock is right.
    func believe(_ now: Timestamp) { last.withLock { $0 = (now, steady()) } }

    private static func doubt(_ now: Timestamp, expected: Timestamp, slackAhead: Milliseconds) -> String? {
        if now < expected.adding(-tolerance) {
            return "The clock shows \(now), which is before \(expected), when billing worked last."
        }
        if now > expected.adding(slackAhead) {
            return "The clock shows \(now), far ahead of \(expected), where it should be."
        }
        return nil
    }
}

extension Billing {
    /// Does work by the clock, unless the clock is in doubt: then nothing is billed, and an alarm stands until the
    /// clock is back or an operator confirms it.
    func guarded(by actor: Actor, _ work: () async throws -> Void) async throws {
        guard let clockGuard = settings.clockGuard else { return try await work() }
        let now = database.clock.now
        let state = try database.read(in: .instance) { tx in try ClockStore.state(in: tx) }
        if let confirmed = state?.confirmedAt, confirmed > state?.highWater ?? confirmed {
            clockGuard.believe(confirmed)
        }
        let doubt = clockGuard.doubt(about: now, after: state?.highWater)
        try await database.write(in: .instance, by: actor) { tx in
            if let doubt {
                guard try ClockStore.hold(because: doubt, at: now, in: tx) else { return }
                try Audit.record(
                    "billing_clock.held", on: .init("instance", "instance"), .object(["why": .string(doubt)]), in: tx)
            } else {
                if state?.heldBecause != nil {
                    try Audit.record("billing_clock.released", on: .init("instance", "instance"), .object([]), in: tx)
                }
                try ClockStore.advance(to: now, in: tx)
            }
        }
        if doubt == nil { try await work() }
    }

    /// An operator has looked at the clock: it is right, and billing goes by it from here on.
    func confirmClock(in tx: any Transaction) throws -> BillingClockResource {
        guard let state = try ClockStore.state(in: tx), state.heldBecause != nil else {
            throw BillingProblem.clockNotHeld
        }
        settings.clockGuard?.believe(tx.now)
        try ClockStore.confirm(tx.now, in: tx)
        try Audit.record("billing_clock.confirmed", on: .init("instance", "instance"), .object([]), in: tx)
        return BillingClockResource(try ClockStore.state(in: tx), now: tx.now, canMove: settings.testClock != nil)
    }

    /// Why billing waits; nil when it does not. For the doctor. Scope: instance.
    package static func clockDoubt(in tx: any Transaction) throws -> String? {
        try ClockStore.state(in: tx)?.heldBecause
    }
}
