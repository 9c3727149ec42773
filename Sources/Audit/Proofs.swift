// Proofs that others check without this program: a record is in the log, and the log only grew.
import Core
import Storage

/// A record with the hashes that lead from it to a root.
struct InclusionProof: Codable, Sendable {
    let chain: String
    let sequence: Int64
    /// The exact bytes of the record; SHA-256 of 0x00 and these is the leaf's hash.
    let canonical: String
    let leafHash: String
    let size: Int64
    let root: String
    let hashes: [String]
    /// The signed checkpoint of this size, if one was made.
    let checkpoint: CheckpointResource?

    enum CodingKeys: String, CodingKey {
        case chain, sequence, canonical, size, root, hashes, checkpoint
        case leafHash = "leaf_hash"
    }
}

/// The hashes that show an older state of the log to be the beginning of a newer one.
struct ConsistencyProof: Codable, Sendable {
    let chain: String
    let from: Int64
    let fromRoot: String
    let to: Int64
    let toRoot: String
    let hashes: [String]

    enum CodingKeys: String, CodingKey {
        case chain, from, to, hashes
        case fromRoot = "from_root"
        case toRoot = "to_root"
    }
}

extension Audit {
    /// Without a size, the newest checkpoint's if it covers the record, else all records.
    static func inclusion(
        of sequence: Int64, in wanted: Int64?, _ chain: Chain, in tx: any Transaction
    ) throws -> InclusionProof {
        guard let record = try AuditStore.find(sequence, of: chain, in: tx) else { throw Problem.notFound("record") }
        let newest = try AuditTreeStore.checkpoints(of: chain.key, limit: 1, in: tx).first?.size
        let covering = newest.flatMap { $0 >= sequence ? $0 : nil }
        let head = try AuditStore.head(of: chain, in: tx).sequence
        let size = wanted ?? covering ?? head
        guard size >= sequence, size <= head else { throw AuditProblem.sizeOutOfRange(head) }
        let tree = try MerkleTree(of: chain, size: size, in: tx)
        let canonical = record.event.canonical(chain: chain)
        return InclusionProof(
            chain: chain.key, sequence: sequence, canonical: String(decoding: canonical, as: UTF8.self),
            leafHash: Hex.encode(Merkle.leaf(canonical)), size: size,
            root: Hex.encode(try tree.root(of: size)),
            hashes: try tree.inclusion(of: sequence - 1, in: size).map { Hex.encode($0) },
            checkpoint: try AuditTreeStore.checkpoint(of: chain.key, size: size, in: tx)?.resource)
    }

    static func consistency(
        from: Int64, to wanted: Int64?, _ chain: Chain, in tx: any Transaction
    ) throws -> ConsistencyProof {
        let head = try AuditStore.head(of: chain, in: tx).sequence
        let to = wanted ?? head
        guard from >= 1, from <= to, to <= head else { throw AuditProblem.sizeOutOfRange(head) }
        let tree = try MerkleTree(of: chain, size: to, in: tx)
        return ConsistencyProof(
            chain: chain.key, from: from, fromRoot: Hex.encode(try tree.root(of: from)), to: to,
            toRoot: Hex.encode(try tree.root(of: to)),
            hashes: try tree.consistency(from: from, to: to).map { Hex.encode($0) })
    }
}
