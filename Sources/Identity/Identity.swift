// Identity: accounts, passwords, sessions. Who somebody is; what they may do is Organizations' matter.
package import Core
package import Storage
import Tokens
package import Web

/// The feature: accounts of people, how they sign in, and their sessions.
///
/// It knows nothing of organisations; invitations and API keys are in Organizations.
package struct Identity: Sendable {
    let database: any Database
    let hasher: PasswordHasher
    let throttle: SignInThrottle
    let uses: LastUse
    let seal: FactorSeal?
    let challenges = PasskeyChallenges()
    package let policy: AccountPolicy
    /// Issues tokens for other services; nil where there is no key to seal theirs with: on the command line.
    package let accessTokens: AccessTokens?
    /// The issuers whose tokens are taken as credentials.
    package let external: ExternalTokens
    /// The providers that people sign in through.
    package let federation: Federation

    /// - Parameters:
    ///   - hasher: the pool that passwords are hashed on; one per process.
    ///   - seal: what seals the seeds of second factors; without it none can be added or checked, only removed.
    ///   - policy: who may make an account, and which ways in there are.
    package init(
        database: any Database, hasher: PasswordHasher = PasswordHasher(), seal: FactorSeal? = nil,
        policy: AccountPolicy = AccountPolicy(), accessTokens: AccessTokens? = nil,
        external: ExternalTokens = ExternalTokens(), federation: Federation = Federation()
    ) {
        self.database = database
        self.hasher = hasher
        self.seal = seal
        self.policy = policy
        self.accessTokens = accessTokens
        self.external = external
        self.federation = federation
        throttle = SignInThrottle()
        uses = LastUse()
    }

    /// Users, sessions and tokens are the instance's own; Organizations shows members to their organisation.
    package static let visibility: [Visibility] = []

    /// Finds whom a session token, or a token of another issuer, belongs to; nil when it is none, unknown, expired or
    /// revoked. Throws `PendingCredential` when an issuer's token needs more than a read. Scope: instance.
    package func principal(token: String, in tx: any Transaction) throws -> Principal? {
        if CompactToken.isLikely(token) { return try externalPrincipal(token, in: tx) }
        let found = try tx.remembering("session \(token)") {
            try Token.hash(token, .session).flatMap { try SessionStore.bearer(of: $0, in: tx) }
        }
        guard let found else { return nil }
        uses.note(found.session.text, at: tx.now, recorded: found.lastSeenAt)
        var principal = Principal(
            .session(found.session, user: found.user), display: found.name, isOperator: found.isOperator)
        principal.authenticatedAt = found.authenticatedAt
        principal.hasSecondFactor = SignInMethod.areTwo(found.methods)
        if let impersonator = found.impersonator {
            principal.impersonator = Impersonator(
                id: impersonator.id, display: impersonator.name, until: found.expiresAt)
            // It was not the person who gave a credential, and nothing of weight is done in their place.
            principal.authenticatedAt = nil
        }
        return principal
    }

    /// Writes down when sessions were last used; call about once a minute and before the end.
    package func flushLastUse() async throws {
        let uses = uses.take()
        guard !uses.isEmpty else { return }
        try await database.write(in: .instance, by: .system("sessions")) { tx in
            try SessionStore.setLastSeen(uses, in: tx)
        }
    }

    /// Removes expired sessions and tokens, at most 1000 of each; returns how many. For a daily job.
    package static func prune(in tx: any Transaction) throws -> Int { try SessionStore.prune(limit: 1000, in: tx) }

    /// The account of an identifier. In the scope of an organisation: only if it is a member.
    package static func find(_ id: UserID, in tx: any Transaction) throws -> User? {
        try IdentityStore.find(id, in: tx)
    }

    /// The account of an e-mail address, whatever its case.
    package static func find(email: EmailAddress, in tx: any Transaction) throws -> User? {
        try IdentityStore.find(email: email, in: tx)
    }
}
