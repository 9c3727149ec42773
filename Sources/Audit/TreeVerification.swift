// Compares the stored tree and the checkpoints of one chain with its records, while a verification walks them.
import Core
import Storage

/// Builds the tree anew from the records, and holds every tile and every checkpoint against it.
struct TreeVerification {
    /// Records that retention removed: they are known by their part of the tree only.
    let pruned: Int64
    let prunedHash: [UInt8]
    private(set) var checked = 0
    private let chain: String
    private let publicKey: [UInt8]?
    /// The checkpoints of this chain that came from outside, by their size.
    private let kept: [Int64: [Checkpoint]]
    private let built: Int64
    private var frontier: MerkleFrontier
    /// The tile in hand of each level.
    private var tiles: [Int: (position: Int64, hashes: [UInt8])] = [:]
    private var next: Checkpoint?
    /// Of the records of the tile in hand.
    private var terms: Set<Term> = []

    /// How a verification begins.
    enum Start {
        case ready(TreeVerification)
        case bad(String)
    }

    static func start(_ chain: String, _ evidence: Audit.Evidence, in tx: any Transaction) throws -> Start {
        let tree = try AuditTreeStore.tree(of: chain, in: tx)
        var frontier = MerkleFrontier()
        if tree.pruned > 0 {
            guard let at = tree.prunedAt, let signature = tree.prunedSignature,
                let key = try evidence.publicKey ?? newestKey(of: chain, in: tx),
                AuditSigner.isValid(
                    signature,
                    of: Pruning.statement(chain: chain, through: tree.pruned, hash: tree.prunedHash, at: at), by: key)
            else { return .bad("the first \(tree.pruned) records were removed, and not by this instance's retention") }
            do {
                frontier = try MerkleTree(of: Audit.Chain(key: chain), size: tree.pruned, in: tx)
                    .frontier(of: tree.pruned)
            } catch AuditProblem.treeBroken {
                return .bad("the tree of the first \(tree.pruned) records, which retention removed, is not whole")
            }
        }
        var made = TreeVerification(chain, evidence, tree, frontier)
        if let problem = try made.checkPruned(in: tx) { return .bad(problem) }
        made.next = try AuditTreeStore.checkpoint(of: chain, above: max(tree.pruned - 1, 0), in: tx)
        if let problem = try made.compare(in: tx) { return .bad(problem) }
        return .ready(made)
    }

    private init(
        _ chain: String, _ evidence: Audit.Evidence, _ tree: AuditTreeStore.Tree, _ frontier: MerkleFrontier
    ) {
        self.chain = chain
        publicKey = evidence.publicKey
        kept = Dictionary(grouping: evidence.checkpoints.filter { $0.chain == chain }, by: \.size)
        self.frontier = frontier
        built = tree.size
        pruned = tree.pruned
        prunedHash = tree.prunedHash
    }

    private static func newestKey(of chain: String, in tx: any Transaction) throws -> [UInt8]? {
        try AuditTreeStore.checkpoints(of: chain, limit: 1, in: tx).first?.publicKey
    }

    /// Checkpoints from outside that end within what was removed: the kept tiles still answer for them.
    private mutating func checkPruned(in tx: any Transaction) throws -> String? {
        for kept in kept.values.joined() where kept.size < pruned {
            let tree = try MerkleTree(of: Audit.Chain(key: chain), size: pruned, in: tx)
            if let problem = problem(of: kept, root: try tree.root(of: kept.size)) { return problem }
        }
        return nil
    }

    /// Takes the next record; returns what does not fit.
    mutating func add(_ record: AuditEvent, in tx: any Transaction) throws -> String? {
        var nodes: [(level: Int, position: Int64, hash: Merkle.Hash)] = []
        let leaf = Merkle.leaf(record.canonical(chain: Audit.Chain(key: chain)))
        frontier.append(leaf) { if $0 % 8 == 0 { nodes.append(($0, $1, $2)) } }
        for node in nodes where (node.position + 1) << Int64(node.level) <= built {
            guard try stored(node.level / 8, node.position, in: tx) == node.hash else {
                return "record \(frontier.size) does not fit the tree that was built over it"
            }
        }
        terms.formUnion(record.terms)
        if frontier.size % MerkleTree.tileWidth == 0 {
            if frontier.size <= built, try !hasRightFilter(in: tx) {
                return "records up to \(frontier.size) can be missing from searches: their filter was changed"
            }
            terms = []
        }
        return try compare(in: tx)
    }

    private func hasRightFilter(in tx: any Transaction) throws -> Bool {
        let position = frontier.size / MerkleTree.tileWidth - 1
        let stored = try AuditTreeStore.filters(
            of: chain, in: position...position, newestFirst: true, limit: 1, in: tx)
        return stored.first?.filter.bytes == TermFilter(terms).bytes
    }

    private mutating func stored(_ level: Int, _ index: Int64, in tx: any Transaction) throws -> Merkle.Hash {
        let position = index / MerkleTree.tileWidth
        if tiles[level]?.position != position {
            let name = AuditTreeStore.TileName(level: level, position: position)
            tiles[level] = (position, try AuditTreeStore.tile(name, of: chain, in: tx) ?? [])
        }
        let offset = Int(index % MerkleTree.tileWidth) * 32
        guard let hashes = tiles[level]?.hashes, hashes.count >= offset + 32 else { return [] }
        return Array(hashes[offset..<(offset + 32)])
    }

    /// Holds the checkpoints of the size that was reached against the root.
    private mutating func compare(in tx: any Transaction) throws -> String? {
        if let checkpoint = next, checkpoint.size == frontier.size {
            if let problem = problem(of: checkpoint, root: frontier.root) { return problem }
            next = try AuditTreeStore.checkpoint(of: chain, above: frontier.size, in: tx)
        }
        for kept in kept[frontier.size] ?? [] {
            if let problem = problem(of: kept, root: frontier.root) { return problem }
        }
        return nil
    }

    private mutating func problem(of checkpoint: Checkpoint, root: Merkle.Hash) -> String? {
        checked += 1
        guard checkpoint.isSigned(by: publicKey) else {
            return "the checkpoint of \(checkpoint.size) records is not signed by this instance"
        }
        guard checkpoint.root == root else {
            return "the first \(checkpoint.size) records are not those of the checkpoint made at \(checkpoint.at)"
        }
        return nil
    }

    /// What is left when the last record was taken.
    mutating func finish(in tx: any Transaction) throws -> String? {
        let longest = ([next].compactMap(\.self) + kept.values.joined()).max { $0.size < $1.size }
        guard let longest, longest.size > frontier.size else {
            return built > frontier.size ? "the tree has \(built) records, the log \(frontier.size)" : nil
        }
        return "the newest records are missing: a checkpoint has \(longest.size), the log \(frontier.size)"
    }
}
