// One public key of an issuer, good for one algorithm.
import Core
import Crypto
import CryptoExtras
import Foundation
import Web

/// A public key from a JSON Web Key (RFC 7517), with the one algorithm it verifies.
package struct VerificationKey: Sendable {
    package let id: String
    package let algorithm: TokenAlgorithm
    /// The only issuer whose tokens it verifies, where the key set says so, as Microsoft's does; `{tenantid}` in it
    /// stands for any tenant.
    package let issuer: String?
    private let key: Key

    private enum Key: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    /// Reads a key; nil when it is of another kind, for another use, broken, weak, or without a `kid`.
    init?(_ value: JSONValue) {
        guard let id = value["kid"]?.stringValue, (1...256).contains(id.utf8.count), Self.isForSignatures(value),
            let (algorithm, key) = Self.key(value)
        else { return nil }
        if let stated = value["alg"] {
            guard let name = stated.stringValue, TokenAlgorithm(name: name) == algorithm else { return nil }
        }
        self.id = id
        self.algorithm = algorithm
        issuer = value["issuer"]?.stringValue
        self.key = key
    }

    /// `use` and `key_ops`, where present, must say that the key verifies signatures.
    private static func isForSignatures(_ value: JSONValue) -> Bool {
        if let use = value["use"], use.stringValue != "sig" { return false }
        guard let operations = value["key_ops"] else { return true }
        return operations.arrayValue?.contains(.string("verify")) ?? false
    }

    private static func key(_ value: JSONValue) -> (TokenAlgorithm, Key)? {
        switch (value["kty"]?.stringValue, value["crv"]?.stringValue) {
        case ("EC", "P-256"):
            point(value, size: 32).flatMap { try? P256.Signing.PublicKey(x963Representation: $0) }
                .map { (.es256, .p256($0)) }
        case ("EC", "P-384"):
            point(value, size: 48).flatMap { try? P384.Signing.PublicKey(x963Representation: $0) }
                .map { (.es384, .p384($0)) }
        case ("OKP", "Ed25519"):
            bytes(value["x"]).flatMap { try? Curve25519.Signing.PublicKey(rawRepresentation: $0) }
                .map { (.eddsa, .ed25519($0)) }
        case ("RSA", nil): rsa(value).map { (.rs256, .rsa($0)) }
        default: nil
        }
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? { value?.stringValue.flatMap(Base64URL.decode) }

    /// An uncompressed point; whether it lies on the curve is checked by who takes it.
    private static func point(_ value: JSONValue, size: Int) -> [UInt8]? {
        guard let x = bytes(value["x"]), let y = bytes(value["y"]), x.count == size, y.count == size else { return nil }
        return [4] + x + y
    }

    /// 2048 to 4096 bits with the exponent 65537, and not made by the generator whose keys can be factored.
    private static func rsa(_ value: JSONValue) -> _RSA.Signing.PublicKey? {
        guard let n = bytes(value["n"]), bytes(value["e"]) == [1, 0, 1], (256...512).contains(n.count), n[0] != 0,
            !FactorableModulus.matches(n)
        else { return nil }
        return try? _RSA.Signing.PublicKey(n: n, e: [UInt8]([1, 0, 1]))
    }

    /// Whether the token was signed with this key.
    func isValid(_ token: CompactToken) -> Bool {
        switch key {
        case .p256(let key):
            (try? P256.Signing.ECDSASignature(rawRepresentation: token.signature))
                .map { key.isValidSignature($0, for: token.signed) } ?? false
        case .p384(let key):
            (try? P384.Signing.ECDSASignature(rawRepresentation: token.signature))
                .map { key.isValidSignature($0, for: token.signed) } ?? false
        case .ed25519(let key): key.isValidSignature(token.signature, for: token.signed)
        case .rsa(let key):
            key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: token.signature), for: SHA256.hash(data: token.signed),
                padding: .insecurePKCS1v1_5)
        }
    }
}

/// Moduli of the generator of CVE-2017-15361 ("ROCA"), whose private keys can be computed from the public ones.
package enum FactorableModulus {
    private static let primes: [Int] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
        113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]

    /// For each prime the remainders that the powers of 65537 leave: the generator's moduli leave no other.
    private static let remainders: [(prime: Int, allowed: Set<Int>)] = primes.map { prime in
        var allowed: Set<Int> = []
        var power = 1
        while allowed.insert(power).inserted { power = power * 65537 % prime }
        return (prime, allowed)
    }

    /// True for every modulus of that generator, and by accident for about one in 2^27 others.
    package static func matches(_ modulus: [UInt8]) -> Bool {
        remainders.allSatisfy { entry in
            entry.allowed.contains(modulus.reduce(0) { ($0 << 8 | Int($1)) % entry.prime })
        }
    }
}
