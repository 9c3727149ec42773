// The issuers and their keys, for who runs the instance.
import Core
import Storage
import Tokens
import Web

/// An issuer as it is configured, and what is known of its keys.
struct IssuerResource: Codable, Sendable {
    let name: String
    let issuer: String
    /// How many public keys may be used.
    let keys: Int
    /// How many keys of the set were left out.
    let keysDropped: Int
    /// When the set was last fetched; nil for pinned keys, and when that never succeeded.
    let fetchedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case name, issuer, keys
        case keysDropped = "keys_dropped"
        case fetchedAt = "fetched_at"
    }

    init(_ keys: IssuerKeys, at now: Timestamp) {
        (name, issuer) = (keys.issuer.name, keys.issuer.issuer)
        self.keys = keys.keys(at: now).keys.count
        (keysDropped, fetchedAt) = (keys.summary.dropped, keys.summary.seenAt)
    }
}

extension Identity {
    func addIssuers(to routes: inout Routes) {
        routes.get(
            "/v1/operator/issuers", "listIssuers", "List the issuers whose tokens are taken, by name", tag: "operator",
            allow: .operators, returns: Page<IssuerResource>.self
        ) { _, tx in issuers(at: tx.now) }
        routes.act(
            "/v1/operator/issuers/refresh", "refreshIssuers", "Fetch the keys of every issuer now", tag: "operator",
            allow: .operators, body: NoBody.self, returns: Page<IssuerResource>.self
        ) { _ in
            await external.refresh(at: database.clock.now, isForced: true)
            return issuers(at: database.clock.now)
        }
    }

    private func issuers(at now: Timestamp) -> Page<IssuerResource> {
        Page(data: external.all.map { IssuerResource($0, at: now) }, nextCursor: nil)
    }
}
