// The providers that people sign in through, each with its connection.
package import Logging
import Web

/// Every configured provider, and what seals the sign-ins that are under way.
package struct Federation: Sendable {
    /// In the order in which their buttons stand.
    package let providers: [SignInProvider]
    let seal: FlowSeal?
    private let connections: [String: any ProviderConnection]
    private let logger: Logger?

    /// - Parameter seal: needed where there is a provider.
    package init(
        _ providers: [SignInProvider] = [], seal: FlowSeal? = nil,
        fetch: @escaping ProviderFetching = { _ in throw CancellationError() }, logger: Logger? = nil
    ) {
        self.providers = providers
        self.seal = seal
        self.logger = logger
        let pairs = providers.map { provider -> (String, any ProviderConnection) in
            switch provider.kind {
            case .openID(let settings): (provider.name, OpenIDProvider(provider, settings, fetch: fetch))
            case .gitHub(let base): (provider.name, GitHubProvider(provider, at: base, fetch: fetch))
            }
        }
        connections = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// A provider and its connection; throws 404.
    func find(_ name: String) throws -> (provider: SignInProvider, connection: any ProviderConnection, seal: FlowSeal) {
        guard let provider = providers.first(where: { $0.name == name }), let connection = connections[name],
            let seal
        else { throw FederationProblem.unknownProvider }
        return (provider, connection, seal)
    }

    /// The provider of an identity; nil when it is configured no more, or only its tokens are taken.
    func provider(of issuer: String) -> SignInProvider? { providers.first { $0.knows(issuer) } }

    /// For whoever sets a provider up; the person in front of the browser is told less.
    func note(_ failure: ProviderFailure, of provider: SignInProvider) {
        let reason =
            switch failure {
            case .unavailable(let why): why
            case .codeRefused: "the code was refused"
            case .untrusted(let why): why
            }
        logger?.warning(
            "A sign-in through a provider failed", metadata: ["provider": "\(provider.name)", "reason": "\(reason)"])
    }
}
