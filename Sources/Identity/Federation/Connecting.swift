// What somebody who is signed in does through a provider: connect an identity, disconnect it, confirm that it is them.
import Audit
import Core
import Storage
import Web

extension Identity {
    /// Lets a person sign in to the account of the session that asked for it.
    ///
    /// Throws `sign_in_unusable` (422), `identity_taken`, `limit_reached` (409).
    func connect(
        _ person: FederatedPerson, _ flow: SignInFlow, through provider: SignInProvider, to user: UserID,
        by actor: Actor
    ) async throws {
        try await database.write(in: .instance, by: actor) { tx in
            guard let account = try IdentityStore.find(user, in: tx), try FederationStore.finish(flow, in: tx) else {
                throw FederationProblem.flowUnusable
            }
            try Self.requireRoom(for: person.issuer, person.subject, of: user, in: tx)
            try Self.link(person.identity(at: tx.now), to: user, in: tx)
            try IdentityMail.identityChanged(.connected(provider.title), of: account, in: tx)
        }
    }

    /// Throws `identity_taken`, `limit_reached` (409).
    static func requireRoom(
        for issuer: String, _ subject: String, of user: UserID, in tx: any Transaction
    ) throws {
        guard try IdentitiesStore.bearer(issuer: issuer, subject: subject, in: tx) == nil else {
            throw IdentityProblem.identityTaken
        }
        guard try identities(of: user, in: tx).count < identityLimit else {
            throw IdentityProblem.tooManyIdentities(identityLimit)
        }
    }

    /// Stops an identity from signing in to the account. Throws 404, `last_way_in` (409).
    func disconnect(_ id: ExternalIdentityID, of user: UserID, in tx: any Transaction) throws {
        let identities = try Self.identities(of: user, in: tx)
        guard let account = try IdentityStore.find(user, in: tx),
            let identity = identities.first(where: { $0.id == id })
        else { throw Problem.notFound("identity") }
        let others = identities.filter { $0.id != id && isUsable($0) }
        guard
            try !others.isEmpty || IdentityStore.passwordHash(of: user, in: tx) != nil
                || PasskeyStore.exists(of: user, in: tx)
        else {
            throw FederationProblem.lastWayIn
        }
        guard try IdentitiesStore.delete(id, of: user, in: tx) else { throw Problem.notFound("identity") }
        try Audit.record("identity.unlinked", on: .init("user", user), .object(["id": .string(id.text)]), in: tx)
        let title = federation.provider(of: identity.issuer)?.title ?? identity.issuer
        try IdentityMail.identityChanged(.disconnected(title), of: account, in: tx)
    }

    /// Disconnects every identity of an account whose owner may not have connected them.
    static func forgetIdentities(of user: UserID, in tx: any Transaction) throws {
        let count = try IdentitiesStore.deleteAll(of: user, in: tx)
        guard count > 0 else { return }
        try Audit.record(
            "identities.unlinked", on: .init("user", user), .object(["count": .integer(Int64(count))]), in: tx)
    }

    /// Whether an identity lets its person in as things are configured now.
    private func isUsable(_ identity: ExternalIdentity) -> Bool {
        federation.provider(of: identity.issuer) != nil || external.all.contains { $0.issuer.issuer == identity.issuer }
    }

    /// Counts a new sign-in at a provider as a credential given anew; the session goes on with another token.
    ///
    /// Throws `sign_in_unusable` (422), `step_up_required`, `provider_untrusted` (403), `second_factor_required` (401).
    func confirm(
        _ person: FederatedPerson, _ flow: SignInFlow, through provider: SignInProvider, session: SessionID,
        of user: UserID, by actor: Actor
    ) async throws -> SignedIn {
        // The provider's clock may be a little behind ours.
        guard let authenticatedAt = person.authenticatedAt, authenticatedAt.adding(.seconds(30)) > flow.startedAt else {
            throw FederationProblem.notAnew(provider.title)
        }
        return try await database.write(in: .instance, by: actor) { tx in
            guard let account = try IdentityStore.find(user, in: tx), try FederationStore.finish(flow, in: tx) else {
                throw FederationProblem.flowUnusable
            }
            guard try IdentitiesStore.bearer(issuer: person.issuer, subject: person.subject, in: tx)?.user == user
            else {
                throw FederationProblem.anotherPerson(provider.title)
            }
            guard try !Self.isProtected(user, in: tx) else {
                throw IdentityProblem.secondFactorRequired
            }
            return try Self.renew(session, of: account, adding: nil, in: tx)
        }
    }
}
