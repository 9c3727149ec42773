// All SQL of organisations and members.
import Core
import Storage

enum OrganizationsStore {
    static let visibility = [
        Visibility(readable: "organizations", where: "id = current_organization()"),
        Visibility(
            readable: "users",
            where: """
                EXISTS (SELECT 1 FROM main.members
                  WHERE members.organization_id = current_organization() AND members.user_id = users.id)
                """),
    ]

    private static let columns: SQL = """
        id, name, slug, version, created_at, updated_at, requires_second_factor, suspended_at, deletion_at
        """

    private static func organization(_ row: Row, from column: Int = 0) throws -> Organization {
        Organization(
            id: try row.id(column), name: try row.text(column + 1), slug: try row.text(column + 2),
            requiresSecondFactor: try row.flag(column + 6), version: try row.int(column + 3),
            createdAt: try row.time(column + 4), updatedAt: try row.time(column + 5),
            suspendedAt: row.optionalTime(column + 7), deletionAt: row.optionalTime(column + 8))
    }

    static func find(_ id: OrganizationID, in tx: any Transaction) throws -> Organization? {
        try tx.first("SELECT \(columns) FROM organizations WHERE id = \(id)") { try organization($0) }
    }

    static func hasSlug(_ slug: String, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM organizations WHERE slug = \(slug)")
    }

    /// Nil when the slug is taken.
    static func insert(
        _ id: OrganizationID, name: String, slug: String, in tx: any Transaction
    ) throws -> Organization? {
        try tx.first(
            """
            INSERT INTO organizations (id, name, slug, created_at, updated_at)
            VALUES (\(id), \(name), \(slug), \(tx.now), \(tx.now))
            ON CONFLICT (slug) DO NOTHING RETURNING \(columns)
            """
        ) { try organization($0) }
    }

    static func update(
        _ id: OrganizationID, name: String, slug: String, requiresSecondFactor: Bool, in tx: any Transaction
    ) throws -> Organization? {
        try tx.first(
            """
            UPDATE organizations SET name = \(name), slug = \(slug),
              requires_second_factor = \(requiresSecondFactor), version = version + 1, updated_at = \(tx.now)
            WHERE id = \(id) RETURNING \(columns)
            """
        ) { try organization($0) }
    }

    /// The organisations of a user, newest first, below an identifier. Scope: instance.
    static func memberships(
        of user: UserID, before: String? = nil, limit: Int, in tx: any Transaction
    ) throws -> [Membership] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(RolesStore.ofMember), id, name, slug, organizations.version, organizations.created_at,
              organizations.updated_at, requires_second_factor, suspended_at, deletion_at
            FROM members JOIN organizations ON id = organization_id
            WHERE user_id = \(user) \(below) ORDER BY id DESC LIMIT \(limit)
            """
        ) { Membership(organization: try organization($0, from: 4), role: try RolesStore.role($0, 0)) }
    }

    /// Scope: instance.
    static func setSuspended(
        _ id: OrganizationID, at instant: Timestamp?, because reason: String?, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            UPDATE organizations SET suspended_at = \(instant), suspended_because = \(reason), version = version + 1,
              updated_at = \(tx.now)
            WHERE id = \(id)
            """)
    }

    /// Why an organisation is suspended. Scope: instance.
    static func suspensionReason(of id: OrganizationID, in tx: any Transaction) throws -> String? {
        try tx.first("SELECT suspended_because FROM organizations WHERE id = \(id)") { $0.optionalText(0) } ?? nil
    }

    /// Scope: instance.
    static func setDeletion(_ id: OrganizationID, at instant: Timestamp?, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE organizations SET deletion_at = \(instant), version = version + 1, updated_at = \(tx.now)
            WHERE id = \(id)
            """)
    }

    /// Organisations whose time has come, the oldest first. Scope: instance.
    static func dueForDeletion(limit: Int, in tx: any Transaction) throws -> [OrganizationID] {
        try tx.rows(
            """
            SELECT id FROM organizations
            WHERE deletion_at IS NOT NULL AND deletion_at <= \(tx.now) AND deleted_at IS NULL
            ORDER BY deletion_at LIMIT \(limit)
            """
        ) { try $0.id(0) }
    }

    /// Leaves the row, which invoices and books refer to, without its name. Scope: instance.
    static func bury(_ id: OrganizationID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE organizations SET name = 'Deleted organisation', slug = \(String(id.text.suffix(26))),
              deleted_at = \(tx.now), version = version + 1, updated_at = \(tx.now)
            WHERE id = \(id)
            """)
    }

    /// Members, invitations, domains, roles and keys of the transaction's organisation.
    static func deletePeople(in tx: any Transaction) throws {
        let id = try tx.organization()
        try tx.run("DELETE FROM api_keys WHERE organization_id = \(id)")
        try tx.run("DELETE FROM invitations WHERE organization_id = \(id)")
        try tx.run("DELETE FROM domains WHERE organization_id = \(id)")
        try tx.run("DELETE FROM removed_members WHERE organization_id = \(id)")
        try tx.run("DELETE FROM members WHERE organization_id = \(id)")
        try tx.run("DELETE FROM custom_roles WHERE organization_id = \(id)")
    }

    /// How many organisations a user belongs to, counted up to a limit. Scope: instance.
    static func countMemberships(of user: UserID, upTo limit: Int, in tx: any Transaction) throws -> Int {
        Int(
            try tx.first(
                "SELECT count(*) FROM (SELECT 1 FROM members WHERE user_id = \(user) LIMIT \(limit)) AS counted"
            ) { try $0.int(0) } ?? 0)
    }

    /// All organisations, newest first, below an identifier. Scope: instance.
    static func all(before: String?, limit: Int, in tx: any Transaction) throws -> [Organization] {
        let below: SQL = before.map { "WHERE id < \($0)" } ?? ""
        return try tx.rows("SELECT \(columns) FROM organizations \(below) ORDER BY id DESC LIMIT \(limit)") {
            try organization($0)
        }
    }
}
