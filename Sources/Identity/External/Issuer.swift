// Somebody else who says who people are: an issuer of tokens, as it was configured.
package import Tokens
import Web

/// An issuer whose tokens are taken. Everything here comes from the options; nothing from a token.
package struct Issuer: Sendable {
    /// A short name for people and logs: lower-case letters, digits, hyphens.
    package let name: String
    package var rule: TokenRule
    package var algorithms: Set<TokenAlgorithm> = [.es256]
    package var keys: KeySource
    /// For projects that still sign with a shared secret.
    package var secret: SharedSecret?
    /// What the claim `role` has to be; nil asks for none.
    package var role: String?
    /// Whether people who never signed up (`is_anonymous`) get a profile.
    package var takesAnonymous = false
    /// Whether the issuer confirms every address before it signs a token with it, so that the claim can be believed.
    package var confirmsEmail = false

    /// Where the public keys come from.
    package enum KeySource: Sendable {
        case address(String)
        /// Given with the options: the instance starts and runs without a network.
        case pinned(KeySet)
    }

    package init(name: String, issuer: String, audiences: Set<String>, keys: KeySource) {
        self.name = name
        self.keys = keys
        rule = TokenRule(issuer: issuer, audiences: audiences)
    }

    package var issuer: String { rule.issuer }

    /// What Supabase's documentation says of its tokens: ES256, for `authenticated` people.
    ///
    /// - Parameter issuer: `https://<project>.supabase.co/auth/v1`.
    package static func supabase(_ issuer: String, name: String = "supabase", keys: KeySource? = nil) -> Issuer {
        var made = Issuer(
            name: name, issuer: issuer, audiences: ["authenticated"],
            keys: keys ?? .address(issuer + "/.well-known/jwks.json"))
        made.role = "authenticated"
        return made
    }

    /// Whether the claims are of a person: not of Supabase's `anon` and `service_role`, nor of somebody anonymous.
    func check(_ claims: TokenClaims) throws(TokenRefusal) {
        if let role, claims.all["role"]?.stringValue != role { throw .role }
        guard let isAnonymous = claims.all["is_anonymous"] else { return }
        guard isAnonymous == .bool(false) || takesAnonymous else { throw .role }
    }
}
