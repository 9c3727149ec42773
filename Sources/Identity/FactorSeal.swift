// Seals the seeds of second factors with a key of the instance, which the master key seals in turn.
import Core
import Crypto
import FoundationEssentials

/// AES-256-GCM over a seed, bound to the person it belongs to: the file alone makes no codes.
package struct FactorSeal: Sendable {
    /// The name of the instance's key, kept beside each sealed seed.
    package static let keyName = "second_factors"
    private let key: SymmetricKey

    /// Takes the 32 bytes of the instance's key of that name.
    package init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    func close(_ seed: CodeSeed, of user: UserID) throws -> [UInt8] {
        let box = try AES.GCM.seal(seed.bytes, using: key, authenticating: Array(user.text.utf8))
        guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
        return Array(combined)
    }

    /// Throws when it was sealed for somebody else, with another key, or touched.
    func open(_ sealed: [UInt8], of user: UserID) throws -> CodeSeed {
        let box = try AES.GCM.SealedBox(combined: sealed)
        return CodeSeed(bytes: Array(try AES.GCM.open(box, using: key, authenticating: Array(user.text.utf8))))
    }
}
