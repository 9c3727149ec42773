// What an ID token has to say before anybody is signed in by it.
package import Core
import Web

/// What is asked of a verified ID token (OpenID Connect Core section 3.1.3.7).
package struct IDTokenRule: Sendable {
    /// Who has to have issued it.
    package enum Issuer: Sendable, Hashable {
        /// Letter for letter.
        case exact(String)
        /// Microsoft's rule for many tenants: `{tenantid}` in the text stands for the claim `tid`, which has to be a
        /// GUID; so the issuer and the tenant of a token always belong together.
        case perTenant(String)

        /// The text with the tenant put in; nil when the tenant is no GUID.
        package func filled(with tenant: String?) -> String? {
            switch self {
            case .exact(let text): return text
            case .perTenant(let text):
                guard let tenant, Self.isGUID(tenant) else { return nil }
                return text.replacing("{tenantid}", with: tenant)
            }
        }

        /// Lower-case hexadecimal digits in the groups 8-4-4-4-12.
        package static func isGUID(_ text: String) -> Bool {
            let groups = text.utf8.split(separator: 45, omittingEmptySubsequences: false)
            return groups.map(\.count) == [8, 4, 4, 4, 12]
                && groups.joined().allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        }
    }

    package let issuer: Issuer
    package let clientID: String
    /// What was sent with the request that the token answers.
    package let nonce: String
    /// How old a token may be that was asked for just now.
    package static let age = Milliseconds.minutes(10)

    package init(issuer: Issuer, clientID: String, nonce: String) {
        self.issuer = issuer
        self.clientID = clientID
        self.nonce = nonce
    }

    /// Reads the claims of a token whose signature was verified.
    ///
    /// Throws what `TokenRule` throws, and `nonce`, `authorizedParty`.
    package func claims(of token: CompactToken, at now: Timestamp) throws(TokenRefusal) -> TokenClaims {
        guard let all = try? JSONParser.parse(token.payload) else { throw .claims }
        guard let expected = issuer.filled(with: all["tid"]?.stringValue) else { throw .issuer }
        var rule = TokenRule(issuer: expected, audiences: [clientID])
        (rule.types, rule.foreignClaims) = (["jwt"], [])
        let claims = try rule.claims(of: token, at: now)
        // `TokenRule` has looked at its form, and that it does not lie ahead.
        guard let issuedAt = claims.time("iat") else { throw .claims }
        guard issuedAt.adding(Self.age).adding(rule.skew) > now else { throw .expired }
        guard all["nonce"]?.stringValue == nonce else { throw .nonce }
        let isForSeveral = all["aud"]?.arrayValue.map { $0.count > 1 } ?? false
        if isForSeveral || all["azp"] != nil {
            guard all["azp"]?.stringValue == clientID else { throw .authorizedParty }
        }
        return claims
    }
}
