// Seals the seeds of second factors with a key of the instance, which the master key seals in turn.
import Core
package import Storage

/// Seals a seed for the person it belongs to: the file alone makes no codes.
package struct FactorSeal: Sendable {
    /// The name of the instance's key, kept beside each sealed seed.
    package static let keyName = "second_factors"
    private let seal: Seal

    /// Takes the 32 bytes of the instance's key of that name.
    package init(key: [UInt8]) { seal = Seal(key: key) }

    func close(_ seed: CodeSeed, of user: UserID) throws -> [UInt8] { try seal.close(seed.bytes, for: user.text) }

    /// Throws when it was sealed for somebody else, with another key, or touched.
    func open(_ sealed: [UInt8], of user: UserID) throws -> CodeSeed {
        CodeSeed(bytes: try seal.open(sealed, for: user.text))
    }

    /// All seeds.
    package static let sealed = SealedValues("seeds of second factors", keyName: keyName) { after, limit, tx in
        try SecondFactorStore.sealed(after: after, limit: limit, in: tx)
    }
}
