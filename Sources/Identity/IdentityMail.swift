// The mails that identity sends.
import Core
import Mail
import Storage

enum IdentityMail {
    static func passwordReset(
        to mailbox: EmailAddress, name: String, origin: String, token: String, in tx: any Transaction
    ) throws {
        let message = Message(
            to: mailbox, subject: "Choose a new password",
            text: """
                Hello \(name),

                somebody, probably you, asked for a new password for this account. Choose it here:

                \(origin)/reset-password#token=\(token)

                The link works once, for one hour. If it was not you, nothing has changed.
                """)
        try Mail.send(message, in: tx)
    }
}
