// An offer to join an organisation, sent by mail.
package import Core
import Storage

/// The kind of identifier that invitations have: `inv_…`.
package enum InvitationKind: IdentifierKind { package static let prefix = "inv" }
package typealias InvitationID = Identifier<InvitationKind>

/// An offer to join with a role; accepted only by the person whose mailbox it went to.
package struct Invitation: Codable, Sendable {
    /// What became of it.
    package enum State: String, Codable, CaseIterable, Sendable, SQLBindable {
        case pending, accepted, revoked, expired
    }

    package let id: InvitationID
    package let email: String
    package let role: Role
    package let state: State
    /// The name of who invited.
    package let invitedBy: String
    package let createdAt: Timestamp
    package let expiresAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, email, role, state
        case invitedBy = "invited_by"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
    }

    /// How long the mailed link works.
    package static let lifetime = Milliseconds.days(7)
}
