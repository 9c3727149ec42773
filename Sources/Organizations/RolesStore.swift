// All SQL of custom roles, and how the tables that name a role are read.
import Core
import Storage

enum RolesStore {
    /// What a statement over `members` reads of a role: four columns, for `role(_:_:)`.
    static let ofMember: SQL = """
        members.role, members.custom_role_id,
        (SELECT c.name FROM custom_roles AS c
          WHERE c.id = members.custom_role_id AND c.organization_id = members.organization_id),
        (SELECT c.permissions FROM custom_roles AS c
          WHERE c.id = members.custom_role_id AND c.organization_id = members.organization_id)
        """

    /// The same over `invitations`.
    static let ofInvitation: SQL = """
        invitations.role, invitations.custom_role_id,
        (SELECT c.name FROM custom_roles AS c
          WHERE c.id = invitations.custom_role_id AND c.organization_id = invitations.organization_id),
        (SELECT c.permissions FROM custom_roles AS c
          WHERE c.id = invitations.custom_role_id AND c.organization_id = invitations.organization_id)
        """

    /// The role in four columns; throws when a custom one can't be read, so that it never counts as one of the four.
    static func role(_ row: Row, _ column: Int) throws -> Role {
        guard let id: RoleID = row.optionalID(column + 1) else { return try row.choice(column) }
        return .custom(
            CustomRole(
                id: id, name: try row.text(column + 2), permissions: permissions(try row.text(column + 3))))
    }

    private static func permissions(_ text: String) -> Set<Permission> {
        Set(text.split(separator: " ").compactMap { Permission(rawValue: String($0)) }.filter(\.isForCustomRoles))
    }

    private static func text(_ permissions: Set<Permission>) -> String {
        permissions.map(\.rawValue).sorted().joined(separator: " ")
    }

    private static let columns: SQL = "id, name, permissions, version, created_at, updated_at"

    private static func description(_ row: Row) throws -> RoleDescription {
        let role = CustomRole(
            id: try row.id(0), name: try row.text(1), permissions: permissions(try row.text(2)))
        return RoleDescription(
            .custom(role), version: try row.int(3), createdAt: try row.time(4), updatedAt: try row.time(5))
    }

    static func find(_ id: RoleID, in tx: any Transaction) throws -> RoleDescription? {
        try tx.first(
            """
            SELECT \(columns) FROM custom_roles
            WHERE organization_id = \(try tx.organization()) AND id = \(id) AND deleted_at IS NULL
            """, description)
    }

    /// Those of the transaction's organisation, newest first.
    static func all(limit: Int, in tx: any Transaction) throws -> [RoleDescription] {
        try tx.rows(
            """
            SELECT \(columns) FROM custom_roles
            WHERE organization_id = \(try tx.organization()) AND deleted_at IS NULL ORDER BY id DESC LIMIT \(limit)
            """, description)
    }

    static func count(upTo limit: Int, in tx: any Transaction) throws -> Int {
        Int(
            try tx.first(
                """
                SELECT count(*) FROM (SELECT 1 FROM custom_roles
                  WHERE organization_id = \(try tx.organization()) AND deleted_at IS NULL LIMIT \(limit)) AS counted
                """
            ) { try $0.int(0) } ?? 0)
    }

    /// Whether another role has the name, whatever its case.
    static func hasName(_ name: String, except id: RoleID?, in tx: any Transaction) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM custom_roles WHERE organization_id = \(try tx.organization()) AND deleted_at IS NULL
              AND name_folded = \(name.lowercased()) AND id <> \(id?.text ?? "")
            """)
    }

    static func insert(_ role: CustomRole, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO custom_roles (id, organization_id, name, name_folded, permissions, created_at, updated_at)
            VALUES (\(role.id), \(try tx.organization()), \(role.name), \(role.name.lowercased()),
              \(text(role.permissions)), \(tx.now), \(tx.now))
            """)
    }

    static func update(_ role: CustomRole, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE custom_roles SET name = \(role.name), name_folded = \(role.name.lowercased()),
              permissions = \(text(role.permissions)), version = version + 1, updated_at = \(tx.now)
            WHERE organization_id = \(try tx.organization()) AND id = \(role.id)
            """)
    }

    /// The members who have a role, at most a number.
    static func holders(of id: RoleID, limit: Int, in tx: any Transaction) throws -> [UserID] {
        try tx.rows(
            """
            SELECT user_id FROM members
            WHERE organization_id = \(try tx.organization()) AND custom_role_id = \(id) LIMIT \(limit)
            """
        ) { try $0.id(0) }
    }

    /// Invitations and domains that may still make somebody a member with a role, at most a number.
    static func offers(of id: RoleID, limit: Int, in tx: any Transaction) throws -> Int {
        try tx.rows(
            """
            SELECT id FROM invitations
            WHERE organization_id = \(try tx.organization()) AND custom_role_id = \(id)
              AND (state = \(Invitation.State.pending) OR state = \(Invitation.State.expired))
            UNION ALL
            SELECT id FROM domains WHERE organization_id = \(try tx.organization()) AND custom_role_id = \(id)
            LIMIT \(limit)
            """
        ) { try $0.text(0) }.count
    }

    /// Gives members, open invitations and domains another role in the place of one; domains no more than Editor.
    static func replace(_ id: RoleID, by role: Role, in tx: any Transaction) throws {
        let organization = try tx.organization()
        try tx.run(
            """
            UPDATE members SET role = \(role), custom_role_id = \(role.customID), version = version + 1,
              updated_at = \(tx.now)
            WHERE organization_id = \(organization) AND custom_role_id = \(id)
            """)
        try tx.run(
            """
            UPDATE invitations SET role = \(role), custom_role_id = \(role.customID)
            WHERE organization_id = \(organization) AND custom_role_id = \(id)
              AND (state = \(Invitation.State.pending) OR state = \(Invitation.State.expired))
            """)
        let joining = role.isWithin(.editor) ? role : .viewer
        try tx.run(
            """
            UPDATE domains SET role = \(joining), custom_role_id = \(joining.customID), version = version + 1,
              updated_at = \(tx.now)
            WHERE organization_id = \(organization) AND custom_role_id = \(id)
            """)
    }

    static func delete(_ id: RoleID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE custom_roles SET deleted_at = \(tx.now), version = version + 1, updated_at = \(tx.now)
            WHERE organization_id = \(try tx.organization()) AND id = \(id)
            """)
    }
}
