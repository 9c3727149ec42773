// Short-lived tokens for other services, which verify them without asking us.
package import Core
package import Storage
import Tokens
import Web

/// An access token at the moment it is handed out.
package struct AccessToken: Codable, Sendable {
    /// A JWT signed with ES256.
    package let accessToken: String
    package let tokenType: String
    /// Seconds.
    package let expiresIn: Int64

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
    }
}

/// Issues access tokens. RaptorFlow's own API does not take them: a service that is shown one can't act here as the
/// person, and a session that is revoked stays revoked.
package struct AccessTokens: Sendable {
    /// A token can't be called back, so it is short.
    package static let lifetime = Milliseconds.minutes(10)

    package let keys: SigningKeys
    let issuer: String
    let audience: String

    /// - Parameters:
    ///   - issuer: the public address of the instance.
    ///   - audience: whom the tokens are for.
    package init(keys: SigningKeys, issuer: String, audience: String) {
        self.keys = keys
        self.issuer = issuer
        self.audience = audience
    }

    /// A token that says who somebody is, and their role in an organisation if one is given. Scope: instance.
    package func issue(
        to user: UserID, session: SessionID, member: (organization: OrganizationID, role: Role)? = nil,
        in tx: any Transaction
    ) throws -> AccessToken {
        let now = tx.now.milliseconds / 1000
        let seconds = Self.lifetime.count / 1000
        var claims: [JSONValue.Member] = [
            .init("iss", .string(issuer)), .init("aud", .string(audience)), .init("sub", .string(user.text)),
            .init("sid", .string(session.text)), .init("iat", .integer(now)), .init("exp", .integer(now + seconds)),
            .init("jti", .string(Base62.random(22))),
        ]
        if let member {
            claims.append(.init("org", .string(member.organization.text)))
            claims.append(.init("role", .string(member.role.rawValue)))
            // What a custom role is called says nothing to somebody else.
            if case .custom(let role) = member.role {
                let permissions = role.permissions.map(\.rawValue).sorted()
                claims.append(.init("permissions", .array(permissions.map { .string($0) })))
            }
        }
        return AccessToken(
            accessToken: try keys.signer(in: tx).token(.object(claims)), tokenType: "Bearer", expiresIn: seconds)
    }
}
