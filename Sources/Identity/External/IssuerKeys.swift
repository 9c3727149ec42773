// The public keys of one issuer, kept in memory and fetched anew: seldom, one at a time, and within bounds.
package import Core
import Synchronization
package import Tokens

/// Fetches a document of at most `KeySet.sizeLimit` bytes, without following redirects; throws when it takes too long.
package typealias KeyFetching = @Sendable (_ address: String) async throws -> [UInt8]

/// The last good key set of an issuer.
package final class IssuerKeys: Sendable {
    package let issuer: Issuer
    private let fetch: KeyFetching
    private let state: Mutex<State>

    private struct State {
        var keys: KeySet
        /// When the set was last seen to be right; nil for a pinned one, which stays right.
        var seenAt: Timestamp?
        var triedAt: Timestamp?
        var flight: Task<Void, Never>?
    }

    /// From one fetch to the next, however many tokens name keys that nobody knows.
    package static let cooldown = Milliseconds.seconds(30)
    /// How long a set is used after it was last fetched: a removed key stops working, and an outage does not at once.
    package static let grace = Milliseconds.hours(1)

    package init(_ issuer: Issuer, fetch: @escaping KeyFetching) {
        self.issuer = issuer
        self.fetch = fetch
        if case .pinned(let keys) = issuer.keys {
            state = Mutex(State(keys: keys))
        } else {
            state = Mutex(State(keys: KeySet([])))
        }
    }

    private var address: String? { if case .address(let address) = issuer.keys { address } else { nil } }

    /// The keys that may be used now; none once the last good set is too old.
    package func keys(at now: Timestamp) -> KeySet {
        state.withLock { state in
            guard address != nil else { return state.keys }
            guard let seenAt = state.seenAt, now.since(seenAt) < Self.grace else { return KeySet([]) }
            return state.keys
        }
    }

    /// Whether a fetch is allowed now, or is running already.
    package func mayRefresh(at now: Timestamp) -> Bool {
        guard address != nil else { return false }
        return state.withLock { $0.flight != nil || Self.isRested($0, now) }
    }

    private static func isRested(_ state: State, _ now: Timestamp) -> Bool {
        guard let triedAt = state.triedAt else { return true }
        let passed = now.since(triedAt)
        return passed >= cooldown || passed < Milliseconds(0)
    }

    /// Fetches the keys, or waits for the fetch that runs; does nothing within the cooldown.
    ///
    /// The new set takes the place of the old one: keys that were removed are gone. Whatever is no key set leaves the
    /// old one in place.
    ///
    /// - Parameter isForced: do not wait for the cooldown: somebody who runs the instance asks.
    package func refresh(at now: Timestamp, isForced: Bool = false) async {
        guard let address else { return }
        let flight = state.withLock { state -> Task<Void, Never>? in
            if let flight = state.flight { return flight }
            guard isForced || Self.isRested(state, now) else { return nil }
            state.triedAt = now
            // A task of its own: many requests wait for it, and one of them going away must not end it.
            let flight = Task { await self.take(from: address, at: now) }
            state.flight = flight
            return flight
        }
        await flight?.value
    }

    private func take(from address: String, at now: Timestamp) async {
        let document = try? await fetch(address)
        let fetched = document.flatMap { KeySet(document: $0) }
        state.withLock { state in
            state.flight = nil
            guard let fetched else { return }
            (state.keys, state.seenAt) = (fetched, now)
        }
    }

    /// For people: how many keys are known, how many were not understood, and when they were fetched.
    package var summary: (known: Int, dropped: Int, seenAt: Timestamp?) {
        state.withLock { ($0.keys.keys.count, $0.keys.dropped, $0.seenAt) }
    }
}
