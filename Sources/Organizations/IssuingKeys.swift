// API keys: made, shown once, revoked.
import Audit
package import Core
import Events
import Identity
package import Storage
import Web

extension Organizations {
    /// How many keys that are not revoked an organisation may have.
    static let keyLimit = 100

    /// Makes an API key. Scope: the organisation.
    ///
    /// Throws `above_own_role` (403), `validation_failed` for `/name` and `/expires_at`, `limit_reached` (409).
    package static func createKey(
        name raw: String, role: Role, expiresAt: Timestamp? = nil, by own: Role, in tx: any Transaction
    ) throws -> NewAPIKey {
        let name = try Person.name(raw)
        var validation = Validation()
        validation.require(
            expiresAt.map { $0 > tx.now } ?? true, "/expires_at", "past", "A key has to end in the future, or never.")
        try validation.check()
        guard role <= own else { throw OrganizationsProblem.aboveOwnRole(own) }
        guard try APIKeysStore.countUnrevoked(upTo: keyLimit, in: tx) < keyLimit else {
            throw OrganizationsProblem.tooMany("API keys", limit: keyLimit)
        }
        let secret = APIKeyText.make()
        let key = APIKey(
            id: APIKeyID(at: tx.now), name: name, role: role, hint: String(secret.suffix(4)),
            createdBy: tx.actor.display, createdAt: tx.now, expiresAt: expiresAt, lastUsedAt: nil, revokedAt: nil)
        try APIKeysStore.insert(key, hash: APIKeyText.hash(secret), in: tx)
        try announce("api_key.created", key, in: tx)
        return NewAPIKey(key: key, secret: secret)
    }

    /// Ends an API key at once. Throws 404 when it is unknown or revoked, `above_own_role` (403).
    static func revokeKey(_ id: APIKeyID, by own: Role, in tx: any Transaction) throws {
        guard let key = try APIKeysStore.find(id, in: tx), key.revokedAt == nil else {
            throw Problem.notFound("API key that works")
        }
        guard key.role <= own else { throw OrganizationsProblem.aboveOwnRole(own) }
        _ = try APIKeysStore.revoke(id, in: tx)
        try announce("api_key.revoked", key, in: tx)
    }

    private static func announce(_ what: String, _ key: APIKey, in tx: any Transaction) throws {
        let details = JSONValue.object(["name": .string(key.name), "role": .string(key.role.rawValue)])
        try Audit.record(what, on: .init("api_key", key.id), details, in: tx)
        try Events.publish(what, about: key.id, details, in: tx)
    }
}
