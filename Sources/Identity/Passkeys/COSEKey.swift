// The public key of a passkey.
import Core
import Crypto
import CryptoExtras
import Foundation
import Tokens

/// A public key as authenticators write it (RFC 9052 section 7, RFC 9053), with the one algorithm it verifies.
struct COSEKey: Sendable {
    /// Those that are asked for, the best first: ES256, EdDSA with Ed25519, RS256.
    static let algorithms: [Int64] = [-7, -8, -257]

    private enum Key: Sendable {
        case p256(P256.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    private let key: Key

    /// Reads a key; throws `key` when it is of another kind or algorithm, broken, weak, or says more than it has to
    /// (WebAuthn section 6.5.1.1).
    init(_ value: CBOR) throws(PasskeyRefusal) {
        let count = value.mapValue?.count
        let key: Key? =
            switch (value[1]?.integerValue, value[3]?.integerValue) {
            case (2, -7) where count == 5 && value[-1]?.integerValue == 1: Self.p256(value)
            case (1, -8) where count == 4 && value[-1]?.integerValue == 6:
                value[-2]?.bytesValue.flatMap { try? Curve25519.Signing.PublicKey(rawRepresentation: $0) }
                    .map { .ed25519($0) }
            case (3, -257) where count == 4: Self.rsa(value)
            default: nil
            }
        guard let key else { throw .key }
        self.key = key
    }

    /// Whether the point lies on the curve is checked by who takes it.
    private static func p256(_ value: CBOR) -> Key? {
        guard let x = value[-2]?.bytesValue, let y = value[-3]?.bytesValue, x.count == 32, y.count == 32 else {
            return nil
        }
        return (try? P256.Signing.PublicKey(x963Representation: [4] + x + y)).map { .p256($0) }
    }

    /// 2048 to 4096 bits with the exponent 65537, and not made by the generator whose keys can be factored.
    private static func rsa(_ value: CBOR) -> Key? {
        guard let n = value[-1]?.bytesValue, value[-2]?.bytesValue == [1, 0, 1], (256...512).contains(n.count),
            n[0] != 0, !FactorableModulus.matches(n)
        else { return nil }
        return (try? _RSA.Signing.PublicKey(n: n, e: [UInt8]([1, 0, 1]))).map { .rsa($0) }
    }

    /// Whether these bytes were signed with the key; ECDSA signatures are DER (WebAuthn section 6.5.5).
    func isValid(_ signature: [UInt8], over signed: [UInt8]) -> Bool {
        switch key {
        case .p256(let key):
            (try? P256.Signing.ECDSASignature(derRepresentation: signature))
                .map { key.isValidSignature($0, for: signed) } ?? false
        case .ed25519(let key): key.isValidSignature(signature, for: signed)
        case .rsa(let key):
            key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: signed),
                padding: .insecurePKCS1v1_5)
        }
    }
}
