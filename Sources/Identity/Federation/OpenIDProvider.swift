// OpenID Connect: discovery, the authorization code with PKCE, and the ID token.
import Core
import Crypto
import FoundationEssentials
import Synchronization
import Tokens
import Web

/// One OpenID provider, with its metadata and keys as they are known now.
final class OpenIDProvider: ProviderConnection {
    private let name: String
    private let clientID: String
    private let clientSecret: String
    private let settings: OpenIDSettings
    private let fetch: ProviderFetching
    private let document: FetchedDocument<ProviderMetadata>
    /// The keys at the address that the metadata named last.
    private let keys = Mutex<(address: String, keys: IssuerKeys)?>(nil)

    /// How old metadata and keys may be before they are fetched anew; old metadata are used for a day while that fails.
    private static let freshness = Milliseconds.minutes(10)

    init(_ provider: SignInProvider, _ settings: OpenIDSettings, fetch: @escaping ProviderFetching) {
        (name, clientID, clientSecret) = (provider.name, provider.clientID, provider.clientSecret)
        self.settings = settings
        self.fetch = fetch
        document = FetchedDocument(cooldown: .seconds(5), grace: .days(1)) {
            guard let answer = try? await fetch(ProviderRequest(settings.discovery)), answer.status == 200 else {
                return nil
            }
            return answer.json.flatMap { ProviderMetadata($0, of: settings) }
        }
    }

    private func metadata(at now: Timestamp) async throws -> ProviderMetadata {
        if let latest = document.latest, now.since(latest.seenAt) < Self.freshness { return latest.value }
        await document.refresh(at: now)
        guard let metadata = document.value(at: now) else { throw ProviderFailure.unavailable("no metadata") }
        return metadata
    }

    private func keys(at address: String) -> IssuerKeys {
        keys.withLock { kept in
            if let kept, kept.address == address { return kept.keys }
            let issuer = Issuer(name: name, issuer: "", audiences: [], keys: .address(address))
            let keys = IssuerKeys(issuer) { [fetch] address in
                let answer = try await fetch(ProviderRequest(address))
                return answer.status == 200 ? answer.body : []
            }
            kept = (address, keys)
            return keys
        }
    }

    func authorizationAddress(for flow: SignInFlow, back: String, at now: Timestamp) async throws -> String {
        let address = try await metadata(at: now).authorization
        var fields = [
            ("response_type", "code"), ("client_id", clientID), ("redirect_uri", back),
            ("scope", "openid email profile"), ("state", flow.state), ("nonce", flow.nonce),
            ("code_challenge", flow.challenge), ("code_challenge_method", "S256"),
        ]
        if flow.purpose == .confirm { fields += [("prompt", "login"), ("max_age", "0")] }
        return address + (address.contains("?") ? "&" : "?") + PercentEncoding.encode(fields)
    }

    func check(issuer: String?, at now: Timestamp) async throws {
        if let issuer {
            guard Self.isIssuer(issuer, settings.issuer) else {
                throw ProviderFailure.untrusted("another issuer's answer")
            }
        } else if try await metadata(at: now).namesIssuer {
            throw ProviderFailure.untrusted("an answer without its issuer")
        }
    }

    /// Whether a text is the issuer, or for many tenants the issuer of one of them.
    private static func isIssuer(_ text: String, _ issuer: IDTokenRule.Issuer) -> Bool {
        guard case .perTenant = issuer else { return issuer.filled(with: nil) == text }
        return text.split(separator: "/").contains { issuer.filled(with: String($0)) == text }
    }

    func person(
        by code: String, of flow: SignInFlow, back: String, at now: Timestamp
    ) async throws -> FederatedPerson {
        let metadata = try await metadata(at: now)
        let answer = try await send(tokenRequest(code, flow, back, metadata))
        guard let tokens = answer.json else { throw ProviderFailure.unavailable("no JSON from the token endpoint") }
        guard answer.status == 200 else { throw Self.refusal(answer.status, tokens) }
        guard let text = tokens["id_token"]?.stringValue else { throw ProviderFailure.untrusted("no ID token") }
        let claims: TokenClaims
        do {
            claims = try await verified(text, keys(at: metadata.keys), nonce: flow.nonce, at: now)
        } catch let refusal as TokenRefusal {
            throw ProviderFailure.untrusted("ID token: \(refusal.rawValue)")
        }
        var profile = claims.all
        if profile["email"] == nil, let address = metadata.userInfo,
            let token = tokens["access_token"]?.stringValue
        {
            profile = try await userInfo(address, token, claims)
        }
        return person(claims, profile)
    }

    private func person(_ claims: TokenClaims, _ profile: JSONValue) -> FederatedPerson {
        FederatedPerson(
            issuer: claims.issuer, subject: claims.subject,
            email: profile["email"]?.stringValue.flatMap { EmailAddress($0) },
            isEmailConfirmed: isConfirmed(profile), name: profile["name"]?.stringValue,
            authenticatedAt: claims.time("auth_time"))
    }

    private func isConfirmed(_ profile: JSONValue) -> Bool {
        switch settings.emailProof {
        case .always: true
        case .claim: profile["email_verified"] == .bool(true)
        case .domainOwner: [.bool(true), .integer(1), .string("1"), .string("true")].contains(profile["xms_edov"])
        }
    }

    private func tokenRequest(
        _ code: String, _ flow: SignInFlow, _ back: String, _ metadata: ProviderMetadata
    ) -> ProviderRequest {
        var fields = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", back),
            ("code_verifier", flow.verifier),
        ]
        if metadata.takesSecretInBody { fields += [("client_id", clientID), ("client_secret", clientSecret)] }
        var request = ProviderRequest(metadata.token, form: fields)
        if !metadata.takesSecretInBody {
            // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
            let pair = "\(PercentEncoding.encode(clientID)):\(PercentEncoding.encode(clientSecret))"
            request.headers.append(("Authorization", "Basic \(Data(pair.utf8).base64EncodedString())"))
        }
        return request
    }

    private static func refusal(_ status: Int, _ answer: JSONValue) -> ProviderFailure {
        let error = answer["error"]?.stringValue ?? ""
        return error == "invalid_grant"
            ? .codeRefused : .unavailable("the token endpoint answered \(status) \(error.prefix(60))")
    }

    private func send(_ request: ProviderRequest) async throws -> ProviderAnswer {
        do {
            return try await fetch(request)
        } catch {
            throw ProviderFailure.unavailable("no answer: \(error)")
        }
    }

    /// Verifies an ID token; its keys are fetched anew when they are not fresh, or its own is not known.
    private func verified(
        _ text: String, _ keys: IssuerKeys, nonce: String, at now: Timestamp
    ) async throws -> TokenClaims {
        let token = try CompactToken(text)
        let isFresh = keys.summary.seenAt.map { now.since($0) < Self.freshness } ?? false
        if !isFresh { await keys.refresh(at: now) }
        do {
            try keys.keys(at: now).verify(token, allowing: settings.algorithms)
        } catch TokenRefusal.keyUnknown {
            await keys.refresh(at: now)
            guard keys.summary.known > 0 else { throw ProviderFailure.unavailable("no keys") }
            try keys.keys(at: now).verify(token, allowing: settings.algorithms)
        }
        let rule = IDTokenRule(issuer: settings.issuer, clientID: clientID, nonce: nonce)
        let claims = try rule.claims(of: token, at: now)
        // Microsoft's keys name the issuer, or the kind of tenant, that they sign for.
        let bound = token.keyID.flatMap { keys.keys(at: now).keys[$0]?.issuer }
        let tenant = claims.all["tid"]?.stringValue
        guard bound.map({ $0.replacing("{tenantid}", with: tenant ?? "") == claims.issuer }) ?? true else {
            throw TokenRefusal.keyMismatch
        }
        return claims
    }

    /// What the provider says of the person where the ID token says nothing of an address (OpenID Connect Core 5.3).
    private func userInfo(_ address: String, _ token: String, _ claims: TokenClaims) async throws -> JSONValue {
        let answer = try await send(ProviderRequest(address, bearer: token))
        guard answer.status == 200, let profile = answer.json else {
            throw ProviderFailure.unavailable("the userinfo endpoint answered \(answer.status)")
        }
        guard profile["sub"]?.stringValue == claims.subject else {
            throw ProviderFailure.untrusted("userinfo of another person")
        }
        return profile
    }
}

/// What is used of a provider's metadata (OpenID Connect Discovery section 3).
struct ProviderMetadata: Sendable {
    let authorization: String
    let token: String
    let keys: String
    let userInfo: String?
    /// Whether the client's secret goes into the body, because it is not taken in a header.
    let takesSecretInBody: Bool
    /// Whether every answer names its issuer (RFC 9207).
    let namesIssuer: Bool

    /// Reads metadata; nil when they are another issuer's, or lack or misspell what is needed.
    init?(_ document: JSONValue, of settings: OpenIDSettings) {
        let stated =
            switch settings.issuer {
            case .exact(let text), .perTenant(let text): text
            }
        guard document["issuer"]?.stringValue == stated else { return nil }
        // Only a provider on this machine may speak without TLS.
        let allowsLocal = settings.discovery.hasPrefix("http://")
        func address(_ name: String, query: Bool = false) -> String? {
            document[name]?.stringValue.flatMap { text in
                ServiceAddress.isSafe(text, allowsQuery: query, allowsLocal: allowsLocal) ? text : nil
            }
        }
        guard let authorization = address("authorization_endpoint", query: true),
            let token = address("token_endpoint", query: true), let keys = address("jwks_uri", query: true)
        else { return nil }
        (self.authorization, self.token, self.keys) = (authorization, token, keys)
        userInfo = address("userinfo_endpoint", query: true)
        let methods = document["token_endpoint_auth_methods_supported"]?.arrayValue?.compactMap(\.stringValue)
        takesSecretInBody = methods.map { !$0.contains("client_secret_basic") } ?? false
        namesIssuer = document["authorization_response_iss_parameter_supported"]?.boolValue ?? false
    }
}
