// The key that seals the instance's own keys; it is never in the database.
import Core
import Crypto
import Foundation
import Glibc

/// 32 bytes that come from outside: an option, a file, systemd, or the file beside the database.
package struct MasterKey: Sendable {
    let bytes: [UInt8]

    private init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits or 43 characters of base64url; nil for anything else.
    package init?(_ text: String) {
        guard let bytes = text.utf8.count == 64 ? Hex.decode(text) : Base64URL.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// Makes a new one of 32 random bytes and keeps it in a file that only its owner reads.
    ///
    /// The file must not be there yet. Throws `MasterKeyProblem.unwritable`.
    static func make(inFile path: String, randomness: Randomness = .system) throws -> MasterKey {
        let bytes = randomness.bytes(32)
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw MasterKeyProblem.unwritable(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let text = Array((Hex.encode(bytes) + "\n").utf8)
        guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0, let key = Self(bytes: bytes)
        else { throw MasterKeyProblem.unwritable(path, String(cString: strerror(errno))) }
        return key
    }

    /// Reads the file beside the database; nil when there is none.
    static func read(fromFile path: String) throws -> MasterKey? {
        guard access(path, F_OK) == 0 else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MasterKeyProblem.unreadable(path)
        }
        let text = String(decoding: data.prefix(1000), as: UTF8.self)
        guard let key = MasterKey(String(text.prefix { !$0.isWhitespace })) else {
            throw MasterKeyProblem.malformed(path)
        }
        return key
    }

    /// Seals 32 secret bytes (AES-256-GCM); the name is bound to them, so that nobody swaps two of them.
    func seal(_ secret: [UInt8], name: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(secret, using: SymmetricKey(data: bytes), authenticating: Array(name.utf8))
        guard let combined = box.combined else { throw MasterKeyProblem.wrong }
        return Array(combined)
    }

    /// Opens what `seal` made; throws `MasterKeyProblem.wrong` when it was sealed with another key or touched.
    func open(_ sealed: [UInt8], name: String) throws -> [UInt8] {
        do {
            let box = try AES.GCM.SealedBox(combined: sealed)
            return Array(
                try AES.GCM.open(box, using: SymmetricKey(data: bytes), authenticating: Array(name.utf8)))
        } catch {
            throw MasterKeyProblem.wrong
        }
    }
}

/// Why the instance's keys can't be opened; each sentence says what to do.
package enum MasterKeyProblem: Error, Equatable, CustomStringConvertible {
    case wrong
    case missing(String)
    case malformed(String)
    case unreadable(String)
    case unwritable(String, String)

    package var description: String {
        switch self {
        case .wrong:
            "The master key is not the one this database was sealed with. Give the right one as RAPTORFLOW_MASTER_KEY, "
                + "or put back the .key file that was made with the database."
        case .missing(let path):
            "This database was sealed with a master key that is not here: neither master_key is set nor is there a "
                + "file \(path). Put that file back, or set RAPTORFLOW_MASTER_KEY."
        case .malformed(let place):
            "The master key in \(place) must be 64 hexadecimal digits or 43 characters of base64url."
        case .unreadable(let path): "The master key file \(path) can't be read. Check its owner and permissions."
        case .unwritable(let path, let reason): "A master key can't be kept in \(path): \(reason)."
        }
    }
}
