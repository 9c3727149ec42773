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
        try tx.run(
            """
            INSERT INTO audit_heads (organization_id, sequence, hash) VALUES (\(chain.key), \(event.sequence), \(hash))
            ON CONFLICT (organization_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash
            """)
    }

    /// Newest first, below a sequence number.
    static func page(
        of chain: Audit.Chain, before: Int64?, action: String?, limit: Int, in tx: any Transaction
    ) throws -> [(event: AuditEvent, hash: [UInt8])] {
        let below: SQL = before.map { "AND sequence < \($0)" } ?? ""
        let only: SQL = action.map { "AND action = \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns), hash FROM audit_events WHERE organization_id = \(chain.key) \(below) \(only)
            ORDER BY sequence DESC LIMIT \(limit)
            """
        ) { (try event($0), try $0.bytes(12)) }
    }

    /// Everything about one thing, newest first: the time-line of an object page.
    static func about(_ target: Audit.Target, limit: Int, in tx: any Transaction) throws -> [AuditEvent] {
        try tx.rows(
            """
            SELECT \(columns) FROM audit_events
            WHERE organization_id = \(try tx.organization())
              AND target_kind = \(target.kind) AND target_id = \(target.id)
            ORDER BY sequence DESC LIMIT \(limit)
            """, event)
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
        sequence, at, actor_kind, actor_id, actor_display, request_id, address, action, target_kind, target_id, details,
        organization_id
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
