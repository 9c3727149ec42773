// All SQL of domains, and of who was removed.
import Core
import Storage

enum DomainsStore {
    /// What a statement over `domains` reads of a role, as in `RolesStore`.
    private static let role: SQL = """
        domains.role, domains.custom_role_id,
        (SELECT c.name FROM custom_roles AS c
          WHERE c.id = domains.custom_role_id AND c.organization_id = domains.organization_id),
        (SELECT c.permissions FROM custom_roles AS c
          WHERE c.id = domains.custom_role_id AND c.organization_id = domains.organization_id)
        """

    private static let columns: SQL = """
        domains.id, domains.name, challenge, verified_at, checked_at, misses, domains.version, domains.created_at,
        \(role), domains.organization_id
        """

    private static func domain(_ row: Row) throws -> Domain {
        let name = try row.text(1)
        let verifiedAt = row.optionalTime(3)
        let state: Domain.State = verifiedAt == nil ? .pending : try row.int(5) == 0 ? .verified : .missing
        return Domain(
            id: try row.id(0), name: name, role: try RolesStore.role(row, 8), state: state,
            record: .init(type: "TXT", name: Domain.recordName(of: name), value: try row.text(2)),
            verifiedAt: verifiedAt, checkedAt: row.optionalTime(4), version: try row.int(6),
            createdAt: try row.time(7))
    }

    static func find(_ id: DomainID, in tx: any Transaction) throws -> Domain? {
        try tx.first(
            "SELECT \(columns) FROM domains WHERE organization_id = \(try tx.organization()) AND id = \(id)", domain)
    }

    static func find(name: String, in tx: any Transaction) throws -> Domain? {
        try tx.first(
            "SELECT \(columns) FROM domains WHERE organization_id = \(try tx.organization()) AND name = \(name)",
            domain)
    }

    /// Newest first, below an identifier.
    static func all(before: String? = nil, limit: Int, in tx: any Transaction) throws -> [Domain] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM domains
            WHERE organization_id = \(try tx.organization()) \(below) ORDER BY id DESC LIMIT \(limit)
            """, domain)
    }

    static func insert(
        _ id: DomainID, name: String, challenge: String, role: Role, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO domains
              (id, organization_id, name, challenge, role, custom_role_id, created_at, updated_at)
            VALUES (\(id), \(try tx.organization()), \(name), \(challenge), \(role), \(role.customID), \(tx.now),
              \(tx.now))
            """)
    }

    static func setRole(_ role: Role, of id: DomainID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE domains SET role = \(role), custom_role_id = \(role.customID), version = version + 1,
              updated_at = \(tx.now)
            WHERE organization_id = \(try tx.organization()) AND id = \(id)
            """)
    }

    static func delete(_ id: DomainID, in tx: any Transaction) throws {
        try tx.run("DELETE FROM domains WHERE organization_id = \(try tx.organization()) AND id = \(id)")
    }

    /// Whether any organisation has proven a domain. Scope: instance.
    static func isVerified(_ name: String, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM domains WHERE name = \(name) AND verified_at IS NOT NULL")
    }

    /// The record was found.
    static func hit(_ id: DomainID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE domains SET verified_at = coalesce(verified_at, \(tx.now)), checked_at = \(tx.now), misses = 0,
              version = version + 1, updated_at = \(tx.now)
            WHERE organization_id = \(try tx.organization()) AND id = \(id)
            """)
    }

    /// The record was not found; true when a verified domain is lost by that.
    ///
    /// - Parameter counts: whether it is one of the checks in a row of which `limit` lose the domain.
    static func miss(_ id: DomainID, counts: Bool, limit: Int, in tx: any Transaction) throws -> Bool {
        let organization = try tx.organization()
        try tx.run(
            """
            UPDATE domains SET checked_at = \(tx.now), misses = max(1, misses + \(counts)), version = version + 1,
              updated_at = \(tx.now)
            WHERE organization_id = \(organization) AND id = \(id)
            """)
        return try tx.run(
            """
            UPDATE domains SET verified_at = NULL, misses = 0
            WHERE organization_id = \(organization) AND id = \(id) AND verified_at IS NOT NULL AND misses >= \(limit)
            """) == 1
    }

    /// Verified domains that were not checked for 23 hours, the longest ago first. Scope: instance.
    static func due(limit: Int, in tx: any Transaction) throws -> [(domain: Domain, organization: OrganizationID)] {
        try tx.rows(
            """
            SELECT \(columns) FROM domains
            WHERE verified_at IS NOT NULL AND checked_at <= \(tx.now.adding(-Milliseconds.hours(23)))
            ORDER BY checked_at LIMIT \(limit)
            """
        ) { (try domain($0), try $0.id(12)) }
    }

    /// The organisation that somebody with an address of a domain may join. Scope: instance.
    static func offer(
        of domain: String, to user: UserID, addressHash: [UInt8], in tx: any Transaction
    ) throws -> JoinOffer? {
        try tx.first(
            """
            SELECT o.id, o.name, domains.name, \(role) FROM domains JOIN organizations AS o ON o.id = organization_id
            WHERE domains.name = \(domain) AND verified_at IS NOT NULL AND misses = 0
              AND o.suspended_at IS NULL AND o.deletion_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM members AS m WHERE m.organization_id = o.id AND m.user_id = \(user))
              AND NOT EXISTS (SELECT 1 FROM removed_members AS r
                WHERE r.organization_id = o.id AND (r.user_id = \(user) OR r.address_hash = \(addressHash)))
            """
        ) { row in
            JoinOffer(
                organizationID: try row.id(0), organizationName: try row.text(1), domain: try row.text(2),
                role: try RolesStore.role(row, 3))
        }
    }

    static func insertRemoval(of user: UserID, addressHash: [UInt8], in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO removed_members (organization_id, user_id, address_hash, removed_at)
            VALUES (\(try tx.organization()), \(user), \(addressHash), \(tx.now))
            ON CONFLICT (organization_id, user_id)
              DO UPDATE SET address_hash = excluded.address_hash, removed_at = excluded.removed_at
            """)
    }

    static func deleteRemovals(of user: UserID, addressHash: [UInt8], in tx: any Transaction) throws {
        try tx.run(
            """
            DELETE FROM removed_members
            WHERE organization_id = \(try tx.organization()) AND (user_id = \(user) OR address_hash = \(addressHash))
            """)
    }
}
