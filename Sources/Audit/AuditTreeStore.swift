// All SQL of the audit log's trees: tiles, checkpoints, and what was pruned.
import Core
import Storage

enum AuditTreeStore {
    /// How far a chain's tree is built, and what was removed from the front of the chain.
    struct Tree {
        var size: Int64 = 0
        var pruned: Int64 = 0
        var prunedHash: [UInt8] = Audit.origin
        var prunedAt: Timestamp?
        var prunedSignature: [UInt8]?
    }

    /// Where a tile is.
    struct TileName: Hashable {
        let level: Int
        let position: Int64
    }

    static func tree(of chain: String, in tx: any Transaction) throws -> Tree {
        try tx.first(
            """
            SELECT size, pruned, pruned_hash, pruned_at, pruned_signature FROM audit_trees
            WHERE organization_id = \(chain)
            """
        ) { row in
            Tree(
                size: try row.int(0), pruned: try row.int(1), prunedHash: row.optionalBytes(2) ?? Audit.origin,
                prunedAt: row.optionalTime(3), prunedSignature: row.optionalBytes(4))
        } ?? Tree()
    }

    static func setSize(_ size: Int64, of chain: String, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO audit_trees (organization_id, size) VALUES (\(chain), \(size))
            ON CONFLICT (organization_id) DO UPDATE SET size = excluded.size
            """)
    }

    static func tile(_ name: TileName, of chain: String, in tx: any Transaction) throws -> [UInt8]? {
        try tx.first(
            """
            SELECT hashes FROM audit_tiles
            WHERE organization_id = \(chain) AND level = \(name.level) AND position = \(name.position)
            """
        ) { try $0.bytes(0) }
    }

    static func put(_ hashes: [UInt8], in name: TileName, of chain: String, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO audit_tiles (organization_id, level, position, hashes)
            VALUES (\(chain), \(name.level), \(name.position), \(hashes))
            ON CONFLICT (organization_id, level, position) DO UPDATE SET hashes = excluded.hashes
            """)
    }

    static func put(_ filter: TermFilter, at position: Int64, of chain: String, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO audit_filters (organization_id, position, bits)
            VALUES (\(chain), \(position), \(filter.bytes))
            """)
    }

    /// The filters of some tiles, in order.
    static func filters(
        of chain: String, in tiles: ClosedRange<Int64>, newestFirst: Bool, limit: Int, in tx: any Transaction
    ) throws -> [(position: Int64, filter: TermFilter)] {
        let order: SQL = newestFirst ? "DESC" : "ASC"
        return try tx.rows(
            """
            SELECT position, bits FROM audit_filters
            WHERE organization_id = \(chain) AND position >= \(tiles.lowerBound) AND position <= \(tiles.upperBound)
            ORDER BY position \(order) LIMIT \(limit)
            """
        ) { (try $0.int(0), TermFilter(stored: try $0.bytes(1))) }
    }

    /// What the jobs know of a chain.
    struct Progress: Sendable {
        let chain: String
        let head: Int64
        let built: Int64
        let pruned: Int64
        /// The size and time of the newest checkpoint.
        let checkpoint: (size: Int64, at: Timestamp)?
    }

    /// Chains in the order of their names, above one. Scope: instance.
    static func progress(after chain: String, limit: Int, in tx: any Transaction) throws -> [Progress] {
        try tx.rows(
            """
            SELECT h.organization_id, h.sequence, coalesce(t.size, 0), coalesce(t.pruned, 0), c.size, c.at
            FROM audit_heads AS h LEFT JOIN audit_trees AS t ON t.organization_id = h.organization_id
            LEFT JOIN audit_checkpoints AS c ON c.organization_id = h.organization_id AND c.size =
              (SELECT max(size) FROM audit_checkpoints WHERE organization_id = h.organization_id)
            WHERE h.organization_id > \(chain) ORDER BY h.organization_id LIMIT \(limit)
            """
        ) { row in
            let size = row.optionalInt(4)
            let at = row.optionalTime(5)
            return Progress(
                chain: try row.text(0), head: try row.int(1), built: try row.int(2), pruned: try row.int(3),
                checkpoint: size.flatMap { size in at.map { (size, $0) } })
        }
    }

    // MARK: - Checkpoints

    private static let columns: SQL = "organization_id, size, root, at, public_key, signature"

    private static func checkpoint(_ row: Row) throws -> Checkpoint {
        Checkpoint(
            chain: try row.text(0), size: try row.int(1), root: try row.bytes(2), at: try row.time(3),
            publicKey: try row.bytes(4), signature: try row.bytes(5))
    }

    /// False when the chain has a checkpoint of that size.
    static func insert(_ checkpoint: Checkpoint, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            INSERT INTO audit_checkpoints (organization_id, size, root, at, public_key, signature)
            VALUES (\(checkpoint.chain), \(checkpoint.size), \(checkpoint.root), \(checkpoint.at),
              \(checkpoint.publicKey), \(checkpoint.signature))
            ON CONFLICT (organization_id, size) DO NOTHING
            """) == 1
    }

    /// The newest first, below a size.
    static func checkpoints(
        of chain: String, before: Int64? = nil, limit: Int, in tx: any Transaction
    ) throws -> [Checkpoint] {
        let below: SQL = before.map { "AND size < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM audit_checkpoints
            WHERE organization_id = \(chain) \(below) ORDER BY size DESC LIMIT \(limit)
            """, checkpoint)
    }

    /// The smallest checkpoint above a size.
    static func checkpoint(of chain: String, above size: Int64, in tx: any Transaction) throws -> Checkpoint? {
        try tx.first(
            """
            SELECT \(columns) FROM audit_checkpoints
            WHERE organization_id = \(chain) AND size > \(size) ORDER BY size LIMIT 1
            """, checkpoint)
    }

    static func checkpoint(of chain: String, size: Int64, in tx: any Transaction) throws -> Checkpoint? {
        try tx.first(
            "SELECT \(columns) FROM audit_checkpoints WHERE organization_id = \(chain) AND size = \(size)", checkpoint)
    }

    // MARK: - Retention

    /// How many records from the front are older than an instant, in whole tiles that are built.
    static func countOlder(
        than instant: Timestamp, of chain: String, after pruned: Int64, through built: Int64, in tx: any Transaction
    ) throws -> Int64 {
        let young = try tx.first(
            """
            SELECT sequence FROM audit_events
            WHERE organization_id = \(chain) AND sequence > \(pruned) AND sequence <= \(built) AND at >= \(instant)
            ORDER BY sequence LIMIT 1
            """
        ) { try $0.int(0) }
        return young.map { $0 - 1 } ?? built
    }

    static func hash(of chain: String, at sequence: Int64, in tx: any Transaction) throws -> [UInt8]? {
        try tx.first(
            "SELECT hash FROM audit_events WHERE organization_id = \(chain) AND sequence = \(sequence)"
        ) { try $0.bytes(0) }
    }

    static func setPruned(_ pruned: Pruning, of chain: String, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE audit_trees SET pruned = \(pruned.through), pruned_hash = \(pruned.hash), pruned_at = \(pruned.at),
              pruned_signature = \(pruned.signature)
            WHERE organization_id = \(chain)
            """)
    }

    /// Records and what they are searched by; the tiles stay.
    static func deleteRecords(of chain: String, through sequence: Int64, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            DELETE FROM audit_filters
            WHERE organization_id = \(chain) AND position < \(sequence / MerkleTree.tileWidth)
            """)
        return try tx.run(
            """
            DELETE FROM audit_events WHERE organization_id = \(chain) AND sequence <= \(sequence)
            """)
    }
}
