// The public keys of one issuer, kept in memory and fetched anew: seldom, one at a time, and within bounds.
package import Core
package import Tokens

/// Fetches a document of at most `KeySet.sizeLimit` bytes, without following redirects; throws when it takes too long.
package typealias KeyFetching = @Sendable (_ address: String) async throws -> [UInt8]

/// The last good key set of an issuer.
package final class IssuerKeys: Sendable {
    package let issuer: Issuer
    private let pinned: KeySet
    /// Nil for pinned keys, which stay right.
    private let document: FetchedDocument<KeySet>?

    /// From one fetch to the next, however many tokens name keys that nobody knows.
    package static let cooldown = Milliseconds.seconds(30)
    /// How long a set is used after it was last fetched: a removed key stops working, and an outage does not at once.
    package static let grace = Milliseconds.hours(1)

    package init(_ issuer: Issuer, fetch: @escaping KeyFetching) {
        self.issuer = issuer
        switch issuer.keys {
        case .pinned(let keys): (pinned, document) = (keys, nil)
        case .address(let address):
            pinned = KeySet([])
            document = FetchedDocument(cooldown: Self.cooldown, grace: Self.grace) {
                (try? await fetch(address)).flatMap { KeySet(document: $0) }
            }
        }
    }

    /// The keys that may be used now; none once the last good set is too old.
    package func keys(at now: Timestamp) -> KeySet {
        guard let document else { return pinned }
        return document.value(at: now) ?? pinned
    }

    /// Whether a fetch is allowed now, or is running already.
    package func mayRefresh(at now: Timestamp) -> Bool { document?.mayRefresh(at: now) ?? false }

    /// Fetches the keys, or waits for the fetch that runs; does nothing within the cooldown.
    ///
    /// The new set takes the place of the old one: keys that were removed are gone. Whatever is no key set leaves the
    /// old one in place.
    ///
    /// - Parameter isForced: do not wait for the cooldown: somebody who runs the instance asks.
    package func refresh(at now: Timestamp, isForced: Bool = false) async {
        await document?.refresh(at: now, isForced: isForced)
    }

    /// For people: how many keys are known, how many were not understood, and when they were fetched.
    package var summary: (known: Int, dropped: Int, seenAt: Timestamp?) {
        let latest = document?.latest
        let keys = latest?.value ?? pinned
        return (keys.keys.count, keys.dropped, latest?.seenAt)
    }
}
