// The signature algorithms that are taken, by their names in JOSE.

/// An algorithm with public keys (RFC 7518, RFC 8037). HS256 is not among them: see `SharedSecret`.
package enum TokenAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// ECDSA on P-384 with SHA-384.
    case es384 = "ES384"
    /// Ed25519.
    case eddsa = "EdDSA"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"

    /// By the name in a header or key; `Ed25519` is what RFC 9864 calls EdDSA with that curve.
    package init?(name: String) {
        self.init(rawValue: name == "Ed25519" ? Self.eddsa.rawValue : name)
    }
}
