// What was worked out from the state of the database, for as long as that state and the second last.
import Core
import Storage
import Synchronization

/// The remembered answers of one read connection.
final class Memory: Sendable {
    private struct State {
        var version: UInt32 = 0
        var second: Int64 = 0
        var answers: [String: any Sendable] = [:]
    }

    private let state = Mutex(State())
    /// Answers that are kept; strangers' tokens are answers too.
    private static let limit = 2000

    func answer<Value: Sendable>(
        _ key: String, on connection: Connection, at now: Timestamp, _ compute: () throws -> Value
    ) throws -> Value {
        let version = try connection.dataVersion()
        let second = now.milliseconds / 1000
        let known = state.withLock { state -> (any Sendable)? in
            if state.version != version || state.second != second || state.answers.count >= Self.limit {
                state = State(version: version, second: second)
            }
            return state.answers[key]
        }
        if let known, let value = known as? Value { return value }
        let value = try compute()
        state.withLock { $0.answers[key] = value }
        return value
    }
}
