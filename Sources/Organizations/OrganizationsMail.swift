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
        try Mail.send(message, in: tx)
    }
}
