// Somebody else who signs people in, as they were configured.
package import Tokens

/// A provider that people sign in through: OpenID Connect, or GitHub's OAuth. Everything here comes from the options.
package struct SignInProvider: Sendable {
    /// A short name for addresses and logs: lower-case letters, digits, hyphens.
    package let name: String
    /// What people call it; stands on buttons.
    package let title: String
    package let clientID: String
    package let clientSecret: String
    package let kind: Kind

    /// The protocol that it speaks.
    package enum Kind: Sendable {
        case openID(OpenIDSettings)
        /// Its address: `https://github.com`, or that of a GitHub Enterprise Server.
        case gitHub(String)
    }

    package init(name: String, title: String, clientID: String, clientSecret: String, kind: Kind) {
        self.name = name
        self.title = title
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.kind = kind
    }

    /// What an identity of this provider is kept under; nil where each tenant is an issuer of its own.
    package var issuer: String? {
        switch kind {
        case .gitHub(let address): address
        case .openID(let settings): settings.issuer.filled(with: nil)
        }
    }

    /// Whether an identity of this issuer is this provider's.
    func knows(_ issuer: String) -> Bool {
        if let own = self.issuer { return own == issuer }
        guard case .openID(let settings) = kind, case .perTenant(let form) = settings.issuer else { return false }
        let parts = form.split(separator: "{tenantid}", omittingEmptySubsequences: false)
        guard parts.count == 2, issuer.hasPrefix(parts[0]), issuer.hasSuffix(parts[1]) else { return false }
        return settings.issuer.filled(with: String(issuer.dropFirst(parts[0].count).dropLast(parts[1].count))) == issuer
    }

    /// Whether it can be asked for a new sign-in and says when that was, so that it counts as a credential given now.
    var confirmsAnew: Bool {
        if case .openID(let settings) = kind { settings.statesSignInTime } else { false }
    }

    /// The path that begins a sign-in; it ends at the same path and `/callback`.
    var path: String { "/sign-in/with/\(name)" }

    /// Where the provider sends people back to. Each provider has an address of its own, so that the answer of one is
    /// never taken for another's (RFC 9700 section 4.4).
    package func redirectAddress(at origin: String) -> String { "\(origin)\(path)/callback" }
}

/// How an OpenID provider is found, and how far it is believed.
package struct OpenIDSettings: Sendable {
    /// When a claimed address counts as the person's own.
    package enum EmailProof: Sendable {
        /// `email_verified` is true.
        case claim
        /// Always: the provider gives out the addresses itself.
        case always
        /// `xms_edov` is true: the domain's owner vouches for it. Microsoft's `email` alone is whatever a tenant's
        /// administrator typed.
        case domainOwner
    }

    package let issuer: IDTokenRule.Issuer
    /// Where its metadata is.
    package let discovery: String
    package var algorithms: Set<TokenAlgorithm> = [.rs256, .es256]
    package var emailProof = EmailProof.claim
    /// Whether its tokens say when somebody signed in (`auth_time`) when they are asked to sign in anew.
    package var statesSignInTime = true

    package init(issuer: IDTokenRule.Issuer, discovery: String) {
        self.issuer = issuer
        self.discovery = discovery
    }

    /// An issuer with its metadata where OpenID Connect Discovery puts it (section 4).
    package init(_ issuer: String) {
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        self.init(issuer: .exact(issuer), discovery: base + "/.well-known/openid-configuration")
    }
}

extension SignInProvider {
    /// Google, as its documentation of OpenID Connect says.
    package static func google(id: String, secret: String) -> SignInProvider {
        var settings = OpenIDSettings("https://accounts.google.com")
        (settings.algorithms, settings.statesSignInTime) = ([.rs256], false)
        return SignInProvider(
            name: "google", title: "Google", clientID: id, clientSecret: secret, kind: .openID(settings))
    }

    /// Microsoft Entra ID; nil when the tenant is neither a tenant's GUID nor one of the three words.
    ///
    /// - Parameter tenant: `common` takes work and private accounts, `organizations` work, `consumers` private ones.
    package static func microsoft(id: String, secret: String, tenant: String) -> SignInProvider? {
        let host = "https://login.microsoftonline.com"
        let issuer: IDTokenRule.Issuer
        switch tenant {
        case "common", "organizations": issuer = .perTenant("\(host)/{tenantid}/v2.0")
        case "consumers": issuer = .exact("\(host)/\(consumers)/v2.0")
        case _ where IDTokenRule.Issuer.isGUID(tenant): issuer = .exact("\(host)/\(tenant)/v2.0")
        default: return nil
        }
        var settings = OpenIDSettings(
            issuer: issuer, discovery: "\(host)/\(tenant)/v2.0/.well-known/openid-configuration")
        (settings.algorithms, settings.emailProof, settings.statesSignInTime) = ([.rs256], .domainOwner, false)
        return SignInProvider(
            name: "microsoft", title: "Microsoft", clientID: id, clientSecret: secret, kind: .openID(settings))
    }

    /// The tenant of all private accounts at Microsoft.
    private static let consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"

    /// GitHub; another address is that of a GitHub Enterprise Server.
    package static func gitHub(
        id: String, secret: String, address: String = "https://github.com"
    ) -> SignInProvider {
        SignInProvider(name: "github", title: "GitHub", clientID: id, clientSecret: secret, kind: .gitHub(address))
    }
}
