// When sessions and keys were last used: gathered in memory, written together.
package import Core
import Synchronization

/// Remembers the last use of things until somebody writes it down: one write a minute instead of one a request.
package final class LastUse: Sendable {
    private let seen = Mutex<[String: Timestamp]>([:])
    private let limit: Int

    /// - Parameter limit: how many things are remembered between two writes; the rest lose accuracy only.
    package init(limit: Int = 10_000) { self.limit = limit }

    /// Notes a use, unless the one on record is less than a minute old.
    package func note(_ id: String, at now: Timestamp, recorded: Timestamp?) {
        if let recorded, now.since(recorded) < .minutes(1) { return }
        seen.withLock { seen in
            if seen[id] != nil || seen.count < limit { seen[id] = now }
        }
    }

    /// Hands out what was noted since the last time.
    package func take() -> [(id: String, at: Timestamp)] {
        seen.withLock { seen in
            defer { seen = [:] }
            return seen.map { ($0.key, $0.value) }
        }
    }
}
