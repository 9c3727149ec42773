// Making an account without an invitation, where the instance lets everybody in: the mailbox comes first.
import Audit
import Core
import Storage
import Web

extension Identity {
    /// Mails a link that makes an account; somebody who has one is told that instead.
    static func mailSignUp(_ email: String, origin: String, in tx: any Transaction) throws {
        // The first account is the owner's, by the set-up link.
        guard let address = EmailAddress(email), try IdentityStore.hasUsers(in: tx) else { return }
        guard try !OneTimeTokenStore.wasIssued(.signUp, for: address.folded, since: tx.now.adding(-.minutes(1)), in: tx)
        else { return }
        if let user = try IdentityStore.find(email: address, in: tx) {
            // The same mark as for a new address, so that nobody is mailed more than once a minute.
            try OneTimeTokenStore.replace(
                .signUp, for: address.folded, hash: Token(.once).hash, lifetime: .minutes(1), in: tx)
            return try IdentityMail.link(
                to: user, "You have an account",
                "somebody, probably you, wanted to make an account with this address. "
                    + "There is one already; sign in here:", "\(origin)/sign-in", "Nothing has changed.", in: tx)
        }
        let token = Token(.once)
        try OneTimeTokenStore.replace(
            .signUp, for: address.folded, hash: token.hash, lifetime: signUpLifetime, in: tx)
        try IdentityMail.send(
            to: address, "", "Make your account",
            """
            make your account with this link:

            \(origin)/sign-up/complete#token=\(token.text)

            It works once, for a day. If you did not ask for it, leave it: without it there is no account.
            """, in: tx)
    }

    /// Makes the account of the mailbox that the token came to, and opens a session.
    ///
    /// Throws `link_unusable` (422), `sign_up_closed` (403), `email_taken` (409), `validation_failed`, `overloaded`.
    func signUp(
        token: String, name: String, password: String, on device: Device, by caller: Actor
    ) async throws -> SignedIn {
        guard policy.signUp == .open else { throw IdentityProblem.signUpClosed }
        guard let key = Token.hash(token, .once) else { throw IdentityProblem.linkUnusable }
        let email = try database.read(in: .instance) { tx in
            guard try IdentityStore.hasUsers(in: tx) else { throw IdentityProblem.signUpClosed }
            return try Self.invited(key, in: tx)
        }
        let person = try Person(email: email, name: name)
        try policy.check(person.email)
        let hash = try await hash(password, for: person)
        let id = UserID(at: database.clock.now)
        return try await database.write(in: .instance, by: person.actor(as: id, like: caller)) { tx in
            guard try OneTimeTokenStore.use(key, in: tx) else { throw IdentityProblem.linkUnusable }
            let user = try Self.create(
                NewUser(email: person.email, name: person.name, passwordHash: hash, isVerified: true), as: id, in: tx)
            return try Self.openSession(for: user, on: device, in: tx)
        }
    }

    private static func invited(_ key: [UInt8], in tx: any Transaction) throws -> String {
        guard let email = try OneTimeTokenStore.address(.signUp, hash: key, in: tx) else {
            throw IdentityProblem.linkUnusable
        }
        return email
    }
}
