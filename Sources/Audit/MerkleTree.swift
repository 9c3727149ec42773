// One chain's tree as it is stored: tiles of 256 hashes, and the newest records that fill no tile yet.
import Storage
import Web

/// Reads roots and proofs of one chain within a transaction; each costs a few tiles, whatever the size.
final class MerkleTree {
    /// Hashes in a tile: 8 levels of the tree.
    static let tileWidth: Int64 = 256
    /// How many records may wait for the job that builds tiles before a proof is refused.
    static let tailLimit: Int64 = 8192

    let chain: Audit.Chain
    /// All records, pruned ones included.
    let size: Int64
    private let built: Int64
    private let tail: [Merkle.Hash]
    private var tiles: [AuditTreeStore.TileName: [UInt8]] = [:]
    private let tx: any Transaction

    /// Reads what is not in tiles yet. Throws `AuditProblem.treeBehind` when that is too much.
    ///
    /// - Parameter size: how many records of the chain; all unless given.
    init(of chain: Audit.Chain, size wanted: Int64? = nil, in tx: any Transaction) throws {
        self.chain = chain
        self.tx = tx
        size = try wanted ?? AuditStore.head(of: chain, in: tx).sequence
        built = try AuditTreeStore.tree(of: chain.key, in: tx).size
        guard size - built <= Self.tailLimit else { throw AuditProblem.treeBehind }
        tail =
            size <= built
            ? []
            : try AuditStore.stretch(of: chain, after: built, limit: size - built, in: tx)
                .map { Merkle.leaf($0.event.canonical(chain: chain)) }
        guard size <= built || Int64(tail.count) == size - built else { throw AuditProblem.treeBroken }
    }

    /// The hash of a record, from 0.
    func leaf(_ index: Int64) throws -> Merkle.Hash { try part(level: 0, index) }

    /// The root of the first records.
    func root(of count: Int64) throws -> Merkle.Hash { count == 0 ? Merkle.empty : try root(0, count) }

    /// The hashes that lead from a record to the root of the first `count` (PATH of RFC 6962 2.1.1).
    func inclusion(of index: Int64, in count: Int64) throws -> [Merkle.Hash] {
        var path: [Merkle.Hash] = []
        var (start, length) = (Int64(0), count)
        while length > 1 {
            let left = Merkle.split(length)
            if index < start + left {
                path.append(try root(start + left, length - left))
                length = left
            } else {
                path.append(try root(start, left))
                (start, length) = (start + left, length - left)
            }
        }
        return path.reversed()
    }

    /// The hashes that show the first `old` records to be a part of the first `new` (PROOF of RFC 6962 2.1.2).
    func consistency(from old: Int64, to new: Int64) throws -> [Merkle.Hash] {
        guard old > 0, old < new else { return [] }
        var path: [Merkle.Hash] = []
        var (start, length, rest, isWhole) = (Int64(0), new, old, true)
        while rest != length {
            let left = Merkle.split(length)
            if rest <= left {
                path.append(try root(start + left, length - left))
                length = left
            } else {
                path.append(try root(start, left))
                (start, length, rest, isWhole) = (start + left, length - left, rest - left, false)
            }
        }
        if !isWhole { path.append(try root(start, length)) }
        return path.reversed()
    }

    /// The roots of the complete parts of the first records: how a verification starts behind what was pruned.
    func frontier(of count: Int64) throws -> MerkleFrontier {
        var parts: [Merkle.Hash] = []
        var start: Int64 = 0
        for level in (0..<62).reversed() where count >> Int64(level) & 1 == 1 {
            parts.append(try part(level: level, start >> Int64(level)))
            start += 1 << Int64(level)
        }
        return MerkleFrontier(size: count, parts: parts)
    }

    private func root(_ start: Int64, _ length: Int64) throws -> Merkle.Hash {
        if length & (length - 1) == 0 {
            let level = length.trailingZeroBitCount
            return try part(level: level, start >> Int64(level))
        }
        let left = Merkle.split(length)
        return Merkle.node(try root(start, left), try root(start + left, length - left))
    }

    /// The root of the complete part of 2^level records at a position.
    private func part(level: Int, _ index: Int64) throws -> Merkle.Hash {
        if (index + 1) << Int64(level) <= built { return try stored(level: level, index) }
        if level == 0 {
            guard index >= built, index - built < Int64(tail.count) else { throw AuditProblem.treeBroken }
            return tail[Int(index - built)]
        }
        return Merkle.node(try part(level: level - 1, 2 * index), try part(level: level - 1, 2 * index + 1))
    }

    private func stored(level: Int, _ index: Int64) throws -> Merkle.Hash {
        let within = level % 8
        let first = index << Int64(within)
        let hashes = try tile(.init(level: level / 8, position: first / Self.tileWidth))
        let offset = Int(first % Self.tileWidth) * 32
        let end = offset + (32 << within)
        guard hashes.count >= end else { throw AuditProblem.treeBroken }
        return Merkle.root(of: stride(from: offset, to: end, by: 32).map { Array(hashes[$0..<($0 + 32)]) })
    }

    /// A stored tile; empty when there is none.
    private func tile(_ name: AuditTreeStore.TileName) throws -> [UInt8] {
        if let known = tiles[name] { return known }
        let hashes = try AuditTreeStore.tile(name, of: chain.key, in: tx) ?? []
        tiles[name] = hashes
        return hashes
    }
}
