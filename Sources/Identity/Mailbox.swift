// The mailbox of an account: showing that it is theirs, taking another one, and undoing that.
import Audit
import Core
import Storage
import Web

extension Identity {
    static let verificationLifetime = Milliseconds.hours(24)
    static let changeLifetime = Milliseconds.hours(1)
    /// How long the old mailbox can take the account back.
    static let undoLifetime = Milliseconds.days(7)

    /// Mails a link to somebody's own address that shows that they read it; at most once a minute.
    static func mailVerification(of id: UserID, origin: String, in tx: any Transaction) throws {
        guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.unauthenticated }
        guard user.verifiedAt == nil, try mailable(user.email, .verifyEmail, in: tx) != nil else { return }
        let token = Token(.once)
        try OneTimeTokenStore.replace(
            .verifyEmail, of: id, subject: user.email, hash: token.hash, lifetime: verificationLifetime, in: tx)
        try IdentityMail.link(
            to: user, "Confirm your mailbox", "confirm that this mailbox is yours:",
            "\(origin)/verify-email#token=\(token.text)", "The link works once, for a day.", in: tx)
    }

    /// Notes that a mailbox is its owner's. Throws `link_unusable` (422).
    static func verifyEmail(_ token: String, in tx: any Transaction) throws {
        guard let hash = Token.hash(token, .once) else { throw IdentityProblem.linkUnusable }
        let (user, email) = try holder(.verifyEmail, hash, in: tx)
        guard try OneTimeTokenStore.use(hash, in: tx), email == user.email else { throw IdentityProblem.linkUnusable }
        try confirmMailbox(of: user, in: tx)
        try Audit.record("email.verified", on: .init("user", user.id), .object([]), in: tx)
    }

    /// Asks for another address: a link goes there, and the present one is told. An address that is taken gets a mail
    /// of another kind, and the answer is the same.
    ///
    /// Throws `validation_failed` at `/email`.
    func requestEmailChange(of id: UserID, to raw: String, origin: String, in tx: any Transaction) throws {
        guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.unauthenticated }
        let address = try Person(email: raw, name: user.name).email
        try policy.check(address)
        guard try !OneTimeTokenStore.wasIssued(.changeEmail, of: id, since: tx.now.adding(-.minutes(1)), in: tx) else {
            throw IdentityProblem.tooManyAttempts(retryAfter: 60)
        }
        let token = Token(.once)
        try OneTimeTokenStore.replace(
            .changeEmail, of: id, subject: address.text, hash: token.hash, lifetime: Self.changeLifetime, in: tx)
        if let owner = try IdentityStore.find(email: address, in: tx), owner.id != id {
            try IdentityMail.tell(
                owner, "Somebody wants to use your address",
                "somebody wanted to use your address for another account. Nothing has changed.", in: tx)
        } else {
            try IdentityMail.send(
                to: address, user.name, "Use this address",
                """
                confirm that your account shall use this address:

                \(origin)/change-email#token=\(token.text)

                The link works once, for one hour. If you did not ask for it, leave it.
                """, in: tx)
        }
        try IdentityMail.tell(
            user, "Your address is about to change",
            "somebody asked that your account use \(address.text) instead of this address. \(IdentityMail.notYou)",
            in: tx)
        try Audit.record("email.change_requested", on: .init("user", id), .object([]), in: tx)
    }

    /// Gives an account the address that the token came to; the old one can undo it for a week.
    ///
    /// Throws `link_unusable` (422), `email_taken` (409).
    static func changeEmail(_ token: String, origin: String, in tx: any Transaction) throws {
        let (user, address) = try takeAddress(.changeEmail, token, in: tx)
        let undo = Token(.once)
        try OneTimeTokenStore.insert(
            .undoEmail, of: user.id, subject: user.email, hash: undo.hash, lifetime: undoLifetime, in: tx)
        try IdentityMail.link(
            to: user, "Your address was changed",
            "your account uses \(address.text) now, not this address. If it was not you, take it back:",
            "\(origin)/undo-email#token=\(undo.text)",
            "The link works once, for a week. It ends all sessions and the password too.",
            in: tx)
        try IdentityMail.send(
            to: address, user.name, "Your address was changed", "your account uses this address now.", in: tx)
        try Audit.record(
            "email.changed", on: .init("user", user.id),
            .object(["from": .string(user.email), "to": .string(address.text)]), in: tx)
    }

    /// Gives an account its old address back and ends all sessions. The password, the connected identities and the
    /// passkeys go too, for whoever changed the address may have them: the mail brings the link for a new password.
    ///
    /// Throws `link_unusable` (422), `email_taken` (409).
    static func undoEmail(_ token: String, origin: String, in tx: any Transaction) throws {
        let (user, address) = try takeAddress(.undoEmail, token, in: tx)
        // Whoever changed the address may have changed it more than once: no other way back is left to them.
        try OneTimeTokenStore.delete(.undoEmail, of: user.id, in: tx)
        let ended = try SessionStore.deleteAll(of: user.id, in: tx)
        try IdentityStore.clearPassword(of: user.id, in: tx)
        try removePasskeys(of: user.id, in: tx)
        try forgetIdentities(of: user.id, in: tx)
        let reset = Token(.once)
        try OneTimeTokenStore.replace(
            .passwordReset, of: user.id, hash: reset.hash, lifetime: resetLifetime, in: tx)
        try IdentityMail.send(
            to: address, user.name, "Your address is back",
            """
            your account uses this address again. All sessions were ended; the password and passkeys work no \
            longer. Choose another password here:

            \(origin)/reset-password#token=\(reset.text)

            The link works once, for one hour. After that, ask for another one where you sign in.
            """, in: tx)
        try Audit.record(
            "email.change_undone", on: .init("user", user.id),
            .object([
                "from": .string(user.email), "to": .string(address.text), "sessions_revoked": .integer(Int64(ended)),
            ]), in: tx)
    }

    private static func takeAddress(
        _ purpose: TokenPurpose, _ token: String, in tx: any Transaction
    ) throws -> (user: User, address: EmailAddress) {
        guard let hash = Token.hash(token, .once) else { throw IdentityProblem.linkUnusable }
        let (user, text) = try holder(purpose, hash, in: tx)
        guard let address = text.flatMap({ EmailAddress($0) }), try OneTimeTokenStore.use(hash, in: tx) else {
            throw IdentityProblem.linkUnusable
        }
        guard try IdentityStore.setEmail(address, of: user.id, in: tx) else { throw IdentityProblem.emailTaken }
        // What was mailed to the address before works no longer.
        for old in [TokenPurpose.passwordReset, .magicLink, .verifyEmail, .changeEmail, .secondFactor] {
            try OneTimeTokenStore.delete(old, of: user.id, in: tx)
        }
        return (user, address)
    }
}
