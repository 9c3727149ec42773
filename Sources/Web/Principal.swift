// Who is calling.
package import Core
package import Storage

/// Somebody or something whose credential was checked.
package struct Principal: Sendable, Hashable {
    /// What was presented, and whom it stands for.
    package enum Credential: Sendable, Hashable {
        /// A person by a session token, in a header or in the console's cookie.
        case session(SessionID, user: UserID)
        /// A program by an API key, which belongs to one organisation and acts with a role.
        case apiKey(APIKeyID, organization: OrganizationID, role: Role)
        /// A person by a token of another issuer, which opened no session here.
        case external(issuer: String, user: UserID)
    }

    package let credential: Credential
    /// A name for people: the user's name, the key's name.
    package let display: String
    /// Whether the user runs this instance.
    package let isOperator: Bool
    /// What a key may do of what its role holds; nil is all of it.
    package var permissions: Set<Permission>?
    /// Where a key may be used from; empty is anywhere.
    package var ranges: [AddressRange] = []
    /// When the person last gave a credential in this session; nil for API keys.
    package var authenticatedAt: Timestamp?
    /// Whether the session was opened, or confirmed, with a second factor.
    package var hasSecondFactor = false
    /// The operator who acts as this user.
    package var impersonator: Impersonator?

    package init(_ credential: Credential, display: String, isOperator: Bool = false) {
        self.credential = credential
        self.display = display
        self.isOperator = isOperator
    }

    /// Whether this principal may do something with a role: a key never more than it was made for.
    package func allows(_ permission: Permission, as role: Role) -> Bool {
        role.allows(permission) && permissions?.contains(permission) ?? true
    }

    /// Whether this principal may call from an address.
    func mayCall(from address: String) -> Bool {
        if ranges.isEmpty { return true }
        guard let address = ClientAddress(address) else { return false }
        return ranges.contains { $0.contains(address) }
    }

    /// The user behind a session or an issuer's token; nil for API keys.
    package var user: UserID? {
        switch credential {
        case .session(_, let user), .external(_, let user): user
        case .apiKey: nil
        }
    }

    /// What scopes idempotency keys and limits: never shared between principals.
    package var id: String {
        switch credential {
        case .session(_, let user), .external(_, let user):
            impersonator.map { "\(user) \($0.id)" } ?? user.text
        case .apiKey(let key, _, _): key.text
        }
    }

    /// What the audit log says of a change by this principal.
    package func actor(requestID: String?, address: String?) -> Actor {
        switch credential {
        case .session(_, let user), .external(_, let user):
            var actor = Actor(.user, id: user.text, display: display, requestID: requestID, address: address)
            actor.impersonator = impersonator
            return actor
        case .apiKey(let key, _, _):
            return Actor(.apiKey, id: key.text, display: display, requestID: requestID, address: address)
        }
    }
}

/// Thrown in place of a principal by a credential that a read can't decide: keys have to be fetched, a profile made.
///
/// The gateway lets go of its transaction, waits, and asks once more; a second one is a refusal (401).
package struct PendingCredential: ProblemConvertible {
    /// - Parameter caller: the request's id and address, for the audit log.
    package let resolve: @Sendable (_ caller: Actor) async throws -> Void

    package init(resolve: @escaping @Sendable (Actor) async throws -> Void) { self.resolve = resolve }

    package var problem: Problem { .unauthenticated }
}

/// How credentials turn into principals, and principals into roles; wired by the composition root.
package struct Authentication: Sendable {
    /// Finds whom a bearer token or cookie value belongs to; nil when it is unknown, expired or revoked. May throw
    /// `PendingCredential`.
    package var principal: @Sendable (_ token: String, _ tx: any Transaction) throws -> Principal?
    /// The role a principal holds in an organisation; nil when it is no member (the organisation is then 404).
    package var role: @Sendable (Principal, OrganizationID, _ tx: any Transaction) throws -> Role?
    /// Throws when an operator may not run the instance as they are signed in now.
    package var admitOperator: @Sendable (Principal) throws -> Void

    package init(
        principal: @escaping @Sendable (String, any Transaction) throws -> Principal?,
        role: @escaping @Sendable (Principal, OrganizationID, any Transaction) throws -> Role?,
        admitOperator: @escaping @Sendable (Principal) throws -> Void = { _ in }
    ) {
        self.admitOperator = admitOperator
        self.principal = principal
        self.role = role
    }
}

/// Who may call a route. There is no default: a route without it does not compile.
package enum Access: Sendable, Hashable {
    /// Everybody, signed in or not.
    case anyone
    /// Any user with a session (not API keys), in the scope of the instance.
    case signedIn
    /// A member of, or a key of, the organisation in the path's `{org}`, whose role holds the permission.
    case member(Permission)
    /// A user who runs this instance.
    case operators
}
