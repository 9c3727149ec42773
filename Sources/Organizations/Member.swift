// A user's place in an organisation.
package import Core
import Web

/// A user in an organisation, with what they may do there.
package struct Member: Codable, Sendable, Versioned {
    package let userID: UserID
    package let email: String
    package let name: String
    package let role: Role
    package let version: Int64
    /// When they joined.
    package let createdAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case email, name, role, version
        case userID = "user_id"
        case createdAt = "created_at"
    }

    package var entityTag: String { "\"\(version)\"" }
}
