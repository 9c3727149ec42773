// What somebody may do in an organisation: one of four roles, or one that the organisation made itself.

/// A member's role. The four that every organisation has are ordered: each holds everything the one below it holds.
package enum Role: Sendable, Hashable {
    case viewer, editor, admin, owner
    /// A named set of permissions of one organisation.
    case custom(CustomRole)

    /// Whether the role holds the permission.
    package func allows(_ permission: Permission) -> Bool {
        if case .custom(let role) = self { return role.permissions.contains(permission) }
        return rank >= permission.least.rank
    }

    /// Whether somebody with the other role may give, change and take this one: it holds nothing beyond the other.
    package func isWithin(_ other: Role) -> Bool {
        Permission.allCases.allSatisfy { !allows($0) || other.allows($0) }
    }

    /// What is left of the role for an operator who acts for its holder: not what is for members themselves.
    package var impersonated: Role {
        let left = Permission.allCases.filter { allows($0) && !$0.isForMembersThemselves }
        return .custom(
            CustomRole(id: customID ?? RoleID(stored: rawValue), name: title, permissions: Set(left)))
    }

    /// Capitalised for people: `Owner`; a custom role's own name.
    package var title: String {
        switch self {
        case .viewer: "Viewer"
        case .editor: "Editor"
        case .admin: "Admin"
        case .owner: "Owner"
        case .custom(let role): role.name
        }
    }

    /// Nil for the four.
    package var customID: RoleID? {
        if case .custom(let role) = self { return role.id }
        return nil
    }

    private var rank: Int {
        switch self {
        // Nobody asks a custom role for its rank; were it asked, it would hold nothing.
        case .custom: -1
        case .viewer: 0
        case .editor: 1
        case .admin: 2
        case .owner: 3
        }
    }
}

/// The roles are named by a word or, if they are custom, by their identifier.
extension Role: RawRepresentable, CaseIterable, Codable {
    /// The four that every organisation has.
    package static let allCases: [Role] = [.viewer, .editor, .admin, .owner]

    /// One of the four; nil for anything else: which custom roles there are only the database knows.
    package init?(rawValue: String) {
        switch rawValue {
        case "viewer": self = .viewer
        case "editor": self = .editor
        case "admin": self = .admin
        case "owner": self = .owner
        default: return nil
        }
    }

    package var rawValue: String {
        switch self {
        case .viewer: "viewer"
        case .editor: "editor"
        case .admin: "admin"
        case .owner: "owner"
        case .custom(let role): role.id.text
        }
    }
}

/// A role that an organisation made of permissions.
package struct CustomRole: Sendable, Hashable {
    package let id: RoleID
    package let name: String
    package let permissions: Set<Permission>

    package init(id: RoleID, name: String, permissions: Set<Permission>) {
        self.id = id
        self.name = name
        self.permissions = permissions
    }
}
