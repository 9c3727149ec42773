// The jobs of the audit log: build trees, sign checkpoints, remove what is older than it has to be kept.
package import Core
package import Storage
import Web

/// Looks after the chains in the background; writing a record costs nothing of this.
package struct AuditKeeper: Sendable {
    /// A checkpoint is made when this many records have come since the last one, and once an hour if any have.
    static let recordsPerCheckpoint: Int64 = 1000
    private static let chainsAtOnce = 500
    private static let tilesAtOnce: Int64 = 16
    private static let prunedAtOnce: Int64 = MerkleTree.tileWidth * 8

    let database: any Database
    package let signer: AuditSigner

    package init(database: any Database, signer: AuditSigner) {
        self.database = database
        self.signer = signer
    }

    /// Brings every tree up to date and returns the checkpoints that fell due.
    ///
    /// - Parameter age: chains with new records get a checkpoint when their last one is as old as this.
    package func tend(age: Milliseconds = .hours(1)) async throws -> [Checkpoint] {
        var made: [Checkpoint] = []
        try await eachChain { progress in
            try await grow(progress)
            let last = progress.checkpoint
            let isDue =
                last.map { last in
                    progress.head - last.size >= Self.recordsPerCheckpoint
                        || progress.head / Self.recordsPerCheckpoint > last.size / Self.recordsPerCheckpoint
                        || database.clock.now.since(last.at) >= age
                } ?? true
            guard progress.head > last?.size ?? 0, isDue else { return }
            if let checkpoint = try await sign(progress.chain, size: progress.head) { made.append(checkpoint) }
        }
        return made
    }

    /// Removes records that are older than `age` from the front of every chain; returns how many.
    package func prune(olderThan age: Milliseconds) async throws -> Int {
        var removed = 0
        let limit = database.clock.now.adding(-age)
        try await eachChain { progress in
            while true {
                let count = try await pruneStep(progress.chain, before: limit)
                removed += count
                if count == 0 { break }
            }
        }
        return removed
    }

    private func eachChain(_ body: (AuditTreeStore.Progress) async throws -> Void) async throws {
        var last = ""
        while true {
            let after = last
            let chains = try await database.readAtLength(in: .instance) { tx in
                try AuditTreeStore.progress(after: after, limit: Self.chainsAtOnce, in: tx)
            }
            for chain in chains { try await body(chain) }
            guard chains.count == Self.chainsAtOnce, let end = chains.last else { return }
            last = end.chain
        }
    }

    // MARK: - Trees

    /// Full tiles of records that follow what is built.
    private struct Growth: Sendable {
        let chain: String
        let from: Int64
        let tiles: [(hashes: [UInt8], root: Merkle.Hash, filter: TermFilter)]
    }

    /// Hashes beside the requests, writes little at a time.
    private func grow(_ progress: AuditTreeStore.Progress) async throws {
        var built = progress.built
        while progress.head - built >= MerkleTree.tileWidth {
            let from = built
            let growth = try await database.readAtLength(in: .instance) { tx in
                try Self.growth(of: progress.chain, from: from, in: tx)
            }
            guard !growth.tiles.isEmpty else { return }
            try await database.write(in: .instance, by: .system("audit")) { tx in try Self.apply(growth, in: tx) }
            built += MerkleTree.tileWidth * Int64(growth.tiles.count)
        }
    }

    private static func growth(of chain: String, from: Int64, in tx: any Transaction) throws -> Growth {
        let width = Int(MerkleTree.tileWidth)
        let key = Audit.Chain(key: chain)
        let records = try AuditStore.stretch(
            of: key, after: from, limit: MerkleTree.tileWidth * tilesAtOnce, in: tx
        ).map { (leaf: Merkle.leaf($0.event.canonical(chain: key)), terms: $0.event.terms) }
        let tiles = (0..<(records.count / width)).map { tile in
            let part = records[(tile * width)..<((tile + 1) * width)]
            return (
                part.flatMap(\.leaf), Merkle.root(of: part.map(\.leaf)), TermFilter(Set(part.flatMap(\.terms)))
            )
        }
        return Growth(chain: chain, from: from, tiles: tiles)
    }

    private static func apply(_ growth: Growth, in tx: any Transaction) throws {
        let tree = try AuditTreeStore.tree(of: growth.chain, in: tx)
        // Another worker was here in between.
        guard tree.size == growth.from else { return }
        var position = growth.from / MerkleTree.tileWidth
        for tile in growth.tiles {
            try AuditTreeStore.put(tile.hashes, in: .init(level: 0, position: position), of: growth.chain, in: tx)
            try AuditTreeStore.put(tile.filter, at: position, of: growth.chain, in: tx)
            try append(tile.root, level: 1, at: position, of: growth.chain, in: tx)
            position += 1
        }
        try AuditTreeStore.setSize(position * MerkleTree.tileWidth, of: growth.chain, in: tx)
    }

    /// Adds the root of a full tile to the level above, and so on where that becomes full.
    private static func append(
        _ root: Merkle.Hash, level: Int, at index: Int64, of chain: String, in tx: any Transaction
    ) throws {
        let name = AuditTreeStore.TileName(level: level, position: index / MerkleTree.tileWidth)
        let hashes = (try AuditTreeStore.tile(name, of: chain, in: tx) ?? []) + root
        guard Int64(hashes.count / 32) == index % MerkleTree.tileWidth + 1 else { throw AuditProblem.treeBroken }
        try AuditTreeStore.put(hashes, in: name, of: chain, in: tx)
        guard hashes.count / 32 == MerkleTree.tileWidth else { return }
        let parts = stride(from: 0, to: hashes.count, by: 32).map { Array(hashes[$0..<($0 + 32)]) }
        try append(Merkle.root(of: parts), level: level + 1, at: name.position, of: chain, in: tx)
    }

    // MARK: - Checkpoints

    /// Of the size that the tree was just built for: more records may have come since, and have no tiles yet.
    private func sign(_ chain: String, size: Int64) async throws -> Checkpoint? {
        let root = try await database.readAtLength(in: .instance) { tx in
            try MerkleTree(of: Audit.Chain(key: chain), size: size, in: tx).root(of: size)
        }
        let checkpoint = try signer.checkpoint(of: chain, size: size, root: root, at: database.clock.now)
        let isNew = try await database.write(in: .instance, by: .system("audit")) { tx in
            try AuditTreeStore.insert(checkpoint, in: tx)
        }
        return isNew ? checkpoint : nil
    }

    // MARK: - Retention

    /// Removes one stretch; 0 when nothing is left that may go.
    ///
    /// Only what a checkpoint covers goes: the tiles stay, so later proofs still work, and a record of the removal is
    /// added to the same chain.
    private func pruneStep(_ chain: String, before limit: Timestamp) async throws -> Int {
        try await database.write(in: Audit.Chain(key: chain).scope, by: .system("audit")) { [signer] tx in
            let tree = try AuditTreeStore.tree(of: chain, in: tx)
            let covered = try AuditTreeStore.checkpoints(of: chain, limit: 1, in: tx).first?.size ?? 0
            let most = min(tree.size, covered, tree.pruned + Self.prunedAtOnce)
            let old = try AuditTreeStore.countOlder(
                than: limit, of: chain, after: tree.pruned, through: most, in: tx)
            let through = old - old % MerkleTree.tileWidth
            guard through > tree.pruned, let hash = try AuditTreeStore.hash(of: chain, at: through, in: tx)
            else { return 0 }
            let statement = Pruning.statement(chain: chain, through: through, hash: hash, at: tx.now)
            let pruning = Pruning(
                through: through, hash: hash, at: tx.now, signature: try signer.sign(statement))
            try AuditTreeStore.setPruned(pruning, of: chain, in: tx)
            let count = try AuditTreeStore.deleteRecords(of: chain, through: through, in: tx)
            try Audit.record(
                "audit.pruned", on: .init("audit_log", chain),
                .object(["through": .integer(through), "removed": .integer(Int64(count))]), in: tx)
            return count
        }
    }
}
