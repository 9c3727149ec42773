// Organizations: tenants, their members and roles, invitations, and the keys of their programs.
package import Core
package import Identity
package import Storage
package import Web

/// The feature: organisations, who belongs to them with which role, invitations and API keys.
package struct Organizations: Sendable {
    let database: any Database
    let identity: Identity
    let uses: LastUse
    let takesTestKeys: Bool
    let departures: [Departure]
    let resolver: TextResolver
    let allowance: Allowance

    /// - Parameters:
    ///   - takesTestKeys: whether keys that begin with `rfk_test_` work: not where money is moved.
    ///   - departures: what other features do when an organisation is deleted.
    ///   - resolver: looks up the records that prove domains.
    ///   - allowance: how many members and keys an organisation's plan allows.
    package init(
        database: any Database, identity: Identity, takesTestKeys: Bool = true, departures: [Departure] = [],
        resolver: TextResolver = .system(), allowance: @escaping Allowance = { _, _ in nil }
    ) {
        self.allowance = allowance
        self.resolver = resolver
        self.departures = departures
        self.database = database
        self.identity = identity
        self.takesTestKeys = takesTestKeys
        uses = LastUse()
    }

    /// An organisation sees itself, and of the accounts those of its members.
    package static let visibility = OrganizationsStore.visibility

    /// How credentials turn into principals and roles: sessions of people and keys of programs.
    package var authentication: Authentication {
        Authentication(
            principal: { token, tx in try principal(token: token, in: tx) },
            role: { principal, organization, tx in try role(of: principal, in: organization, in: tx) },
            admitOperator: { principal in
                guard principal.hasSecondFactor || identity.policy.secondFactor == .optional else {
                    throw OrganizationsProblem.secondFactorMissing
                }
            })
    }

    /// Finds whom a session token or API key belongs to. Scope: instance.
    package func principal(token: String, in tx: any Transaction) throws -> Principal? {
        guard APIKeyText.isKey(token) else { return try identity.principal(token: token, in: tx) }
        guard takesTestKeys || !APIKeyText.isTest(token) else { return nil }
        let found = try tx.remembering("key \(token)") { try Self.bearer(of: token, in: tx) }
        guard let (key, lastUsedAt, principal) = found else { return nil }
        uses.note(key.text, at: tx.now, recorded: lastUsedAt)
        return principal
    }

    private static func bearer(
        of token: String, in tx: any Transaction
    ) throws -> (key: APIKeyID, lastUsedAt: Timestamp?, principal: Principal)? {
        guard APIKeyText.isWellFormed(token), let key = try APIKeysStore.bearer(of: APIKeyText.hash(token), in: tx)
        else { return nil }
        var principal = Principal(
            .apiKey(key.id, organization: key.organization, role: key.role), display: key.name)
        principal.permissions = key.permissions.map { Set($0) }
        principal.ranges = key.ranges.compactMap { AddressRange($0) }
        // A range that can't be read any more must not open the key to everybody.
        guard principal.ranges.count == key.ranges.count else { return nil }
        return (key.id, key.lastUsedAt, principal)
    }

    /// The role of a principal in an organisation; a key's is in its own row, so it costs no read. Scope: instance.
    package func role(
        of principal: Principal, in organization: OrganizationID, in tx: any Transaction
    ) throws -> Role? {
        switch principal.credential {
        case .session(_, let user), .external(_, let user):
            try role(of: user, hasSecondFactor: principal.hasSecondFactor, in: organization, in: tx)
        case .apiKey(_, let own, let role): own == organization ? role : nil
        }
    }

    /// Refuses members of a suspended organisation, of one about to be deleted all but its owners, and, where the
    /// organisation or the instance asks for a second factor, whoever signed in without one.
    private func role(
        of user: UserID, hasSecondFactor: Bool, in organization: OrganizationID, in tx: any Transaction
    ) throws -> Role? {
        let standing = try tx.remembering("standing \(user) \(organization)") {
            try MembersStore.standing(of: user, in: organization, in: tx)
        }
        guard let standing else { return nil }
        if standing.isSuspended { throw OrganizationsProblem.suspended }
        if standing.isLeaving, standing.role != .owner { throw OrganizationsProblem.leaving }
        let isAsked = standing.requiresSecondFactor || identity.policy.secondFactor == .everybody
        guard hasSecondFactor || !isAsked else { throw OrganizationsProblem.secondFactorMissing }
        return standing.role
    }

    /// Writes down when keys and sessions were last used; call about once a minute and before the end.
    package func flushLastUse() async throws {
        try await identity.flushLastUse()
        let uses = uses.take()
        guard !uses.isEmpty else { return }
        try await database.write(in: .instance, by: .system("api keys")) { tx in
            try APIKeysStore.setLastUsed(uses, in: tx)
        }
    }

    /// An organisation; in the scope of another one there is none.
    package static func find(_ id: OrganizationID, in tx: any Transaction) throws -> Organization? {
        try OrganizationsStore.find(id, in: tx)
    }

    /// All organisations, newest first, below an identifier. Scope: instance.
    package static func all(
        before: String? = nil, limit: Int = 100, in tx: any Transaction
    ) throws -> [Organization] {
        try OrganizationsStore.all(before: before, limit: limit, in: tx)
    }

    /// The owners, at most 100: who gets the mail about bills. Works in either scope.
    package static func owners(of id: OrganizationID, in tx: any Transaction) throws -> [Member] {
        try MembersStore.withRole(.owner, of: id, limit: 100, in: tx)
    }

    /// The owners' mail addresses, at most 100.
    package static func ownerAddresses(of id: OrganizationID, in tx: any Transaction) throws -> [EmailAddress] {
        try owners(of: id, in: tx).compactMap { EmailAddress($0.email) }
    }

    /// A member of an organisation; nil when the user is none.
    package static func member(
        _ user: UserID, of id: OrganizationID, in tx: any Transaction
    ) throws -> Member? {
        try MembersStore.find(user, in: id, in: tx)
    }

    /// The organisations of a user with the role in each, newest first, at most 100. Scope: instance.
    package static func memberships(of user: UserID, in tx: any Transaction) throws -> [Membership] {
        try OrganizationsStore.memberships(of: user, limit: 100, in: tx)
    }
}
