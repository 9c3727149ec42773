// All SQL of members.
import Core
import Storage

enum MembersStore {
    private static let columns: SQL =
        "user_id, email, users.name, members.version, members.created_at, \(RolesStore.ofMember)"

    private static func member(_ row: Row) throws -> Member {
        Member(
            userID: try row.id(0), email: try row.text(1), name: try row.text(2), role: try RolesStore.role(row, 5),
            version: try row.int(3), createdAt: try row.time(4))
    }

    static func role(of user: UserID, in organization: OrganizationID, in tx: any Transaction) throws -> Role? {
        try tx.first(
            """
            SELECT \(RolesStore.ofMember) FROM members
            WHERE organization_id = \(organization) AND user_id = \(user)
            """
        ) { try RolesStore.role($0, 0) }
    }

    /// How a member and the organisation stand: what decides whether the member is let in.
    struct Standing: Sendable {
        let role: Role
        let isSuspended: Bool
        let isLeaving: Bool
        let requiresSecondFactor: Bool
    }

    /// Scope: instance.
    static func standing(
        of user: UserID, in organization: OrganizationID, in tx: any Transaction
    ) throws -> Standing? {
        try tx.first(
            """
            SELECT suspended_at IS NOT NULL, deletion_at IS NOT NULL, requires_second_factor, \(RolesStore.ofMember)
            FROM members JOIN organizations ON id = organization_id
            WHERE organization_id = \(organization) AND user_id = \(user)
            """
        ) { row in
            Standing(
                role: try RolesStore.role(row, 3), isSuspended: try row.flag(0), isLeaving: try row.flag(1),
                requiresSecondFactor: try row.flag(2))
        }
    }

    /// Organisations that would have no owner without a user: those that work. Scope: instance.
    static func ownedAlone(by user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM members AS m JOIN organizations AS o ON o.id = m.organization_id
            WHERE m.user_id = \(user) AND m.role = \(Role.owner) AND o.suspended_at IS NULL AND o.deletion_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM members AS n JOIN users AS u ON u.id = n.user_id
                WHERE n.organization_id = m.organization_id AND n.role = \(Role.owner) AND n.user_id <> \(user)
                  AND u.suspended_at IS NULL)
            """)
    }

    static func find(_ user: UserID, in organization: OrganizationID, in tx: any Transaction) throws -> Member? {
        try tx.first(
            """
            SELECT \(columns) FROM members JOIN users ON id = user_id
            WHERE organization_id = \(organization) AND user_id = \(user)
            """, member)
    }

    /// Newest accounts first, below an identifier.
    static func page(
        of organization: OrganizationID, before: String? = nil, limit: Int, in tx: any Transaction
    ) throws -> [Member] {
        let below: SQL = before.map { "AND user_id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM members JOIN users ON id = user_id
            WHERE organization_id = \(organization) \(below) ORDER BY user_id DESC LIMIT \(limit)
            """, member)
    }

    static func isSuspended(_ user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM users WHERE id = \(user) AND suspended_at IS NOT NULL")
    }

    static func withRole(
        _ role: Role, of organization: OrganizationID, limit: Int, in tx: any Transaction
    ) throws -> [Member] {
        try tx.rows(
            """
            SELECT \(columns) FROM members JOIN users ON id = user_id
            WHERE organization_id = \(organization) AND role = \(role) ORDER BY user_id LIMIT \(limit)
            """, member)
    }

    static func hasEmail(_ folded: String, in organization: OrganizationID, in tx: any Transaction) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM members JOIN users ON id = user_id
            WHERE organization_id = \(organization) AND email_folded = \(folded)
            """)
    }

    static func hasOtherOwner(
        than user: UserID, in organization: OrganizationID, in tx: any Transaction
    ) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM members JOIN users ON id = user_id
            WHERE organization_id = \(organization) AND role = \(Role.owner) AND user_id <> \(user)
              AND suspended_at IS NULL
            """)
    }

    /// False when the user is a member already.
    static func insert(
        _ user: UserID, role: Role, into organization: OrganizationID, in tx: any Transaction
    ) throws -> Bool {
        try tx.run(
            """
            INSERT INTO members (organization_id, user_id, role, custom_role_id, created_at, updated_at)
            VALUES (\(organization), \(user), \(role), \(role.customID), \(tx.now), \(tx.now))
            ON CONFLICT (organization_id, user_id) DO NOTHING
            """) == 1
    }

    static func setRole(
        _ role: Role, of user: UserID, in organization: OrganizationID, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            UPDATE members SET role = \(role), custom_role_id = \(role.customID), version = version + 1,
              updated_at = \(tx.now)
            WHERE organization_id = \(organization) AND user_id = \(user)
            """)
    }

    static func delete(_ user: UserID, from organization: OrganizationID, in tx: any Transaction) throws {
        try tx.run("DELETE FROM members WHERE organization_id = \(organization) AND user_id = \(user)")
    }

    /// How many members, counted up to a limit.
    static func count(in organization: OrganizationID, upTo limit: Int, in tx: any Transaction) throws -> Int {
        Int(
            try tx.first(
                """
                SELECT count(*) FROM
                  (SELECT 1 FROM members WHERE organization_id = \(organization) LIMIT \(limit)) AS counted
                """
            ) { try $0.int(0) } ?? 0)
    }
}
