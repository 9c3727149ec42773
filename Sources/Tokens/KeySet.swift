// The public keys of one issuer, and the verification of a token with them.
import Core
import Web

/// The usable keys of a JSON Web Key Set (RFC 7517), by `kid`.
package struct KeySet: Sendable {
    /// The largest document in bytes.
    package static let sizeLimit = 65_536

    package let keys: [String: VerificationKey]
    /// How many keys of the document were left out: of another kind or use, weak, broken, nameless, or named twice.
    package let dropped: Int

    package init(_ keys: [VerificationKey], dropped: Int = 0) {
        let named = Dictionary(grouping: keys, by: \.id)
        // A name that two keys share says nothing about which one is meant.
        self.keys = named.compactMapValues { $0.count == 1 ? $0.first : nil }
        self.dropped = dropped + keys.count - self.keys.count
    }

    /// Reads a document; nil when it is no key set at all. Keys that are not understood are dropped one by one.
    package init?(document: [UInt8]) {
        guard document.count <= Self.sizeLimit, let items = (try? JSONParser.parse(document))?["keys"]?.arrayValue
        else { return nil }
        let keys = items.compactMap(VerificationKey.init)
        self.init(keys, dropped: items.count - keys.count)
    }

    /// Verifies the signature; what the payload says may be read after this and not before.
    ///
    /// Throws `algorithm`, `keyMissing`, `keyUnknown`, `keyMismatch`, `signature`.
    package func verify(_ token: CompactToken, allowing algorithms: Set<TokenAlgorithm>) throws(TokenRefusal) {
        guard let algorithm = TokenAlgorithm(name: token.algorithm), algorithms.contains(algorithm) else {
            throw .algorithm
        }
        guard let id = token.keyID else { throw .keyMissing }
        guard let key = keys[id] else { throw .keyUnknown }
        guard key.algorithm == algorithm else { throw .keyMismatch }
        guard key.isValid(token) else { throw .signature }
    }
}
