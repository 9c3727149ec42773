// What goes over the wire to a provider, and what a provider says of a person.
import Core
import Web

/// A request to a provider: a GET, or with a body the POST of a form.
package struct ProviderRequest: Sendable {
    package let address: String
    package var headers: [(name: String, value: String)] = [("Accept", "application/json")]
    package var body: [UInt8]?

    package init(_ address: String) { self.address = address }

    /// A GET with a bearer token.
    init(_ address: String, bearer: String) {
        self.address = address
        headers.append(("Authorization", "Bearer \(bearer)"))
    }

    package init(_ address: String, form: [(String, String)]) {
        self.address = address
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        body = Array(PercentEncoding.encode(form).utf8)
    }
}

/// What came back: any status, and at most 64 KiB.
package struct ProviderAnswer: Sendable {
    package let status: Int
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// The body as a JSON object; nil when it is none.
    var json: JSONValue? {
        guard let value = try? JSONParser.parse(body), case .object = value else { return nil }
        return value
    }
}

/// Sends a request without following redirects; throws when it takes too long or the answer is too large.
package typealias ProviderFetching = @Sendable (ProviderRequest) async throws -> ProviderAnswer

/// A person, as a provider vouches for them.
struct FederatedPerson: Sendable {
    let issuer: String
    let subject: String
    let email: EmailAddress?
    /// Whether the provider has shown that the address is theirs.
    let isEmailConfirmed: Bool
    /// What they call themselves; only to be shown.
    let name: String?
    /// When they signed in there; nil when the provider does not say.
    let authenticatedAt: Timestamp?

    /// A name that fits here: the given one, or what stands before the `@`.
    var displayName: String {
        let given = name.flatMap { try? Person.name(String($0.prefix(100))) }
        return given ?? email.map { String($0.text.prefix { $0 != "@" }) } ?? "New person"
    }
}

/// Speaks a provider's protocol.
protocol ProviderConnection: Sendable {
    /// Where a browser is sent to. Throws `ProviderFailure`.
    func authorizationAddress(for flow: SignInFlow, back: String, at now: Timestamp) async throws -> String

    /// Whether the parameter `iss` of an answer fits (RFC 9207). Throws `ProviderFailure`.
    func check(issuer: String?, at now: Timestamp) async throws

    /// Whom a code stands for. Throws `ProviderFailure`.
    func person(by code: String, of flow: SignInFlow, back: String, at now: Timestamp) async throws -> FederatedPerson
}

/// Why a provider's part of a sign-in came to nothing; the words are for the log.
enum ProviderFailure: Error {
    /// It does not answer, or not as its protocol says.
    case unavailable(String)
    /// The code was used, has expired, or is another's.
    case codeRefused
    /// What it says is not to be believed.
    case untrusted(String)
}

/// Addresses of other servers, as options and metadata give them.
enum ServiceAddress {
    /// https, or http to this machine; with nothing that could be read in two ways, and no fragment.
    static func isSafe(_ text: String, allowsQuery: Bool = false, allowsLocal: Bool = true) -> Bool {
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"]
        let odd = allowsQuery ? "\"<>\\^`{|}@#" : "\"<>\\^`{|}@#?"
        let isPlain = text.utf8.allSatisfy { $0 > 32 && $0 < 127 && !odd.utf8.contains($0) }
        return isPlain && text.utf8.count <= 2000
            && (text.hasPrefix("https://") && text.utf8.count > 8
                || allowsLocal && local.contains { text.hasPrefix($0) })
    }
}
