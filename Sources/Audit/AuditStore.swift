// All SQL of the audit log.
import Core
import Storage

enum AuditStore {
    static func head(of chain: Audit.Chain, in tx: any Transaction) throws -> (sequence: Int64, hash: [UInt8]) {
        try tx.first("SELECT sequence, hash FROM audit_heads WHERE organization_id = \(chain.key)") {
            (try $0.int(0), try $0.bytes(1))
        } ?? (0, Audit.origin)
    }

    static func append(
        _ event: AuditEvent, to chain: Audit.Chain, canonical: String, previous: [UInt8], hash: [UInt8],
        in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO audit_events (organization_id, sequence, at, actor_kind, actor_id, actor_display, request_id,
              address, action, target_kind, target_id, details, canonical, previous_hash, hash)
            VALUES (\(chain.key), \(event.sequence), \(event.at), \(event.actor.kind.rawValue), \(event.actor.id),
              \(event.actor.display), \(event.actor.requestID), \(event.actor.address), \(event.action),
              \(event.target.kind), \(event.target.id), \(event.details), \(canonical), \(previous), \(hash))
            """)
    }

    /// Newest first, below a sequence number, through whichever index the filter has.
    static func page(
        of chain: Audit.Chain, before: Int64?, filter: AuditFilter = AuditFilter(), limit: Int, in tx: any Transaction
    ) throws -> [Stored] {
        guard let range = try range(of: chain, before: before, filter, in: tx) else { return [] }
        guard let actor = filter.actor else {
            return try rows(of: chain, in: range, filter, newestFirst: true, limit: limit, in: tx)
        }
        return try page(of: chain, by: actor, in: range, filter, limit: limit, in: tx)
    }

    /// The same oldest first, above a sequence number: for exports.
    static func stretch(
        of chain: Audit.Chain, after: Int64, filter: AuditFilter, limit: Int, in tx: any Transaction
    ) throws -> [Stored] {
        guard let range = try range(of: chain, before: nil, filter, in: tx), after < range.upperBound else { return [] }
        let rest = max(range.lowerBound, after + 1)...range.upperBound
        return try rows(of: chain, in: rest, filter, newestFirst: false, limit: limit, in: tx)
    }

    /// One record.
    static func find(_ sequence: Int64, of chain: Audit.Chain, in tx: any Transaction) throws -> Stored? {
        try rows(of: chain, in: sequence...sequence, AuditFilter(), newestFirst: true, limit: 1, in: tx).first
    }

    /// A record with what was hashed.
    struct Stored: Sendable {
        let event: AuditEvent
        let hash: [UInt8]
        let canonical: String
    }

    /// Somebody's records: only tiles in which they acted are read, and what is in no tile yet.
    private static func page(
        of chain: Audit.Chain, by actor: String, in range: ClosedRange<Int64>, _ filter: AuditFilter, limit: Int,
        in tx: any Transaction
    ) throws -> [Stored] {
        let built = try AuditTreeStore.tree(of: chain.key, in: tx).size
        var found: [Stored] = []
        if range.upperBound > built {
            let newest = max(range.lowerBound, built + 1)...range.upperBound
            found = try rows(of: chain, in: newest, filter, newestFirst: true, limit: limit, in: tx)
        }
        var position = (min(range.upperBound, built) - 1) / MerkleTree.tileWidth
        while found.count < limit, position >= 0 {
            let tiles = try AuditTreeStore.tiles(of: actor, in: chain.key, from: position, limit: 50, in: tx)
            for tile in tiles where found.count < limit {
                let start = tile * MerkleTree.tileWidth
                guard start + MerkleTree.tileWidth >= range.lowerBound else { return found }
                let part = max(start + 1, range.lowerBound)...min(start + MerkleTree.tileWidth, range.upperBound, built)
                found += try rows(of: chain, in: part, filter, newestFirst: true, limit: limit - found.count, in: tx)
            }
            guard let last = tiles.last, tiles.count == 50 else { break }
            position = last - 1
        }
        return found
    }

    private static func rows(
        of chain: Audit.Chain, in range: ClosedRange<Int64>, _ filter: AuditFilter, newestFirst: Bool, limit: Int,
        in tx: any Transaction
    ) throws -> [Stored] {
        try tx.rows(statement(of: chain, in: range, filter, newestFirst: newestFirst, limit: limit)) {
            Stored(event: try event($0), hash: try $0.bytes(12), canonical: try $0.text(13))
        }
    }

    /// The statement that reads records of a range through the index of the filter.
    ///
    /// `i` walks an index, `e` is the record. The join is spelled out because SQLite otherwise takes the primary key,
    /// which holds everything, and reads the whole chain. With an actor the range is a tile, and that is right.
    static func statement(
        of chain: Audit.Chain, in range: ClosedRange<Int64>, _ filter: AuditFilter, newestFirst: Bool, limit: Int
    ) -> SQL {
        let order: SQL = newestFirst ? "DESC" : "ASC"
        let indexed: SQL
        if let target = filter.target {
            indexed = "AND i.target_kind = \(target.kind) AND i.target_id = \(target.id)"
        } else if let action = filter.action, filter.actor == nil {
            indexed = "AND i.action = \(action)"
        } else {
            return """
                SELECT \(columns), e.hash, e.canonical FROM audit_events AS e
                WHERE e.organization_id = \(chain.key) AND e.sequence >= \(range.lowerBound)
                  AND e.sequence <= \(range.upperBound) \(filter.condition)
                ORDER BY e.sequence \(order) LIMIT \(limit)
                """
        }
        return """
            SELECT \(columns), e.hash, e.canonical FROM audit_events AS i CROSS JOIN audit_events AS e
              ON e.organization_id = i.organization_id AND e.sequence = i.sequence
            WHERE i.organization_id = \(chain.key) \(indexed) AND i.sequence >= \(range.lowerBound)
              AND i.sequence <= \(range.upperBound) \(filter.condition)
            ORDER BY i.sequence \(order) LIMIT \(limit)
            """
    }

    /// The sequence numbers that a filter's time can be in; nil when there are none.
    private static func range(
        of chain: Audit.Chain, before: Int64?, _ filter: AuditFilter, in tx: any Transaction
    ) throws -> ClosedRange<Int64>? {
        let head = try head(of: chain, in: tx).sequence
        let pruned = try AuditTreeStore.tree(of: chain.key, in: tx).pruned
        var (first, last) = (pruned + 1, min(head, before.map { $0 - 1 } ?? head))
        guard first <= last else { return nil }
        if let from = filter.from {
            first = try firstSequence(at: from.adding(-AuditFilter.clockSteps), of: chain, first...last, in: tx)
        }
        if let to = filter.to {
            last = min(last, try firstSequence(at: to.adding(AuditFilter.clockSteps), of: chain, first...last, in: tx))
        }
        return first <= last ? first...last : nil
    }

    /// The first record of a range that is not older than an instant, by halving: times grow with the sequence. The
    /// range's last one when all are older.
    private static func firstSequence(
        at instant: Timestamp, of chain: Audit.Chain, _ range: ClosedRange<Int64>, in tx: any Transaction
    ) throws -> Int64 {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            let at = try tx.first(
                "SELECT at FROM audit_events WHERE organization_id = \(chain.key) AND sequence = \(middle)"
            ) { try $0.time(0) }
            if let at, at < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Everything about one thing, newest first: the time-line of an object page.
    static func about(_ target: Audit.Target, limit: Int, in tx: any Transaction) throws -> [AuditEvent] {
        var filter = AuditFilter()
        filter.target = target
        let chain = Audit.Chain.organization(try tx.organization())
        return try page(of: chain, before: nil, filter: filter, limit: limit, in: tx).map(\.event)
    }

    /// A stretch of a chain in its own order, for verification.
    static func links(of chain: String, after: Int64, limit: Int, in tx: any Transaction) throws -> [Link] {
        try tx.rows(
            """
            SELECT sequence, canonical, previous_hash, hash, at, actor_kind, actor_id, actor_display, request_id,
              address, action, target_kind, target_id, details
            FROM audit_events WHERE organization_id = \(chain) AND sequence > \(after) ORDER BY sequence LIMIT \(limit)
            """
        ) { row in
            Link(
                sequence: try row.int(0), canonical: try row.text(1), previous: try row.bytes(2),
                hash: try row.bytes(3),
                event: AuditEvent(
                    sequence: try row.int(0), at: try row.time(4), actor: try actor(row, from: 5),
                    action: try row.text(10), target: Audit.Target(try row.text(11), try row.text(12)),
                    details: try row.text(13)))
        }
    }

    /// Every chain with its head.
    static func heads(in tx: any Transaction) throws -> [(chain: String, sequence: Int64, hash: [UInt8])] {
        try tx.rows("SELECT organization_id, sequence, hash FROM audit_heads ORDER BY organization_id") {
            (try $0.text(0), try $0.int(1), try $0.bytes(2))
        }
    }

    /// Chains that have records but no head: somebody removed it.
    static func headless(in tx: any Transaction) throws -> [String] {
        try tx.rows(
            """
            SELECT DISTINCT organization_id FROM audit_events
            WHERE organization_id NOT IN (SELECT organization_id FROM audit_heads)
            """
        ) { try $0.text(0) }
    }

    struct Link {
        let sequence: Int64
        let canonical: String
        let previous: [UInt8]
        let hash: [UInt8]
        let event: AuditEvent
    }

    private static let columns: SQL = """
        e.sequence, e.at, e.actor_kind, e.actor_id, e.actor_display, e.request_id, e.address, e.action, e.target_kind,
        e.target_id, e.details, e.organization_id
        """

    private static func event(_ row: Row) throws -> AuditEvent {
        AuditEvent(
            sequence: try row.int(0), at: try row.time(1), actor: try actor(row, from: 2), action: try row.text(7),
            target: Audit.Target(try row.text(8), try row.text(9)), details: try row.text(10))
    }

    private static func actor(_ row: Row, from column: Int) throws -> Actor {
        Actor(
            try row.choice(column), id: try row.text(column + 1), display: try row.text(column + 2),
            requestID: row.optionalText(column + 3), address: row.optionalText(column + 4))
    }
}
