// The compact form of a signed token, taken apart strictly; nothing in it is believed yet.
import Core
import Web

/// Header, payload and signature of a JWS in compact form (RFC 7515), before anything was verified.
package struct CompactToken: Sendable {
    /// The longest token in bytes.
    package static let limit = 8192

    package let algorithm: String
    package let keyID: String?
    /// Lower case, without `application/`; nil when the header has none.
    package let type: String?
    package let payload: [UInt8]
    let signature: [UInt8]
    /// What was signed: the first two parts as they came.
    let signed: [UInt8]

    /// Each would take the choice of the key, or of how to read the token, away from us.
    static let refused: Set<String> = [
        "crit", "jku", "jwk", "x5u", "x5c", "zip", "b64", "enc", "cty", "epk", "p2c", "p2s",
    ]

    /// Throws `malformed` or `headerParameter`.
    ///
    /// Each part has one spelling: base64url without padding and stray bits, so that a token has one spelling too.
    package init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.limit else { throw .malformed }
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, !parts[2].isEmpty,
            let head = Base64URL.decode(String(parts[0])), let payload = Base64URL.decode(String(parts[1])),
            let signature = Base64URL.decode(String(parts[2]))
        else { throw .malformed }
        guard let header = try? JSONParser.parse(head), case .object(let members) = header else { throw .malformed }
        guard !members.contains(where: { Self.refused.contains($0.name) }) else { throw .headerParameter }
        guard let algorithm = header["alg"]?.stringValue else { throw .malformed }
        self.algorithm = algorithm
        keyID = try Self.text(header["kid"])
        type = try Self.text(header["typ"]).map { text in
            let lower = text.lowercased()
            return lower.hasPrefix("application/") ? String(lower.dropFirst(12)) : lower
        }
        self.payload = payload
        self.signature = signature
        signed = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
    }

    /// A header's text of at most 256 bytes; nil when it is absent.
    private static func text(_ value: JSONValue?) throws(TokenRefusal) -> String? {
        guard let value else { return nil }
        guard let text = value.stringValue, (1...256).contains(text.utf8.count) else { throw .malformed }
        return text
    }

    /// Whether a credential could be a token: sessions and API keys have no dot.
    package static func isLikely(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: ".")) }

    /// The `iss` that the payload states: good for choosing whose keys to verify with, never for making an address.
    package func statedIssuer() throws(TokenRefusal) -> String {
        guard let issuer = (try? JSONParser.parse(payload))?["iss"]?.stringValue else { throw .issuer }
        return issuer
    }
}
