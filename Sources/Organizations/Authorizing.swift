// Access tokens with a role in them, and answers to "may they?" for other services.
import Core
import Identity
import Storage
import Web

/// What an access token should say beside who somebody is.
struct IssueTokenRequest: RequestBody {
    let organization: OrganizationID?

    static let rules: [String: Rule] = [
        "organization": .note("An organisation you belong to; the token then carries it with your role.")
    ]
}

struct AuthorizeRequest: RequestBody {
    let user: UserID
    let permission: Permission
}

/// Whether somebody may do something, and why.
struct Verdict: Codable, Sendable {
    /// Why it is so.
    enum Reason: String, Codable, CaseIterable, Sendable {
        case roleAllows = "role_allows"
        case roleLacksPermission = "role_lacks_permission"
        case notAMember = "not_a_member"
        case accountSuspended = "account_suspended"
    }

    let allowed: Bool
    let reason: Reason
    /// The role in the organisation; nil for people who do not belong to it.
    let role: Role?
}

extension Organizations {
    func addAuthorizing(to routes: inout Routes) {
        if let tokens = identity.accessTokens { addTokens(tokens, to: &routes) }
        routes.act(
            "/v1/orgs/{org}/authorize", "authorize", "Ask whether a user may do something in the organisation",
            tag: "members", allow: .member(.membersRead), body: AuthorizeRequest.self, returns: Verdict.self
        ) { call in
            try database.read(in: .organization(try call.organization())) { tx in
                try Self.verdict(on: call.body.user, call.body.permission, in: tx)
            }
        }
    }

    private func addTokens(_ tokens: AccessTokens, to routes: inout Routes) {
        routes.act(
            "/v1/auth/token", "issueToken", "Get a short-lived signed token for another service", tag: "auth",
            allow: .signedIn, body: IssueTokenRequest.self, returns: AccessToken.self, status: 201,
            problems: [
                "session_required", "second_factor_missing", "organization_suspended", "organization_leaving",
                "not_found",
            ]
        ) { call in
            let user = try call.sessionUser()
            guard let principal = call.principal, case .session(let session, _) = principal.credential else {
                throw Problem.unauthenticated
            }
            return try database.read(in: .instance) { tx in
                let member = try call.body.organization.map { organization in
                    // The token says no more than the session itself could do.
                    guard let role = try role(of: principal, in: organization, in: tx) else {
                        throw Problem.notFound("organisation")
                    }
                    return (organization, role)
                }
                return try tokens.issue(to: user, session: session, member: member, in: tx)
            }
        }
    }

    /// What the table of roles says. Scope: the organisation.
    static func verdict(on user: UserID, _ permission: Permission, in tx: any Transaction) throws -> Verdict {
        guard let role = try MembersStore.role(of: user, in: tx.organization(), in: tx) else {
            return Verdict(allowed: false, reason: .notAMember, role: nil)
        }
        guard try Identity.suspended(user, in: tx) == nil else {
            return Verdict(allowed: false, reason: .accountSuspended, role: role)
        }
        let isAllowed = role.allows(permission)
        return Verdict(allowed: isAllowed, reason: isAllowed ? .roleAllows : .roleLacksPermission, role: role)
    }
}
