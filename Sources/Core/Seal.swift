// AES-256-GCM for what the database keeps and must not tell: the one way in which anything is sealed.
import Crypto
import FoundationEssentials

/// Seals secrets with one key of 32 bytes (AES-256-GCM, NIST SP 800-38D, a random nonce of 96 bits for each).
///
/// The context says what a secret is for, such as the row it belongs to. It is authenticated and not stored, so a
/// sealed value that was moved elsewhere does not open.
package struct Seal: Sendable {
    private let key: SymmetricKey

    /// Takes 32 secret bytes.
    package init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// Nonce, ciphertext and tag: 28 bytes more than the secret has.
    package func close(_ secret: [UInt8], for context: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(secret, using: key, authenticating: Array(context.utf8))
        guard let combined = box.combined else { throw SealBroken() }
        return Array(combined)
    }

    /// Throws `SealBroken` when it was sealed with another key or for something else, or was touched.
    package func open(_ sealed: [UInt8], for context: String) throws(SealBroken) -> [UInt8] {
        do {
            let box = try AES.GCM.SealedBox(combined: sealed)
            return Array(try AES.GCM.open(box, using: key, authenticating: Array(context.utf8)))
        } catch {
            throw SealBroken()
        }
    }
}

/// A sealed value does not open.
package struct SealBroken: Error {
    package init() {}
}
