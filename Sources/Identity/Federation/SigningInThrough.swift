// Signing in through a provider: leaving for it, coming back, and whose account that is.
import Audit
import Core
import Crypto
import Storage
import Web

extension Identity {
    /// Where a browser goes, and the cookie that it brings back. Throws 404, `provider_unavailable` (503).
    func leave(_ flow: SignInFlow, origin: String) async throws -> (address: String, cookie: String) {
        let (provider, connection, seal) = try federation.find(flow.provider)
        do {
            let address = try await connection.authorizationAddress(
                for: flow, back: provider.redirectAddress(at: origin), at: database.clock.now)
            return (address, try seal.close(flow))
        } catch let failure as ProviderFailure {
            throw refusal(failure, of: provider)
        }
    }

    /// What a provider sent a browser back with.
    struct Arrival: Sendable {
        let provider: String
        let cookie: String?
        let state: String?
        let code: String?
        let error: String?
        let issuer: String?
    }

    /// Whom a browser that came back stands for, and what it had left for.
    ///
    /// Throws `sign_in_unusable` (422), `provider_declined`, `provider_untrusted` (403), `provider_unavailable` (503).
    func arrive(
        _ arrival: Arrival, origin: String, from address: String
    ) async throws -> (person: FederatedPerson, flow: SignInFlow, provider: SignInProvider) {
        let (provider, connection, seal) = try federation.find(arrival.provider)
        let now = database.clock.now
        guard let flow = arrival.cookie.flatMap(seal.open), flow.provider == provider.name,
            flow.state == arrival.state, flow.startedAt.adding(.seconds(-1)) <= now, now < flow.endsAt
        else { throw FederationProblem.flowUnusable }
        do {
            // Some leave their name out of an error, and an error gives nothing away.
            if arrival.error == nil || arrival.issuer != nil {
                try await connection.check(issuer: arrival.issuer, at: now)
            }
            guard arrival.error == nil else { throw FederationProblem.declined(provider.title) }
            guard let code = arrival.code, (1...2048).contains(code.utf8.count) else {
                throw FederationProblem.flowUnusable
            }
            // Each try asks the provider something: a network gets as many as it gets passwords.
            try throttle.begin(flow.state, from: address, at: now)
            let person = try await connection.person(
                by: code, of: flow, back: provider.redirectAddress(at: origin), at: now)
            throttle.succeeded(flow.state, from: address)
            return (person, flow, provider)
        } catch let failure as ProviderFailure {
            throw refusal(failure, of: provider)
        }
    }

    private func refusal(_ failure: ProviderFailure, of provider: SignInProvider) -> FederationProblem {
        federation.note(failure, of: provider)
        return switch failure {
        case .unavailable: .unavailable(provider.title)
        case .codeRefused: .flowUnusable
        case .untrusted: .untrusted(provider.title)
        }
    }

    /// Whose account a person is to be let into.
    private enum Found {
        case known(User)
        /// An account with their address, whose mailbox both sides have confirmed.
        case byAddress(User)
        /// Nobody's: one is to be made for this address.
        case nobody(EmailAddress)

        /// The same in every reading, unless the account changed in between.
        var mark: String {
            switch self {
            case .known(let user): "known \(user.id)"
            case .byAddress(let user): "address \(user.id)"
            case .nobody(let address): "nobody \(address.folded)"
            }
        }
    }

    /// Opens a session for a person, or asks for the second factor; makes the account if there is none and the instance
    /// lets people make one. Gives where to go on as well.
    ///
    /// Throws `sign_up_closed`, `email_unconfirmed`, `account_suspended` (403), `identity_not_linked` (409),
    /// `sign_in_unusable` (422), and what accepting an invitation throws.
    func signIn(
        _ person: FederatedPerson, _ flow: SignInFlow, through provider: SignInProvider, on device: Device,
        by caller: Actor
    ) async throws -> (outcome: SignInOutcome, next: String) {
        let found = try database.read(in: .instance) { try find(person, flow, provider, in: $0) }
        let id = UserID(at: database.clock.now)
        let actor =
            switch found {
            case .known(let user), .byAddress(let user): user.actor(like: caller)
            case .nobody(let address):
                try Person(email: address.text, name: person.displayName).actor(as: id, like: caller)
            }
        return try await database.write(in: .instance, by: actor) { tx in
            // The account may have changed since it was looked for: then nothing of this holds.
            guard try FederationStore.finish(flow, in: tx),
                try find(person, flow, provider, in: tx).mark == found.mark
            else { throw FederationProblem.flowUnusable }
            let user = try settle(found, person, as: id, through: provider, in: tx)
            let details = JSONValue.object(["issuer": .string(person.issuer), "subject": .string(person.subject)])
            try Audit.record("identity.used", on: .init("user", user.id), details, in: tx)
            let outcome = try Self.enter(
                user, by: .provider, on: device, authenticatedAt: Self.freshness(of: person, at: tx.now), in: tx)
            guard let invitation = flow.invitation else { return (outcome, flow.next) }
            // Someone with a second factor signs in first, as with a password.
            _ = try outcome.session()
            return (outcome, try policy.invitations.accept(invitation, user.id, tx))
        }
    }

    /// When a credential counts as given: a provider may let in whom it let in days ago, and only those that say when
    /// are believed.
    private static func freshness(of person: FederatedPerson, at now: Timestamp) -> Timestamp {
        person.authenticatedAt.map { min($0, now) } ?? now.adding(-freshness)
    }

    private func find(
        _ person: FederatedPerson, _ flow: SignInFlow, _ provider: SignInProvider, in tx: any Transaction
    ) throws -> Found {
        if let known = try IdentitiesStore.bearer(issuer: person.issuer, subject: person.subject, in: tx) {
            guard !known.isSuspended, let user = try IdentityStore.find(known.user, in: tx) else {
                throw IdentityProblem.suspended
            }
            return .known(user)
        }
        let invited = try flow.invitation.map { try policy.invitations.address($0, tx) }
        if let invited, try IdentityStore.find(email: invited, in: tx) == nil {
            // The invitation came by mail, so whoever brings it reads the mailbox, whatever the provider says.
            guard policy.signUp != .closed else { throw IdentityProblem.signUpClosed }
            try policy.check(invited)
            return .nobody(invited)
        }
        guard let email = person.email, person.isEmailConfirmed else {
            throw FederationProblem.emailUnconfirmed(provider.title)
        }
        if let user = try IdentityStore.find(email: email, in: tx) {
            guard try Self.mayConnect(user, person.issuer, in: tx) else {
                throw FederationProblem.accountExists(provider.title)
            }
            return .byAddress(user)
        }
        guard policy.signUp == .open, try IdentityStore.hasUsers(in: tx) else { throw IdentityProblem.signUpClosed }
        try policy.check(email)
        return .nobody(email)
    }

    /// Whether an account may be found by an address that a provider confirmed: only if its mailbox was confirmed here
    /// as well, nothing more than a password protects it, it runs nothing, and the provider does not know somebody else
    /// as it: addresses are given to other people, subjects are not.
    private static func mayConnect(_ user: User, _ issuer: String, in tx: any Transaction) throws -> Bool {
        guard user.verifiedAt != nil, !user.isOperator else { return false }
        return try !isProtected(user.id, in: tx)
            && !IdentitiesStore.has(issuer: issuer, of: user.id, in: tx)
    }

    private func settle(
        _ found: Found, _ person: FederatedPerson, as id: UserID, through provider: SignInProvider,
        in tx: any Transaction
    ) throws -> User {
        switch found {
        case .known(let user): return user
        case .byAddress(let user):
            try Self.link(person.identity(at: tx.now), to: user.id, in: tx)
            try IdentityMail.identityChanged(.connected(provider.title), of: user, in: tx)
            return user
        case .nobody(let address):
            let new = NewUser(email: address, name: person.displayName, passwordHash: nil, isVerified: true)
            let user = try Self.create(new, as: id, in: tx)
            try Self.link(person.identity(at: tx.now), to: id, in: tx)
            return user
        }
    }
}

extension FederatedPerson {
    /// How the person is kept.
    func identity(at now: Timestamp) -> ExternalIdentity {
        ExternalIdentity(
            id: ExternalIdentityID(at: now), issuer: issuer, subject: subject, email: email?.text, createdAt: now)
    }
}
