// An issuer for tests: key pairs of every kind, and tokens with any header and any claims.
import Core
import Crypto
import CryptoExtras
import Foundation
import Tokens
import Web

/// Signs whatever it is given.
struct Minter {
    static let now = Timestamp(milliseconds: 1_800_000_000_000)
    static let seconds = Int64(1_800_000_000)

    let p256 = P256.Signing.PrivateKey()
    let p384 = P384.Signing.PrivateKey()
    let ed25519 = Curve25519.Signing.PrivateKey()

    static let claims: [String: JSONValue] = [
        "iss": .string("https://issuer.example"), "aud": .string("raptorflow"), "sub": .string("u1"),
        "iat": .integer(seconds), "exp": .integer(seconds + 600),
    ]
    static let rule = TokenRule(issuer: "https://issuer.example", audiences: ["raptorflow"])

    static func json(_ members: [String: JSONValue]) -> String {
        JSONValue.object(members.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }).text
    }

    static func base64(_ text: String) -> String { Base64URL.encode(Array(text.utf8)) }

    /// The claims above with some of them changed; nil takes one away.
    static func claims(_ changes: [String: JSONValue?]) -> String {
        json(claims.merging(changes.compactMapValues { $0 }) { $1 }.filter { changes[$0.key] != .some(nil) })
    }

    /// A token by texts of header and claims, signed with the P-256 key unless something else signs it.
    func token(
        header: String = #"{"alg":"ES256","kid":"k1"}"#, claims: String = json(Minter.claims),
        sign: ((Data) throws -> Data)? = nil
    ) throws -> String {
        let signed = Self.base64(header) + "." + Self.base64(claims)
        let signature = try (sign ?? es256)(Data(signed.utf8))
        return signed + "." + Base64URL.encode(signature)
    }

    func es256(_ data: Data) throws -> Data { try p256.signature(for: data).rawRepresentation }
    func es384(_ data: Data) throws -> Data { try p384.signature(for: data).rawRepresentation }
    func eddsa(_ data: Data) throws -> Data { try ed25519.signature(for: data) }

    static func hs256(_ secret: Data) -> (Data) -> Data {
        { Data(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret))) }
    }

    /// A JSON Web Key of a curve.
    static func ec(_ id: String?, _ curve: String, _ point: Data, _ more: [String: JSONValue] = [:]) -> JSONValue {
        var members: [String: JSONValue] = [
            "kty": .string("EC"), "crv": .string(curve), "x": .string(Base64URL.encode(point.prefix(point.count / 2))),
            "y": .string(Base64URL.encode(point.suffix(point.count / 2))),
        ]
        if let id { members["kid"] = .string(id) }
        return .object(members.merging(more) { $1 }.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    }

    var p256JWK: JSONValue { Self.ec("k1", "P-256", p256.publicKey.rawRepresentation) }
    var p384JWK: JSONValue { Self.ec("k3", "P-384", p384.publicKey.rawRepresentation) }
    var ed25519JWK: JSONValue {
        .object([
            "kty": .string("OKP"), "crv": .string("Ed25519"), "kid": .string("ke"),
            "x": .string(Base64URL.encode(ed25519.publicKey.rawRepresentation)),
        ])
    }

    static func document(_ keys: [JSONValue]) -> [UInt8] {
        Array(JSONValue.object(["keys": .array(keys)]).text.utf8)
    }

    var keys: KeySet {
        KeySet(document: Self.document([p256JWK, p384JWK, ed25519JWK])) ?? KeySet([])
    }

    /// Why a token is refused; nil when it is taken.
    func refusal(
        _ text: String, keys: KeySet? = nil, allowing: Set<TokenAlgorithm> = [.es256],
        rule: TokenRule = Minter.rule
    ) -> TokenRefusal? {
        do {
            let token = try CompactToken(text)
            try (keys ?? self.keys).verify(token, allowing: allowing)
            _ = try rule.claims(of: token, at: Self.now)
            return nil
        } catch {
            return error
        }
    }
}
