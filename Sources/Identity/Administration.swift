// What the command line does with accounts.
import Audit
import Core
package import Storage
import Web

extension Identity {
    /// Makes an account from the command line. Throws `validation_failed`, `email_taken` (409).
    package func createUser(
        email: String, name: String, password: String, isOperator: Bool = false, by actor: Actor
    ) async throws -> User {
        let person = try Person(email: email, name: name)
        let hash = try await hash(password, for: person)
        return try await database.write(in: .instance, by: actor) { tx in
            try Self.create(
                NewUser(email: person.email, name: person.name, passwordHash: hash, isOperator: isOperator), in: tx)
        }
    }

    /// Sets a password and ends all sessions of the account. Throws 404, `validation_failed`.
    package func resetPassword(email: String, to password: String, by actor: Actor) async throws {
        let (user, names) = try database.read(in: .instance) { tx in
            let user = try Self.known(email, in: tx)
            return (user, try policy.names(user.id, tx))
        }
        try PasswordPolicy.check(password, email: user.email, name: user.name, context: names)
        let hash = try await hasher.hash(password)
        try await database.write(in: .instance, by: actor) { tx in
            _ = try IdentityStore.setPassword(hash, of: user.id, in: tx)
            _ = try Self.passwordChanged("password.reset", of: user.id, keeping: nil, in: tx)
        }
    }

    /// Makes somebody an operator of the instance, or ends that. Throws 404.
    package func setOperator(_ isOperator: Bool, email: String, by actor: Actor) async throws -> User {
        try await database.write(in: .instance, by: actor) { tx in
            let user = try Self.known(email, in: tx)
            guard user.isOperator != isOperator else { return user }
            try IdentityStore.setOperator(isOperator, of: user.id, in: tx)
            try Audit.record(
                isOperator ? "operator.granted" : "operator.revoked", on: .init("user", user.id), .object([]), in: tx)
            return try IdentityStore.find(user.id, in: tx) ?? user
        }
    }

    static func known(_ email: String, in tx: any Transaction) throws -> User {
        guard let address = EmailAddress(email), let user = try IdentityStore.find(email: address, in: tx) else {
            throw Problem.notFound("account")
        }
        return user
    }
}
