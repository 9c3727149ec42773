// The mails that organisations send.
import Core
import Mail
import Storage

enum OrganizationsMail {
    static func deletion(
        of organization: String, at end: Timestamp, by person: String, to email: EmailAddress, in tx: any Transaction
    ) throws {
        try Mail.send(
            Message(
                to: email, subject: "\(organization) will be deleted on \(CivilDate(end))",
                text: """
                    Hello,

                    \(person) asked for the deletion of \(organization). Members and API keys are refused from now on.
                    On \(CivilDate(end)) everything is deleted, but for invoices and books, which the law wants kept.

                    Until then every owner can undo it, in the settings of the organisation.
                    """), in: tx)
    }

    static func domainLost(
        _ domain: Domain, of organization: String, to email: EmailAddress, in tx: any Transaction
    ) throws {
        try Mail.send(
            Message(
                to: email, subject: "\(domain.name) is not verified any more",
                text: """
                    Hello,

                    three checks in a row did not find the DNS record that proves \(domain.name) for \(organization).
                    Nobody joins by it until it is verified again. Whoever joined stays a member.

                    The record is of type TXT, at \(domain.record.name), and says:
                    \(domain.record.value)
                    """), in: tx)
    }

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
