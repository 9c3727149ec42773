// The mails that identity sends.
import Core
import Mail
import Storage

enum IdentityMail {
    static func passwordReset(
        to mailbox: EmailAddress, name: String, origin: String, token: String, in tx: any Transaction
    ) throws {
        try send(
            to: mailbox, name, "Choose a new password",
            """
            somebody, probably you, asked for a new password for this account. Choose it here:

            \(origin)/reset-password#token=\(token)

            The link works once, for one hour. If it was not you, nothing has changed.
            """, in: tx)
    }

    /// What happened to a second factor.
    enum FactorChange {
        case added, codesRenewed
        case removed(isLast: Bool)
        case passkeyAdded(String)
        case passkeyRemoved(String, isLast: Bool)
    }

    static func secondFactorChanged(_ change: FactorChange, of user: User, in tx: any Transaction) throws {
        let (subject, text) =
            switch change {
            case .added:
                (
                    "A second factor was added",
                    "signing in to your account now asks for a code of your authenticator as well."
                )
            case .removed(let isLast):
                ("The second factor was removed", "your authenticator was removed. \(rest(isLast))")
            case .passkeyAdded(let name):
                (
                    "A passkey was added",
                    """
                    the passkey “\(name)” was added to your account. It signs in by itself; signing in with the \
                    password asks for a second factor as well.
                    """
                )
            case .passkeyRemoved(let name, let isLast):
                ("A passkey was removed", "the passkey “\(name)” was removed from your account. \(rest(isLast))")
            case .codesRenewed:
                ("New recovery codes", "new recovery codes were made for your account. Those before work no longer.")
            }
        try tell(user, subject, "\(text)\n\n\(notYou)", in: tx)
    }

    private static func rest(_ wasLast: Bool) -> String {
        wasLast
            ? "Signing in asks for the password only now." : "Signing in asks for the other factors of your account."
    }

    static func passkeyCopied(_ name: String, of user: User, in tx: any Transaction) throws {
        try tell(
            user, "A passkey may have been copied",
            """
            the passkey “\(name)” gave an answer that it has given before, or an older one. That happens when somebody \
            has a copy of it, so the sign-in was refused. Remove the passkey from your account and add a new one.

            \(notYou)
            """, in: tx)
    }

    /// What happened to an identity elsewhere; with the name of who knows it.
    enum IdentityChange {
        case connected(String)
        case disconnected(String)
    }

    static func identityChanged(_ change: IdentityChange, of user: User, in tx: any Transaction) throws {
        let (subject, text) =
            switch change {
            case .connected(let title): ("\(title) was connected", "\(title) can sign you in to your account now.")
            case .disconnected(let title):
                ("\(title) was disconnected", "\(title) signs you in to your account no longer.")
            }
        try tell(user, subject, "\(text)\n\n\(notYou)", in: tx)
    }

    static func recoveryCodeUsed(by user: User, left: Int, in tx: any Transaction) throws {
        try tell(
            user, "A recovery code was used",
            """
            somebody signed in to your account with a recovery code. \(left) of them \(left == 1 ? "is" : "are") left.

            \(notYou)
            """, in: tx)
    }

    static func codesTried(on user: User, in tx: any Transaction) throws {
        try tell(
            user, "Somebody is guessing your codes",
            """
            somebody who knows your password typed ten wrong codes in a row. Signing in is closed for 15 minutes.

            If it was not you, choose another password now: the one you have is known to somebody.
            """, in: tx)
    }

    /// A message around one link, which carries its token in the fragment.
    static func link(
        to user: User, _ subject: String, _ lead: String, _ address: String, _ note: String, in tx: any Transaction
    ) throws {
        try tell(user, subject, "\(lead)\n\n\(address)\n\n\(note)", in: tx)
    }

    static let notYou = "If it was not you, choose another password and tell the people who run this instance."

    /// Writes to the address of an account.
    static func tell(_ user: User, _ subject: String, _ text: String, in tx: any Transaction) throws {
        guard let mailbox = EmailAddress(user.email) else { return }
        try send(to: mailbox, user.name, subject, text, in: tx)
    }

    static func send(
        to mailbox: EmailAddress, _ name: String, _ subject: String, _ text: String, in tx: any Transaction
    ) throws {
        try Mail.send(
            Message(to: mailbox, subject: subject, text: "\(name.isEmpty ? "Hello" : "Hello \(name)"),\n\n\(text)\n"),
            in: tx)
    }
}
