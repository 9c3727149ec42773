// Refused attempts on their way into the log: a few of each caller, so that nobody fills the disk with them.
import Core
package import Storage
import Synchronization
package import Web

/// Gathers refusals in memory and writes them together; what is too much is counted, not written.
///
/// A refusal is no change and has no transaction to be in; what was gathered in the last second before the process is
/// killed is lost.
package final class DeniedAttempts: Sendable {
    /// What is written at most in one stretch of time.
    struct Bounds {
        var stretch = Milliseconds.minutes(10)
        var perCaller = 10
        var inAll = 500
        /// Callers that are told apart; more share one allowance.
        var callers = 2000
        /// Refusals that wait to be written.
        var waiting = 500
    }

    private struct Caller {
        var written = 0
        var leftOut: Int64 = 0
    }

    private struct Attempt: Sendable {
        let denial: Denial
        let leftOut: Int64
    }

    private struct State {
        var since = Timestamp(milliseconds: 0)
        var callers: [String: Caller] = [:]
        var written = 0
        var waiting: [Attempt] = []
        /// What was left out of callers in the stretch before, told with their next record.
        var owed: [String: Int64] = [:]
    }

    private let state = Mutex(State())
    private let database: any Database
    private let bounds: Bounds

    package convenience init(database: any Database) { self.init(database: database, bounds: Bounds()) }

    init(database: any Database, bounds: Bounds) {
        self.database = database
        self.bounds = bounds
    }

    /// Takes a refusal; costs a look into a table.
    package func note(_ denial: Denial) {
        let now = database.clock.now
        let name = Self.name(of: denial)
        state.withLock { state in
            if now.since(state.since) >= bounds.stretch || now < state.since { begin(at: now, &state) }
            let key = state.callers[name] != nil || state.callers.count < bounds.callers ? name : ""
            var caller = state.callers[key] ?? Caller()
            if caller.written < bounds.perCaller, state.written < bounds.inAll, state.waiting.count < bounds.waiting {
                let leftOut = state.owed.removeValue(forKey: key) ?? 0
                state.waiting.append(Attempt(denial: denial, leftOut: leftOut))
                caller.written += 1
                state.written += 1
            } else {
                caller.leftOut += 1
            }
            state.callers[key] = caller
        }
    }

    private func begin(at now: Timestamp, _ state: inout State) {
        state.owed = state.callers.compactMapValues { $0.leftOut > 0 ? $0.leftOut : nil }
        state.callers = [:]
        state.written = 0
        state.since = now
    }

    /// A key or user; of strangers their address, of IPv6 the network.
    private static func name(of denial: Denial) -> String {
        guard denial.actor.kind == .anonymous else { return denial.actor.id }
        return denial.actor.address.flatMap { ClientAddress($0) }?.network.description ?? "-"
    }

    /// Writes what was gathered, each into the chain it belongs to; call about once a second and before the end.
    package func flush() async throws {
        let attempts = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for (index, attempt) in attempts.enumerated() {
            do {
                try await database.write(in: attempt.denial.scope, by: attempt.denial.actor) { tx in
                    try Self.record(attempt, in: tx)
                }
            } catch {
                // A full queue or disk: the rest waits for the next time.
                let rest = attempts[index...].prefix(bounds.waiting)
                state.withLock { $0.waiting.insert(contentsOf: rest, at: 0) }
                throw error
            }
        }
    }

    private static func record(_ attempt: Attempt, in tx: any Transaction) throws {
        let denial = attempt.denial
        var details: [JSONValue.Member] = [.init("code", .string(denial.code))]
        if let permission = denial.permission { details.append(.init("permission", .string(permission.rawValue))) }
        if attempt.leftOut > 0 { details.append(.init("left_out_before", .integer(attempt.leftOut))) }
        try Audit.record(
            "access.denied", on: .init("route", "\(denial.method) \(denial.route)"), .object(details), in: tx)
    }
}
