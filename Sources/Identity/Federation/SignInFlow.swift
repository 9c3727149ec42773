// A sign-in that is under way elsewhere: what this browser has to bring back.
import Core
import Crypto
import FoundationEssentials
import Web

/// What is known of a sign-in between leaving for the provider and coming back. It lives in a cookie of the browser,
/// sealed, so that nobody else can end it and strangers fill no table.
struct SignInFlow: Codable, Sendable {
    /// What comes of it.
    enum Purpose: String, Codable, Sendable {
        case signIn = "sign_in"
        /// Connects the identity with the account of the session.
        case connect
        /// Counts as a credential given anew in the session.
        case confirm
    }

    let provider: String
    let purpose: Purpose
    /// The parameter `state`: ties the answer to this browser.
    let state: String
    /// Ties the ID token to this request.
    let nonce: String
    /// The secret of PKCE (RFC 7636): 43 letters and digits, 256 bits.
    let verifier: String
    /// Where to go in the end, within this site; at most 256 bytes.
    let next: String
    /// The token of an invitation that is to be accepted.
    let invitation: String?
    /// The session that connects or confirms.
    let session: SessionID?
    let startedAt: Timestamp

    /// How long it may take: 10 minutes.
    static let lifetime = Milliseconds.minutes(10)

    init(
        _ provider: String, _ purpose: Purpose, next: String, invitation: String? = nil, session: SessionID? = nil,
        at now: Timestamp
    ) {
        self.provider = provider
        self.purpose = purpose
        state = Base62.random(43)
        nonce = Base62.random(43)
        verifier = Base62.random(43)
        self.next = next.utf8.count <= 256 && Identity.isLocal(next) ? next : "/"
        self.invitation = invitation.flatMap { Token.hash($0, .once) == nil ? nil : $0 }
        self.session = session
        startedAt = now
    }

    /// BASE64URL(SHA256(verifier)): the challenge of the method S256.
    var challenge: String { Base64URL.encode(Array(SHA256.hash(data: Array(verifier.utf8)))) }

    /// What is kept of it when it is completed, so that it can't be completed twice.
    var mark: [UInt8] { Array(SHA256.hash(data: Array(state.utf8))) }

    var endsAt: Timestamp { startedAt.adding(Self.lifetime) }
}

/// Seals what a browser holds of a sign-in with a key of the instance: AES-256-GCM.
package struct FlowSeal: Sendable {
    /// The name of the instance's key.
    package static let keyName = "sign_in_flows"
    private let key: SymmetricKey

    /// Takes the 32 bytes of the instance's key of that name.
    package init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    func close(_ flow: SignInFlow) throws -> String {
        let box = try AES.GCM.seal(try JSONCoding.encode(flow), using: key, authenticating: Self.use)
        guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
        return Base64URL.encode(Array(combined))
    }

    /// What was sealed; nil when it was touched, or sealed with another key.
    func open(_ sealed: String) -> SignInFlow? {
        guard let bytes = Base64URL.decode(sealed), let box = try? AES.GCM.SealedBox(combined: bytes),
            let plain = try? AES.GCM.open(box, using: key, authenticating: Self.use)
        else { return nil }
        return try? JSONCoding.decode(SignInFlow.self, from: Array(plain))
    }

    private static let use = Array("raptorflow sign-in flow".utf8)
}
