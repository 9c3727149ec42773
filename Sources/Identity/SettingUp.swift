// The first account of an instance, made through a link that the server printed.
package import Core
package import Storage
import Web

extension Identity {
    /// How long the printed link works.
    package static let setUpLifetime = Milliseconds.minutes(30)

    /// Makes the one-time token of the set-up link, in place of any earlier one; nil when there are accounts already.
    ///
    /// The link is `<origin>/setup#token=<token>`. `serve` prints it; nothing else ever shows it.
    package func issueSetUpToken() async throws -> String? {
        let token = Token(.once)
        return try await database.write(in: .instance, by: .system("set-up")) { tx in
            guard try !IdentityStore.hasUsers(in: tx) else { return nil }
            try OneTimeTokenStore.replace(.setUp, of: nil, hash: token.hash, lifetime: Self.setUpLifetime, in: tx)
            return token.text
        }
    }

    /// Whether the instance has no account yet.
    package static func isWaitingForSetUp(in tx: any Transaction) throws -> Bool { try !IdentityStore.hasUsers(in: tx) }

    /// Refuses before anything costly happens: `already_set_up` (409), `link_unusable` (422).
    package static func checkSetUp(_ token: String, in tx: any Transaction) throws {
        guard try !IdentityStore.hasUsers(in: tx) else { throw IdentityProblem.alreadySetUp }
        guard let hash = Token.hash(token, .once), try OneTimeTokenStore.isUsable(.setUp, hash: hash, in: tx) else {
            throw IdentityProblem.linkUnusable
        }
    }

    /// Uses up the token and makes the first account, which runs the instance. Scope: instance.
    package static func setUp(
        _ token: String, _ person: Person, as id: UserID, hash: String, in tx: any Transaction
    ) throws -> User {
        try checkSetUp(token, in: tx)
        try OneTimeTokenStore.delete(.setUp, of: nil, in: tx)
        return try create(
            NewUser(email: person.email, name: person.name, passwordHash: hash, isOperator: true), as: id, in: tx)
    }

    /// The whole set-up: hashes the password, makes the account, does what else belongs to it and opens a session.
    ///
    /// - Parameters:
    ///   - context: names that the password may not be made of.
    ///   - then: more to do in the same transaction: making the first organisation.
    package func setUp(
        _ token: String, _ person: Person, password: String, context: [String] = [], on device: Device,
        by caller: Actor, then: @escaping @Sendable (User, any Transaction) throws -> Void
    ) async throws -> SignedIn {
        try database.read(in: .instance) { try Self.checkSetUp(token, in: $0) }
        let hash = try await hash(password, for: person, context: context)
        let id = UserID(at: database.clock.now)
        return try await database.write(in: .instance, by: person.actor(as: id, like: caller)) { tx in
            let user = try Self.setUp(token, person, as: id, hash: hash, in: tx)
            try then(user, tx)
            return try Self.openSession(for: user, on: device, in: tx)
        }
    }
}
