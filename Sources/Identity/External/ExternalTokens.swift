// Tokens of other issuers as credentials: which issuer, good or not, and whose.
package import Core
package import Logging
import Tokens
import Web

/// The issuers whose tokens are taken, with their keys.
package struct ExternalTokens: Sendable {
    /// By `iss`, letter for letter.
    private let issuers: [String: IssuerKeys]
    private let logger: Logger?

    package init(
        _ issuers: [Issuer] = [], fetch: @escaping KeyFetching = { _ in throw CancellationError() },
        logger: Logger? = nil
    ) {
        self.logger = logger
        self.issuers = Dictionary(
            issuers.map { ($0.issuer, IssuerKeys($0, fetch: fetch)) }, uniquingKeysWith: { first, _ in first })
    }

    package var all: [IssuerKeys] { issuers.values.sorted { $0.issuer.name < $1.issuer.name } }

    /// Why a token was refused, for whoever sets an issuer up; the caller is told 401 and no more.
    func note(_ refusal: TokenRefusal) {
        logger?.debug("A token was refused", metadata: ["reason": "\(refusal.rawValue)"])
    }

    /// A person, as an issuer vouches for them.
    struct Person: Sendable {
        let issuer: Issuer
        let claims: TokenClaims
    }

    /// The keys of the issuer that a token states; it has to be one of ours, so that no stranger chooses an address.
    func keys(for token: CompactToken) throws(TokenRefusal) -> IssuerKeys {
        guard let keys = issuers[try token.statedIssuer()] else { throw .issuer }
        return keys
    }

    /// Verifies a token with the keys that are known now.
    func verify(_ token: CompactToken, at now: Timestamp) throws(TokenRefusal) -> Person {
        let keys = try keys(for: token)
        let issuer = keys.issuer
        if let secret = issuer.secret, token.algorithm == SharedSecret.algorithm {
            try secret.verify(token)
        } else {
            try keys.keys(at: now).verify(token, allowing: issuer.algorithms)
        }
        let claims = try issuer.rule.claims(of: token, at: now)
        try issuer.check(claims)
        return Person(issuer: issuer, claims: claims)
    }

    /// Fetches the keys of every issuer that has an address; call at the start and every ten minutes.
    package func refresh(at now: Timestamp, isForced: Bool = false) async {
        await withTaskGroup(of: Void.self) { group in
            for keys in issuers.values { group.addTask { await keys.refresh(at: now, isForced: isForced) } }
        }
    }
}
