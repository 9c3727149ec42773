// GitHub: OAuth 2 with PKCE, and the two questions that say who somebody is.
import Core
import Web

/// GitHub, which speaks OAuth but not OpenID Connect to people.
struct GitHubProvider: ProviderConnection {
    private let clientID: String
    private let clientSecret: String
    /// `https://github.com`; the issuer that identities are kept under.
    private let base: String
    private let fetch: ProviderFetching

    init(_ provider: SignInProvider, at base: String, fetch: @escaping ProviderFetching) {
        (clientID, clientSecret) = (provider.clientID, provider.clientSecret)
        self.base = base
        self.fetch = fetch
    }

    /// GitHub's API has a host of its own; an Enterprise Server's is below its own address.
    private var api: String { base == "https://github.com" ? "https://api.github.com" : base + "/api/v3" }

    func authorizationAddress(for flow: SignInFlow, back: String, at now: Timestamp) async throws -> String {
        let fields = [
            ("client_id", clientID), ("redirect_uri", back), ("scope", "user:email"), ("state", flow.state),
            ("code_challenge", flow.challenge), ("code_challenge_method", "S256"),
        ]
        return "\(base)/login/oauth/authorize?\(PercentEncoding.encode(fields))"
    }

    func check(issuer: String?, at now: Timestamp) async throws {
        guard issuer == nil || issuer == base || issuer == base + "/login/oauth" else {
            throw ProviderFailure.untrusted("another issuer's answer")
        }
    }

    func person(
        by code: String, of flow: SignInFlow, back: String, at now: Timestamp
    ) async throws -> FederatedPerson {
        let fields = [
            ("client_id", clientID), ("client_secret", clientSecret), ("code", code), ("redirect_uri", back),
            ("code_verifier", flow.verifier),
        ]
        let answer = try await json(ProviderRequest(base + "/login/oauth/access_token", form: fields))
        guard let token = answer["access_token"]?.stringValue, (1...255).contains(token.utf8.count),
            token.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else {
            // Errors come with status 200.
            let error = answer["error"]?.stringValue ?? "no token"
            throw error == "bad_verification_code"
                ? ProviderFailure.codeRefused : ProviderFailure.unavailable("GitHub: \(error.prefix(60))")
        }
        let user = try await json(question("/user", token))
        // The number: names change hands.
        guard let id = user["id"]?.integerValue, id > 0 else {
            throw ProviderFailure.untrusted("a user without a number")
        }
        let email = Self.primaryAddress(try await json(question("/user/emails", token)))
        return FederatedPerson(
            issuer: base, subject: String(id), email: email, isEmailConfirmed: email != nil,
            name: user["name"]?.stringValue ?? user["login"]?.stringValue, authenticatedAt: nil)
    }

    /// The one address that is primary, if GitHub has verified it.
    private static func primaryAddress(_ list: JSONValue) -> EmailAddress? {
        let primary = list.arrayValue?.first { $0["primary"] == .bool(true) && $0["verified"] == .bool(true) }
        return primary?["email"]?.stringValue.flatMap { EmailAddress($0) }
    }

    private func question(_ path: String, _ token: String) -> ProviderRequest {
        var request = ProviderRequest(api + path, bearer: token)
        request.headers[0].value = "application/vnd.github+json"
        request.headers += [("X-GitHub-Api-Version", "2022-11-28"), ("User-Agent", "RaptorFlow")]
        return request
    }

    private func json(_ request: ProviderRequest) async throws -> JSONValue {
        let answer: ProviderAnswer
        do {
            answer = try await fetch(request)
        } catch {
            throw ProviderFailure.unavailable("no answer: \(error)")
        }
        guard answer.status == 200, let value = try? JSONParser.parse(answer.body) else {
            throw ProviderFailure.unavailable("GitHub answered \(answer.status)")
        }
        return value
    }
}
