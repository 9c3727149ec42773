// The mails that organisations send.
import Core
import Mail
import Storage

enum OrganizationsMail {
    static func invitation(
        _ invitation: Invitation, to email: EmailAddress, _ organization: String, _ origin: String, _ token: String,
        in tx: any Transaction
    ) throws {
        let day = CivilDate(invitation.expiresAt)
        let message = Message(
            to: email, subject: "\(invitation.invitedBy) invites you to \(organization)",
            text: """
                Hello,

                \(invitation.invitedBy) invites you to join \(organization) as \(invitation.role.title). Accept here:

                \(origin)/invitations/accept#token=\(token)

                The link works once, until \(day). If you do not know \(organization), do nothing.
                """)
        // Admins read the organisation's outbox; a link that makes an owner is for the instance's operators alone.
        if invitation.role == .owner {
            try tx.scoped(to: .instance) { tx in _ = try Mail.send(message, in: tx) }
        } else {
            try Mail.send(message, in: tx)
        }
    }
}
