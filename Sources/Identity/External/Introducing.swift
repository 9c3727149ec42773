// The first sight of somebody whom an issuer vouches for: a profile of their own, in one transaction.
import Audit
import Core
import Storage
import Tokens
import Web

extension Identity {
    /// The person behind a token of another issuer; nil when the token is no good.
    ///
    /// Works within the read that the request is answered from. Throws `PendingCredential` when something has to be
    /// waited for: keys to be fetched, a profile to be made.
    func externalPrincipal(_ text: String, in tx: any Transaction) throws -> Principal? {
        do {
            return try externalPrincipal(try CompactToken(text), in: tx)
        } catch let refusal as TokenRefusal {
            external.note(refusal)
            return nil
        }
    }

    private func externalPrincipal(_ token: CompactToken, in tx: any Transaction) throws -> Principal? {
        do {
            let person = try external.verify(token, at: tx.now)
            let (issuer, subject) = (person.claims.issuer, person.claims.subject)
            if let known = try IdentitiesStore.bearer(issuer: issuer, subject: subject, in: tx) {
                guard !known.isSuspended else { return nil }
                // An issuer's word never runs the instance: for that one signs in here.
                return Principal(.external(issuer: issuer, user: known.user), display: known.name)
            }
        } catch TokenRefusal.keyUnknown {
            guard try external.keys(for: token).mayRefresh(at: tx.now) else { throw TokenRefusal.keyUnknown }
        }
        throw PendingCredential { caller in try await self.introduce(token, by: caller) }
    }

    /// Verifies a token, fetching its issuer's keys anew if its key is not known. Throws `TokenRefusal`.
    func verified(_ token: CompactToken) async throws -> ExternalTokens.Person {
        do {
            return try external.verify(token, at: database.clock.now)
        } catch TokenRefusal.keyUnknown {
            await (try external.keys(for: token)).refresh(at: database.clock.now)
            return try external.verify(token, at: database.clock.now)
        }
    }

    /// Makes the profile of whom a token is for, unless there is one. Throws `identity_not_linked` (409).
    private func introduce(_ token: CompactToken, by caller: Actor) async throws {
        guard let person = try? await verified(token) else { return }
        let id = UserID(at: database.clock.now)
        let name = Self.name(of: person.claims)
        let actor = Actor(
            .user, id: id.text, display: name, requestID: caller.requestID, address: caller.address)
        try await database.write(in: .instance, by: actor) { tx in
            let claims = person.claims
            // Others may have come first: 50 requests of a new page arrive at once.
            guard try IdentitiesStore.bearer(issuer: claims.issuer, subject: claims.subject, in: tx) == nil else {
                return
            }
            let (address, isVerified) = try Self.address(for: id, person, in: tx)
            try Self.create(
                NewUser(email: address, name: name, passwordHash: nil, isVerified: isVerified), as: id, in: tx)
            try Self.link(person, to: id, in: tx)
        }
    }

    /// The address of a new profile: the claimed one if the issuer confirmed it, else one that belongs to nobody, so
    /// that a claim never takes or finds an account.
    private static func address(
        for id: UserID, _ person: ExternalTokens.Person, in tx: any Transaction
    ) throws -> (EmailAddress, isVerified: Bool) {
        if let claimed = claimedAddress(person.claims), isConfirmed(person) {
            guard try IdentityStore.find(email: claimed, in: tx) == nil else { throw IdentityProblem.identityNotLinked }
            return (claimed, true)
        }
        guard let placeholder = EmailAddress("\(id.text)@\(person.issuer.name).invalid") else {
            throw StorageError.refused("an address can't be made of \(person.issuer.name)")
        }
        return (placeholder, false)
    }

    private static func isConfirmed(_ person: ExternalTokens.Person) -> Bool {
        person.claims.all["email_verified"] == .bool(true) || person.issuer.confirmsEmail
    }

    private static func claimedAddress(_ claims: TokenClaims) -> EmailAddress? {
        claims.text("email", limit: 254).flatMap(EmailAddress.init)
    }

    /// A name to show: people may choose it, so it is only that. Everything else of `user_metadata` is left alone.
    private static func name(of claims: TokenClaims) -> String {
        let chosen = claims.all["user_metadata"]
        let names = [claims.all["name"], chosen?["full_name"], chosen?["name"]].compactMap { $0?.stringValue }
        let plain = names.compactMap { try? Person.name($0) }.first
        return plain ?? claimedAddress(claims).map { String($0.text.prefix { $0 != "@" }) } ?? "New person"
    }

    /// Notes that an issuer knows this person.
    @discardableResult
    static func link(
        _ person: ExternalTokens.Person, to user: UserID, in tx: any Transaction
    ) throws -> ExternalIdentity {
        let claims = person.claims
        let identity = ExternalIdentity(
            id: ExternalIdentityID(at: tx.now), issuer: claims.issuer, subject: claims.subject,
            email: claims.text("email", limit: 254), createdAt: tx.now)
        try link(identity, session: claims.text("session_id"), to: user, in: tx)
        return identity
    }

    /// - Parameter session: what the issuer calls the session that the identity came from.
    static func link(
        _ identity: ExternalIdentity, session: String? = nil, to user: UserID, in tx: any Transaction
    ) throws {
        try IdentitiesStore.insert(identity, of: user, in: tx)
        try Audit.record(
            "identity.linked", on: .init("user", user),
            .object([
                "issuer": .string(identity.issuer), "subject": .string(identity.subject),
                "issuer_session": session.map { .string($0) } ?? .null,
            ]), in: tx)
    }
}
