// All SQL of the audit log.
import Core
import Storage

enum AuditStore {
    static func head(of chain: Audit.Chain, in tx: any Transaction) throws -> (sequence: Int64, hash: [UInt8]) {
        try tx.first("SELECT sequence, hash FROM audit_heads WHERE organization_id = \(chain.key)") {
            (try $0.int(0), try $0.bytes(1))
        } ?? (0, Audit.origin)
    }

    static func append(_ event: AuditEvent, to chain: Audit.Chain, hash: [UInt8], in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO audit_events (organization_id, sequence, at, actor_kind, actor_id, actor_display, request_id,
              address, action, target_kind, target_id, details, hash)
            VALUES (\(chain.key), \(event.sequence), \(event.at), \(event.actor.kind.rawValue), \(event.actor.id),
              \(event.actor.display), \(event.actor.requestID), \(event.actor.address), \(event.action),
              \(event.target.kind), \(event.target.id), \(event.details), \(hash))
            """)
    }

    /// Newest first, below a sequence number.
    static func page(
        of chain: Audit.Chain, before: Int64?, filter: AuditFilter = AuditFilter(), limit: Int, in tx: any Transaction
    ) throws -> [Stored] {
        guard let range = try range(of: chain, before: before, filter, in: tx) else { return [] }
        return try search(chain, in: range, filter, newestFirst: true, limit: limit, in: tx)
    }

    /// The same oldest first, above a sequence number: for exports.
    static func stretch(
        of chain: Audit.Chain, after: Int64, filter: AuditFilter, limit: Int, in tx: any Transaction
    ) throws -> [Stored] {
        guard let range = try range(of: chain, before: nil, filter, in: tx), after < range.upperBound else { return [] }
        let rest = max(range.lowerBound, after + 1)...range.upperBound
        return try search(chain, in: rest, filter, newestFirst: false, limit: limit, in: tx)
    }

    /// One record.
    static func find(_ sequence: Int64, of chain: Audit.Chain, in tx: any Transaction) throws -> Stored? {
        try rows(of: chain, in: sequence...sequence, AuditFilter(), newestFirst: true, limit: 1, in: tx).first
    }

    /// A record with its hash.
    struct Stored: Sendable {
        let event: AuditEvent
        let hash: [UInt8]
    }

    /// Reads only tiles whose filter has what is looked for, and what is in no tile yet.
    private static func search(
        _ chain: Audit.Chain, in range: ClosedRange<Int64>, _ filter: AuditFilter, newestFirst: Bool, limit: Int,
        in tx: any Transaction
    ) throws -> [Stored] {
        let bits = filter.terms.flatMap(\.bits)
        let built = bits.isEmpty ? 0 : try AuditTreeStore.tree(of: chain.key, in: tx).size
        var found: [Stored] = []
        func take(_ part: ClosedRange<Int64>) throws {
            found += try rows(
                of: chain, in: part, filter, newestFirst: newestFirst, limit: limit - found.count, in: tx)
        }
        func takeUnbuilt() throws {
            if range.upperBound > built { try take(max(range.lowerBound, built + 1)...range.upperBound) }
        }
        if newestFirst { try takeUnbuilt() }
        if range.lowerBound <= built {
            var tiles =
                (range.lowerBound - 1) / MerkleTree.tileWidth...(min(range.upperBound, built) - 1)
                / MerkleTree.tileWidth
            while found.count < limit {
                let stretch = try AuditTreeStore.filters(
                    of: chain.key, in: tiles, newestFirst: newestFirst, limit: 500, in: tx)
                for (position, filter) in stretch where found.count < limit && filter.mayHave(bits) {
                    let start = position * MerkleTree.tileWidth
                    try take(
                        max(start + 1, range.lowerBound)...min(start + MerkleTree.tileWidth, range.upperBound))
                }
                guard stretch.count == 500, let last = stretch.last?.position, tiles.count > 500 else { break }
                tiles = newestFirst ? tiles.lowerBound...(last - 1) : (last + 1)...tiles.upperBound
            }
        }
        if !newestFirst, found.count < limit { try takeUnbuilt() }
        return found
    }

    private static func rows(
        of chain: Audit.Chain, in range: ClosedRange<Int64>, _ filter: AuditFilter, newestFirst: Bool, limit: Int,
        in tx: any Transaction
    ) throws -> [Stored] {
        let order: SQL = newestFirst ? "DESC" : "ASC"
        return try tx.rows(
            """
            SELECT \(columns), hash FROM audit_events
            WHERE organization_id = \(chain.key) AND sequence >= \(range.lowerBound)
              AND sequence <= \(range.upperBound) \(filter.condition)
            ORDER BY sequence \(order) LIMIT \(limit)
            """
        ) { Stored(event: try event($0), hash: try $0.bytes(11)) }
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

    /// A stretch of a chain in its own order, for verification and for the tree.
    static func stretch(of chain: Audit.Chain, after: Int64, limit: Int64, in tx: any Transaction) throws -> [Stored] {
        try tx.rows(
            """
            SELECT \(columns), hash FROM audit_events
            WHERE organization_id = \(chain.key) AND sequence > \(after) ORDER BY sequence LIMIT \(limit)
            """
        ) { Stored(event: try event($0), hash: try $0.bytes(11)) }
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

    private static let columns: SQL = """
        sequence, at, actor_kind, actor_id, actor_display, request_id, address, action, target_kind, target_id, details
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
