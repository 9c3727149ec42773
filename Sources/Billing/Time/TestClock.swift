// Moving the time of the whole instance: only in sandbox mode, only forward, and through everything that falls due.
import Audit
package import Core
package import Storage
import Web

/// What moves the clock that every part of the instance goes by.
package struct TestClock: Sendable {
    let advance: @Sendable (Milliseconds) throws -> Void

    /// `advance` moves the clock, and keeps what has to be kept outside the database.
    package init(advance: @escaping @Sendable (Milliseconds) throws -> Void) { self.advance = advance }

    /// The farthest that it goes ahead.
    static let limit = Milliseconds.days(3650)
}

/// What happened on the way.
struct TravelReport: Codable, Sendable {
    let from: Timestamp
    let now: Timestamp
    /// At how many instants something was due.
    let stops: Int
}

extension Billing {
    /// How far ahead the clock was left by the last run.
    package static func testClockAhead(in tx: any Transaction) throws -> Milliseconds { try ClockStore.ahead(in: tx) }

    /// Goes forward to an instant, stopping wherever something is due, so that everything happens at its own time and
    /// in order: a year of renewals in seconds.
    func travel(
        to target: Timestamp, by actor: Actor, atEachStop: @Sendable () async throws -> Void = {}
    ) async throws -> TravelReport {
        guard let clock = settings.testClock else { throw BillingProblem.clockFixed }
        let from = database.clock.now
        let ahead = try database.read(in: .instance) { tx in try ClockStore.ahead(in: tx) }
        let distance = target.since(from).count
        guard distance > 0, ahead.count + distance <= TestClock.limit.count else { throw BillingProblem.clockLimit }
        var stops = 0
        while stops < 10_000 {
            let now = database.clock.now
            let due = try database.read(in: .instance) { tx in try ClockStore.next(after: now, in: tx) }
            let next = min(due ?? target, target)
            guard next > now else { break }
            // Durable before the clock moves: a restart never goes back behind what was billed.
            let kept = Milliseconds(ahead.count + next.since(from).count)
            try await database.write(in: .instance, by: actor) { tx in try ClockStore.keep(ahead: kept, in: tx) }
            try clock.advance(next.since(now))
            try await workAll(by: actor)
            try await atEachStop()
            if next == target { break }
            stops += 1
        }
        try await database.write(in: .instance, by: actor) { tx in
            try Audit.record(
                "clock.moved", on: .init("instance", "instance"), .object(["to": .string(target.description)]), in: tx)
        }
        return TravelReport(from: from, now: database.clock.now, stops: stops)
    }

    /// Everything that billing does by itself, once.
    func workAll(by actor: Actor) async throws {
        try await turnAll(by: actor)
        try await dunAll(by: actor)
        try await remindAll(by: actor)
        try await recogniseAll(by: actor)
    }
}
