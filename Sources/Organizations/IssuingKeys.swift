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

    /// How long a rotated key and its successor work side by side.
    static let rotationOverlap = Milliseconds.hours(24)

    /// What a key may do, where from, and for how long.
    package struct KeyRequest: Sendable {
        package var name: String
        package var role: Role
        /// Nil: everything the role holds.
        package var permissions: [Permission]?
        package var allowedAddresses: [String] = []
        package var isTest = false
        package var expiresAt: Timestamp?

        package init(name: String, role: Role) {
            self.name = name
            self.role = role
        }
    }

    /// Makes an API key. Scope: the organisation.
    ///
    /// Throws `above_own_role` (403), `validation_failed` for `/name` and `/expires_at`, `limit_reached` (409).
    package static func createKey(
        name: String, role: Role, expiresAt: Timestamp? = nil, by own: Role, in tx: any Transaction
    ) throws -> NewAPIKey {
        var request = KeyRequest(name: name, role: role)
        request.expiresAt = expiresAt
        return try createKey(request, by: own, in: tx)
    }

    /// Makes an API key that may be narrower than its role. Throws `validation_failed` with every bad field as well.
    static func createKey(_ request: KeyRequest, by own: Role, in tx: any Transaction) throws -> NewAPIKey {
        let name = try Person.name(request.name)
        let ranges = try check(request, now: tx.now)
        guard covers(own, request.role, request.permissions) else { throw OrganizationsProblem.aboveOwnRole(own) }
        let new = try issue(request, name: name, ranges: ranges, in: tx)
        try announce("api_key.created", new.key, in: tx)
        return new
    }

    /// Makes a successor that may do the same; the old key works for 24 hours more, so that programs can change over.
    ///
    /// Throws 404 when the key does not work any more, `above_own_role` (403), `already_rotated` and `limit_reached`
    /// (409).
    static func rotateKey(_ id: APIKeyID, by own: Role, in tx: any Transaction) throws -> NewAPIKey {
        guard let old = try APIKeysStore.find(id, in: tx), old.revokedAt == nil,
            old.expiresAt.map({ $0 > tx.now }) ?? true
        else { throw Problem.notFound("API key that works") }
        guard covers(own, old.role, old.permissions) else { throw OrganizationsProblem.aboveOwnRole(own) }
        guard old.rotatedTo == nil else { throw OrganizationsProblem.alreadyRotated }
        var request = KeyRequest(name: old.name, role: old.role)
        request.permissions = old.permissions
        request.allowedAddresses = old.allowedAddresses
        request.isTest = old.isTest
        request.expiresAt = old.expiresAt.map { tx.now.adding($0.since(old.createdAt)) }
        let new = try issue(request, name: old.name, ranges: old.allowedAddresses, in: tx)
        let end = tx.now.adding(rotationOverlap)
        try APIKeysStore.replace(id, by: new.key.id, endingAt: min(end, old.expiresAt ?? end), in: tx)
        try announce("api_key.rotated", old, next: new.key, in: tx)
        return new
    }

    /// Whether somebody may make, change and end a key: it may do nothing that their role does not hold. A key has one
    /// of the four roles, so who has a custom one names the permissions.
    static func covers(_ own: Role, _ role: Role, _ permissions: [Permission]?) -> Bool {
        if role.isWithin(own) { return true }
        guard own.customID != nil, let permissions else { return false }
        return permissions.allSatisfy { own.allows($0) }
    }

    private static func issue(
        _ request: KeyRequest, name: String, ranges: [String], in tx: any Transaction
    ) throws -> NewAPIKey {
        guard try APIKeysStore.countUnrevoked(upTo: keyLimit, in: tx) < keyLimit else {
            throw OrganizationsProblem.tooMany("API keys", limit: keyLimit)
        }
        let secret = APIKeyText.make(isTest: request.isTest)
        let key = APIKey(
            id: APIKeyID(at: tx.now), name: name, role: request.role,
            permissions: request.permissions.map { Set($0).sorted { $0.rawValue < $1.rawValue } },
            allowedAddresses: ranges, isTest: request.isTest, hint: String(secret.suffix(4)),
            createdBy: tx.actor.display, createdAt: tx.now, expiresAt: request.expiresAt, lastUsedAt: nil,
            revokedAt: nil, rotatedTo: nil)
        try APIKeysStore.insert(key, hash: APIKeyText.hash(secret), in: tx)
        return NewAPIKey(key: key, secret: secret)
    }

    /// Refuses every bad field at once; returns the addresses in their canonical spelling.
    private static func check(_ request: KeyRequest, now: Timestamp) throws(Problem) -> [String] {
        var validation = Validation()
        validation.require(
            request.expiresAt.map { $0 > now } ?? true, "/expires_at", "past",
            "A key has to end in the future, or never.")
        if let permissions = request.permissions {
            validation.require(!permissions.isEmpty, "/permissions", "required", "A key has to be allowed something.")
            for (index, permission) in permissions.enumerated() {
                validation.require(
                    request.role.allows(permission) && !permission.isForPeople, "/permissions/\(index)",
                    "not_a_choice",
                    permission.isForPeople
                        ? "\(permission.rawValue) is for people only."
                        : "The role \(request.role.title) does not hold \(permission.rawValue).")
            }
        }
        let ranges = request.allowedAddresses.map { AddressRange($0) }
        for (index, range) in ranges.enumerated() {
            validation.require(
                range != nil, "/allowed_addresses/\(index)", "format",
                "It must be an address or a network, like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32.")
        }
        try validation.check()
        return ranges.compactMap { $0?.description }
    }

    /// Ends an API key at once. Throws 404 when it is unknown or revoked, `above_own_role` (403).
    static func revokeKey(_ id: APIKeyID, by own: Role, in tx: any Transaction) throws {
        guard let key = try APIKeysStore.find(id, in: tx), key.revokedAt == nil else {
            throw Problem.notFound("API key that works")
        }
        guard covers(own, key.role, key.permissions) else { throw OrganizationsProblem.aboveOwnRole(own) }
        _ = try APIKeysStore.revoke(id, in: tx)
        try announce("api_key.revoked", key, in: tx)
    }

    /// What the log and the events tell of a key; never more of its text than the last four characters.
    private static func announce(
        _ what: String, _ key: APIKey, next: APIKey? = nil, in tx: any Transaction
    ) throws {
        var details: [JSONValue.Member] = [
            .init("name", .string(key.name)), .init("role", .string(key.role.rawValue)),
            .init("hint", .string(key.hint)),
        ]
        if let permissions = key.permissions {
            details.append(.init("permissions", .array(permissions.map { .string($0.rawValue) })))
        }
        if !key.allowedAddresses.isEmpty {
            details.append(.init("allowed_addresses", .array(key.allowedAddresses.map { .string($0) })))
        }
        if let next { details.append(.init("rotated_to", .string(next.id.text))) }
        try Audit.record(what, on: .init("api_key", key.id), .object(details), in: tx)
        try Events.publish(what, about: key.id, .object(details), in: tx)
    }
}
