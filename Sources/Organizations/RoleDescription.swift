// A role as the API shows it: its name, and what it holds.
import Core
import Web

/// One of the four roles, or one that the organisation made.
struct RoleDescription: Codable, Sendable, Versioned {
    /// What members, invitations and requests call it: `viewer`, or `role_…`.
    let id: String
    let name: String
    let permissions: [Permission]
    /// Whether every organisation has it, so that it can't be changed.
    let isBuiltIn: Bool
    let version: Int64
    /// Nil for the four.
    let createdAt: Timestamp?
    let updatedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, name, permissions, version
        case isBuiltIn = "is_built_in"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    init(_ role: Role, version: Int64 = 1, createdAt: Timestamp? = nil, updatedAt: Timestamp? = nil) {
        id = role.rawValue
        name = role.title
        permissions = Permission.allCases.filter { role.allows($0) }
        isBuiltIn = role.customID == nil
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// The role itself.
    var role: Role {
        Role(rawValue: id)
            ?? .custom(CustomRole(id: RoleID(stored: id), name: name, permissions: Set(permissions)))
    }

    var entityTag: String { "\"\(version)\"" }
}
