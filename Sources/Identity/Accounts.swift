// Making and changing accounts.
import Audit
package import Core
package import Storage
import Web

extension Identity {
    /// Makes an account. Throws `email_taken` (409). Scope: instance.
    ///
    /// - Parameter id: given by a caller who acts as the new user.
    @discardableResult
    package static func create(_ new: NewUser, as id: UserID? = nil, in tx: any Transaction) throws -> User {
        let user = try IdentityStore.insert(new, as: id ?? UserID(at: tx.now), in: tx)
        try Audit.record(
            "user.created", on: .init("user", user.id),
            .object(["email": .string(user.email), "is_operator": .bool(user.isOperator)]), in: tx)
        return user
    }

    /// Checks a password against the rules and hashes it. Throws `validation_failed` at the pointer, or `overloaded`.
    package func hash(
        _ password: String, for person: Person, context: [String] = [], at pointer: String = "/password"
    ) async throws -> String {
        try PasswordPolicy.check(
            password, email: person.email.text, name: person.name, context: context, at: pointer)
        return try await hasher.hash(password)
    }

    /// Gives an account another name; `check` sees the account before, for `If-Match`.
    static func rename(
        _ id: UserID, to raw: String, check: (User) throws -> Void = { _ in }, in tx: any Transaction
    ) throws -> User {
        let name = try Person.name(raw)
        guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.unauthenticated }
        try check(user)
        guard name != user.name, let renamed = try IdentityStore.rename(id, to: name, in: tx) else { return user }
        try Audit.record(
            "user.updated", on: .init("user", id),
            .object(["name": .object(["from": .string(user.name), "to": .string(name)])]), in: tx)
        return renamed
    }

    /// Deletes an account with everything that is only its own; its organisations have to be left before.
    package static func delete(_ id: UserID, in tx: any Transaction) throws {
        guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.unauthenticated }
        try Audit.record("user.deleted", on: .init("user", id), .object([]), in: tx)
        try IdentityMail.tell(
            user, "Your account is deleted", "your account is deleted, with its sessions and its second factor.", in: tx
        )
        try IdentityStore.delete(id, in: tx)
    }

    /// Where somebody is signed in, newest first, at most 100.
    package static func sessions(
        of user: UserID, current: SessionID?, in tx: any Transaction
    ) throws -> [Session] {
        try SessionStore.page(of: user, current: current, limit: 100, in: tx)
    }

    /// Notes that a mailed link came back: the mailbox is theirs.
    ///
    /// - Parameter address: where the link was mailed to; it becomes the address of an account that has none yet.
    package static func confirmMailbox(of user: User, at address: EmailAddress? = nil, in tx: any Transaction) throws {
        if let address, address.folded != EmailAddress(user.email)?.folded {
            guard user.email.hasSuffix(".invalid"), try IdentityStore.setEmail(address, of: user.id, in: tx) else {
                return
            }
            try Audit.record(
                "user.updated", on: .init("user", user.id),
                .object(["email": .object(["from": .string(user.email), "to": .string(address.text)])]), in: tx)
        } else if user.verifiedAt == nil {
            try IdentityStore.setVerified(user.id, in: tx)
        }
    }

    /// Whether an invitation to an address is for this account: it is the account's own, or one that an issuer's token
    /// claimed. The claim opens nothing by itself: the invitation's token came by mail.
    package static func mayAnswer(for address: EmailAddress, _ user: User, in tx: any Transaction) throws -> Bool {
        if EmailAddress(user.email)?.folded == address.folded { return true }
        return try IdentitiesStore.hasClaim(address, of: user.id, in: tx)
    }
}
