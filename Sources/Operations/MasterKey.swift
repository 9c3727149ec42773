// The key that seals the instance's own keys; it is never in the database.
import Core
import Crypto

/// 32 bytes that come from outside: an option, or the file beside the database.
package struct MasterKey: Sendable {
    let bytes: [UInt8]
    private let seal: Seal

    init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
        seal = Seal(key: bytes)
    }

    /// Reads 64 hexadecimal digits or 43 characters of base64url; nil for anything else.
    package init?(_ text: String) {
        guard let bytes = text.utf8.count == 64 ? Hex.decode(text) : Base64URL.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// What tells one master key from another without telling anything of it: 8 hexadecimal digits of a hash.
    package var id: String {
        Hex.encode(Array(SHA256.hash(data: Array("raptorflow master key".utf8) + bytes).prefix(4)))
    }

    /// Seals 32 secret bytes; the name is bound to them, so that nobody swaps two of them.
    func seal(_ secret: [UInt8], name: String) throws -> [UInt8] { try seal.close(secret, for: name) }

    /// Opens what `seal` made; nil when it was sealed with another key or touched.
    func open(_ sealed: [UInt8], name: String) -> [UInt8]? { try? seal.open(sealed, for: name) }
}

/// The present master key and those before it: the first seals, each opens.
package struct MasterKeyRing: Sendable {
    package let current: MasterKey
    package let older: [MasterKey]

    /// Opens what any of them sealed; throws `MasterKeyProblem.wrong`.
    func open(_ sealed: [UInt8], name: String) throws -> [UInt8] {
        for key in [current] + older {
            if let secret = key.open(sealed, name: name) { return secret }
        }
        throw MasterKeyProblem.wrong
    }
}

/// Where the master key of an instance comes from.
package struct MasterKeySource: Sendable {
    /// As it was configured; nil: the file holds it.
    package var configured: String?
    /// The one before it, as it was configured: it still opens what `secrets rotate` has not sealed anew.
    package var previous: String?
    /// The file beside the database: a key a line, the present one first.
    package var file: String

    package init(configured: String? = nil, previous: String? = nil, file: String) {
        self.configured = configured
        self.previous = previous
        self.file = file
    }

    /// The file beside a database, and nothing else.
    package static func beside(_ database: String) -> MasterKeySource { MasterKeySource(file: database + ".key") }

    /// The keys that are here; nil when none is configured and there is no file.
    func ring() throws -> MasterKeyRing? {
        if let configured {
            guard let key = MasterKey(configured) else { throw MasterKeyProblem.malformed("the option master_key") }
            return MasterKeyRing(current: key, older: try before)
        }
        return try MasterKeyFile.read(file).flatMap { try ring(of: $0) }
    }

    /// The keys of the file's lines, and the one before.
    func ring(of lines: [MasterKey]) throws -> MasterKeyRing? {
        guard let first = lines.first else { return nil }
        return MasterKeyRing(current: first, older: lines.dropFirst() + (try before))
    }

    private var before: [MasterKey] {
        get throws {
            guard let previous else { return [] }
            guard let key = MasterKey(previous) else {
                throw MasterKeyProblem.malformed("the option master_key_previous")
            }
            return [key]
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
    case crowded(String)
    case busy(String)
    case noSuccessor
    case nothingSealed

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
        case .crowded(let path):
            "\(path) holds \(MasterKeyFile.limit) keys. Remove the last lines: those that no backup is sealed with."
        case .busy(let path): "Another raptorflow is rotating the keys in \(path). Wait until it is done."
        case .noSuccessor:
            "Everything is sealed with the master key that the options give. To change it, give the new one as "
                + "master_key and the present one as master_key_previous; then run this again."
        case .nothingSealed: "Nothing is sealed yet: the first start of the server makes the keys."
        }
    }
}
