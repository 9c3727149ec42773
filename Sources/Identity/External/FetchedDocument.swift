// A document of somebody else, kept in memory and fetched anew: seldom, one at a time, and within bounds.
import Core
import Synchronization

/// The last good copy of a document.
final class FetchedDocument<Value: Sendable>: Sendable {
    private let fetch: @Sendable () async -> Value?
    private let cooldown: Milliseconds
    private let grace: Milliseconds
    private let state = Mutex(State())

    private struct State {
        var value: Value?
        var seenAt: Timestamp?
        var triedAt: Timestamp?
        var flight: Task<Void, Never>?
    }

    /// - Parameters:
    ///   - cooldown: from one fetch to the next.
    ///   - grace: how long a copy is used after it was fetched.
    ///   - fetch: the document; nil when it could not be had, or is none.
    init(cooldown: Milliseconds, grace: Milliseconds, fetch: @escaping @Sendable () async -> Value?) {
        self.cooldown = cooldown
        self.grace = grace
        self.fetch = fetch
    }

    /// The copy that may be used now; nil once the last good one is too old.
    func value(at now: Timestamp) -> Value? {
        state.withLock { state in
            guard let seenAt = state.seenAt, now.since(seenAt) < grace else { return nil }
            return state.value
        }
    }

    /// The last good copy, however old, and when it was fetched.
    var latest: (value: Value, seenAt: Timestamp)? {
        state.withLock { state in state.value.flatMap { value in state.seenAt.map { (value, $0) } } }
    }

    /// Whether a fetch is allowed now, or is running already.
    func mayRefresh(at now: Timestamp) -> Bool {
        state.withLock { $0.flight != nil || isRested($0, now) }
    }

    private func isRested(_ state: State, _ now: Timestamp) -> Bool {
        guard let triedAt = state.triedAt else { return true }
        let passed = now.since(triedAt)
        return passed >= cooldown || passed < Milliseconds(0)
    }

    /// Fetches the document, or waits for the fetch that runs; does nothing within the cooldown.
    ///
    /// - Parameter isForced: do not wait for the cooldown: somebody who runs the instance asks.
    func refresh(at now: Timestamp, isForced: Bool = false) async {
        let flight = state.withLock { state -> Task<Void, Never>? in
            if let flight = state.flight { return flight }
            guard isForced || isRested(state, now) else { return nil }
            state.triedAt = now
            // A task of its own: many requests wait for it, and one of them going away must not end it.
            let flight = Task { await self.take(at: now) }
            state.flight = flight
            return flight
        }
        await flight?.value
    }

    private func take(at now: Timestamp) async {
        let fetched = await fetch()
        state.withLock { state in
            state.flight = nil
            guard let fetched else { return }
            (state.value, state.seenAt) = (fetched, now)
        }
    }
}
