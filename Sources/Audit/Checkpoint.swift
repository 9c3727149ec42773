// A signed statement of how long a chain is and what its root is.
package import Core
import Crypto
import Storage
import Web

/// What the log was at an instant. Whoever keeps one outside can show later that nothing before it was changed.
package struct Checkpoint: Sendable, Equatable {
    /// The organisation, or `instance`.
    package let chain: String
    /// Records, from the first one.
    package let size: Int64
    package let root: [UInt8]
    package let at: Timestamp
    package let publicKey: [UInt8]
    package let signature: [UInt8]

    /// The lines that are signed.
    static func statement(chain: String, size: Int64, root: [UInt8], at: Timestamp) -> [UInt8] {
        Array("raptorflow audit checkpoint 1\n\(chain)\n\(size)\n\(Hex.encode(root))\n\(at)\n".utf8)
    }

    /// Whether the signature is that of a key; of the one it carries, unless another one is given.
    package func isSigned(by key: [UInt8]? = nil) -> Bool {
        AuditSigner.isValid(
            signature, of: Self.statement(chain: chain, size: size, root: root, at: at), by: key ?? publicKey)
    }

    /// Every checkpoint of a line: as the API answers one or a page of them, or as either form of the log prints it.
    package static func all(in line: String) -> [Checkpoint] {
        if let json = object(in: line) {
            if let one = Checkpoint(json) { return [one] }
            if let inner = json["checkpoint"] {
                return inner.stringValue.map { all(in: $0) } ?? Checkpoint(inner).map { [$0] } ?? []
            }
            return (json["data"]?.arrayValue ?? []).compactMap { Checkpoint($0) }
        }
        // `… audit checkpoint checkpoint="{\"chain\":…}"`
        guard let start = line.firstRange(of: "checkpoint=\""), let end = line.lastIndex(of: "\"") else { return [] }
        let quoted = line[line.index(before: start.upperBound)...end]
        return (try? JSONParser.parse(Array(quoted.utf8)))?.stringValue.map { all(in: $0) } ?? []
    }

    private static func object(in line: String) -> JSONValue? {
        guard let start = line.firstIndex(of: "{"), let end = line.lastIndex(of: "}"), start < end else { return nil }
        return try? JSONParser.parse(Array(line[start...end].utf8))
    }

    /// Reads a checkpoint as the API spells it; nil for anything else.
    private init?(_ json: JSONValue) {
        guard let chain = json["chain"]?.stringValue, let size = json["size"]?.integerValue,
            let root = json["root"]?.stringValue.flatMap(Hex.decode),
            let at = json["at"]?.stringValue.flatMap({ Timestamp($0) }),
            let key = json["public_key"]?.stringValue.flatMap(Hex.decode),
            let signature = json["signature"]?.stringValue.flatMap(Hex.decode), size > 0, root.count == 32
        else { return nil }
        self.init(chain: chain, size: size, root: root, at: at, publicKey: key, signature: signature)
    }

    init(chain: String, size: Int64, root: [UInt8], at: Timestamp, publicKey: [UInt8], signature: [UInt8]) {
        self.chain = chain
        self.size = size
        self.root = root
        self.at = at
        self.publicKey = publicKey
        self.signature = signature
    }

    var resource: CheckpointResource {
        CheckpointResource(
            chain: chain, size: size, root: Hex.encode(root), at: at, publicKey: Hex.encode(publicKey),
            signature: Hex.encode(signature))
    }

    /// As the log prints it: one line of JSON that `raptorflow audit verify --checkpoint` reads.
    package var line: String { (try? String(decoding: JSONCoding.encode(resource), as: UTF8.self)) ?? "" }
}

/// A checkpoint as the API answers it; bytes in hexadecimal.
struct CheckpointResource: Codable, Sendable {
    let chain: String
    let size: Int64
    let root: String
    let at: Timestamp
    let publicKey: String
    let signature: String

    enum CodingKeys: String, CodingKey {
        case chain, size, root, at, signature
        case publicKey = "public_key"
    }
}

/// The signed statement that a front part of a chain was removed by retention.
struct Pruning: Sendable {
    let through: Int64
    /// The chain's hash at the last removed record: what the first kept one follows.
    let hash: [UInt8]
    let at: Timestamp
    let signature: [UInt8]

    static func statement(chain: String, through: Int64, hash: [UInt8], at: Timestamp) -> [UInt8] {
        Array("raptorflow audit pruned 1\n\(chain)\n\(through)\n\(Hex.encode(hash))\n\(at)\n".utf8)
    }
}

/// The instance's signature under checkpoints (Ed25519).
package struct AuditSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    /// What others check signatures with.
    package let publicKey: [UInt8]

    /// Takes the 32 secret bytes of the instance's key `audit`.
    package init(key bytes: [UInt8]) throws {
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        publicKey = Array(key.publicKey.rawRepresentation)
    }

    func sign(_ statement: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: statement)) }

    func checkpoint(of chain: String, size: Int64, root: [UInt8], at: Timestamp) throws -> Checkpoint {
        let statement = Checkpoint.statement(chain: chain, size: size, root: root, at: at)
        return Checkpoint(
            chain: chain, size: size, root: root, at: at, publicKey: publicKey, signature: try sign(statement))
    }

    static func isValid(_ signature: [UInt8], of statement: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: statement)
    }
}
