// Signing our own tokens: ES256, with the name of the key in the header.
import Core
import Crypto
package import Web

/// A key pair on P-256 that signs.
package struct TokenSigner: Sendable {
    package let id: String
    private let key: P256.Signing.PrivateKey

    /// Makes a new pair.
    package init(id: String) {
        self.id = id
        key = P256.Signing.PrivateKey()
    }

    /// Takes the 32 secret bytes of a pair that was made before.
    package init(id: String, secret: [UInt8]) throws {
        self.id = id
        key = try P256.Signing.PrivateKey(rawRepresentation: secret)
    }

    package var secret: [UInt8] { Array(key.rawRepresentation) }

    /// The public point: x and y, 32 bytes each.
    package var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

    /// The token of these claims, in compact form; `typ` says that it is an access token (RFC 9068).
    package func token(_ claims: JSONValue) throws -> String {
        let header = JSONValue.object(["alg": .string("ES256"), "kid": .string(id), "typ": .string("at+jwt")])
        let signed = [header, claims].map { Base64URL.encode(Array($0.text.utf8)) }.joined(separator: ".")
        let signature = try key.signature(for: Array(signed.utf8))
        return signed + "." + Base64URL.encode(Array(signature.rawRepresentation))
    }
}

/// A public key as a JSON Web Key, for those who verify our tokens.
package struct PublicJWK: Codable, Sendable {
    package let kty: String
    package let crv: String
    package let use: String
    package let alg: String
    package let kid: String
    package let x: String
    package let y: String

    /// - Parameter publicKey: x and y, 32 bytes each.
    package init(id: String, publicKey: [UInt8]) {
        (kty, crv, use, alg, kid) = ("EC", "P-256", "sig", "ES256", id)
        x = Base64URL.encode(publicKey.prefix(32))
        y = Base64URL.encode(publicKey.dropFirst(32))
    }
}

/// A JSON Web Key Set.
package struct PublicKeySet: Codable, Sendable {
    package let keys: [PublicJWK]

    package init(keys: [PublicJWK]) { self.keys = keys }
}
