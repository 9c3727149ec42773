// HS256, for projects that have not moved to key pairs yet: a verifier of its own, which never sees a public key.
import Crypto

/// A secret that issuer and verifier share. Whoever verifies with it could also sign, which is why it is switched on by
/// name and kept apart: no key of a key set ever becomes one.
package struct SharedSecret: Sendable {
    package static let algorithm = "HS256"
    private let key: SymmetricKey

    /// Takes at least 32 bytes (RFC 7518 section 3.2); nil for fewer.
    package init?(_ secret: [UInt8]) {
        guard secret.count >= 32 else { return nil }
        key = SymmetricKey(data: secret)
    }

    /// Throws `algorithm` or `signature`.
    package func verify(_ token: CompactToken) throws(TokenRefusal) {
        guard token.algorithm == Self.algorithm else { throw .algorithm }
        guard HMAC<SHA256>.isValidAuthenticationCode(token.signature, authenticating: token.signed, using: key) else {
            throw .signature
        }
    }
}
