// Changing a password, and getting a new one when it is forgotten.
import Audit
package import Core
import Storage
package import Web

extension Identity {
    /// Changes somebody's password and ends their other sessions; returns how many ended.
    ///
    /// Throws `validation_failed` at `/current_password` or `/new_password`, `too_many_attempts` (429).
    func changePassword(
        of id: UserID, from current: String, to new: String, keeping session: SessionID?, on device: Device,
        by caller: Actor
    ) async throws -> Int {
        let known = try database.read(in: .instance) { tx in
            (
                user: try IdentityStore.find(id, in: tx), hash: try IdentityStore.passwordHash(of: id, in: tx),
                names: try policy.names(id, tx)
            )
        }
        guard let user = known.user else { throw Problem.unauthenticated }
        try PasswordPolicy.check(
            new, email: user.email, name: user.name, context: known.names, at: "/new_password")
        try throttle.begin(user.id.text, from: device.address ?? "", at: database.clock.now)
        guard try await hasher.check(String(current.prefix(1024)), against: known.hash).isRight else {
            throw IdentityProblem.wrongPassword
        }
        throttle.succeeded(user.id.text, from: device.address ?? "")
        let hash = try await hasher.hash(new)
        return try await database.write(in: .instance, by: caller) { tx in
            guard try IdentityStore.setPassword(hash, of: id, replacing: known.hash, in: tx) else {
                throw IdentityProblem.wrongPassword
            }
            return try Self.passwordChanged("password.changed", of: id, keeping: session, in: tx)
        }
    }

    /// How long a mailed link for a new password works.
    static let resetLifetime = Milliseconds.minutes(60)

    /// Mails a link for a new password, if there is such an account; says nothing of whether there is.
    ///
    /// At most one mail a minute goes to an account; a new link ends the one before.
    static func forgotPassword(_ email: String, origin: String, in tx: any Transaction) throws {
        guard let user = try mailable(email, .passwordReset, in: tx), let mailbox = EmailAddress(user.email) else {
            return
        }
        let token = Token(.once)
        try OneTimeTokenStore.replace(.passwordReset, of: user.id, hash: token.hash, lifetime: resetLifetime, in: tx)
        try IdentityMail.passwordReset(to: mailbox, name: user.name, origin: origin, token: token.text, in: tx)
        try Audit.record("password.reset_requested", on: .init("user", user.id), .object([]), in: tx)
    }

    /// Sets a new password with the token of a mailed link; ends all sessions and opens none.
    ///
    /// Throws `link_unusable` (422), `validation_failed` at `/password`.
    func resetPassword(token: String, to new: String, by caller: Actor) async throws {
        guard let key = Token.hash(token, .once) else { throw IdentityProblem.linkUnusable }
        let (user, names) = try database.read(in: .instance) { tx in
            let user = try Self.resetting(key, in: tx)
            return (user, try policy.names(user.id, tx))
        }
        try PasswordPolicy.check(new, email: user.email, name: user.name, context: names)
        let hash = try await hasher.hash(new)
        try await database.write(in: .instance, by: user.actor(like: caller)) { tx in
            let user = try Self.resetting(key, in: tx)
            try OneTimeTokenStore.delete(.passwordReset, of: user.id, in: tx)
            _ = try IdentityStore.setPassword(hash, of: user.id, in: tx)
            // Whoever proves the mailbox is the first known to own it: what others connected before signs in no more.
            if user.verifiedAt == nil { try Self.forgetIdentities(of: user.id, in: tx) }
            try IdentityStore.setVerified(user.id, in: tx)
            _ = try Self.passwordChanged("password.reset", of: user.id, keeping: nil, in: tx)
        }
    }

    private static func resetting(_ key: [UInt8], in tx: any Transaction) throws -> User {
        guard let id = try OneTimeTokenStore.user(.passwordReset, hash: key, in: tx),
            let user = try IdentityStore.find(id, in: tx)
        else { throw IdentityProblem.linkUnusable }
        return user
    }

    /// What follows a new password: other sessions and open reset links end.
    static func passwordChanged(
        _ action: String, of user: UserID, keeping session: SessionID?, in tx: any Transaction
    ) throws -> Int {
        let ended = try SessionStore.deleteAll(of: user, except: session, in: tx)
        for purpose in [TokenPurpose.passwordReset, .magicLink, .secondFactor] {
            try OneTimeTokenStore.delete(purpose, of: user, in: tx)
        }
        try Audit.record(
            action, on: .init("user", user), .object(["sessions_revoked": .integer(Int64(ended))]), in: tx)
        return ended
    }
}

extension Call {
    /// The session that the request came with; nil for keys and strangers.
    package var currentSession: SessionID? { sessionID }

    var sessionID: SessionID? {
        if case .session(let id, _)? = principal?.credential { id } else { nil }
    }
}
