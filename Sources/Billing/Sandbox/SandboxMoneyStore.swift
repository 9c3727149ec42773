// All SQL of the simulator's disputes, settlements, links, account lines and behaviour.
import Core
import Storage
import Web

extension SandboxStore {
    static func chaos(in tx: any Transaction) throws -> Chaos {
        let text = try tx.first("SELECT settings FROM sandbox_chaos WHERE id = 1") { try $0.text(0) }
        return try text.map { Chaos.read(try JSONParser.parse(Array($0.utf8))) } ?? Chaos()
    }

    static func setChaos(_ it: Chaos, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_chaos (id, settings) VALUES (1, \(it.json.text))
            ON CONFLICT (id) DO UPDATE SET settings = excluded.settings
            """)
    }

    static func update(_ it: SandboxRefund, in tx: any Transaction) throws {
        try tx.run("UPDATE sandbox_refunds SET status = \(it.status) WHERE id = \(it.id)")
    }

    // MARK: Disputes

    private static let disputeColumns: SQL =
        "id, payment_id, status, amount, currency, deducted, is_held, created_at"

    private static func dispute(_ row: Row) throws -> SandboxDispute {
        SandboxDispute(
            id: try row.text(0), payment: try row.text(1), status: try row.choice(2),
            amount: try row.money(3, currency: 4), deducted: try row.int(5), isHeld: try row.flag(6),
            createdAt: try row.time(7))
    }

    static func save(_ it: SandboxDispute, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_disputes (\(disputeColumns))
            VALUES (\(it.id), \(it.payment), \(it.status), \(it.amount.amount), \(it.amount.currency), \(it.deducted),
              \(it.isHeld), \(it.createdAt))
            ON CONFLICT (id) DO UPDATE SET status = excluded.status, deducted = excluded.deducted
            """)
    }

    static func dispute(_ id: String, in tx: any Transaction) throws -> SandboxDispute? {
        try tx.first("SELECT \(disputeColumns) FROM sandbox_disputes WHERE id = \(id)", dispute)
    }

    /// Newest first.
    static func disputes(count: Int, skip: Int, in tx: any Transaction) throws -> [SandboxDispute] {
        try tx.rows(
            """
            SELECT \(disputeColumns) FROM sandbox_disputes ORDER BY created_at DESC, id LIMIT \(count) OFFSET \(skip)
            """, dispute)
    }

    // MARK: Settlements

    private static let settlementColumns: SQL = "id, amount, currency, fees, tax, utr, created_at"

    private static func settlement(_ row: Row) throws -> SandboxSettlement {
        SandboxSettlement(
            id: try row.text(0), amount: try row.money(1, currency: 2), fees: try row.int(3), tax: try row.int(4),
            utr: try row.text(5), createdAt: try row.time(6))
    }

    static func insert(_ it: SandboxSettlement, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_settlements (\(settlementColumns))
            VALUES (\(it.id), \(it.amount.amount), \(it.amount.currency), \(it.fees), \(it.tax), \(it.utr),
              \(it.createdAt))
            """)
    }

    static func settlement(_ id: String, in tx: any Transaction) throws -> SandboxSettlement? {
        try tx.first("SELECT \(settlementColumns) FROM sandbox_settlements WHERE id = \(id)", settlement)
    }

    static func settlements(count: Int, skip: Int, in tx: any Transaction) throws -> [SandboxSettlement] {
        try tx.rows(
            """
            SELECT \(settlementColumns) FROM sandbox_settlements
            ORDER BY created_at DESC, id LIMIT \(count) OFFSET \(skip)
            """, settlement)
    }

    // MARK: Lines

    static func insert(_ it: SandboxLine, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_lines (entity_id, type, amount, net, fee, tax, currency, payment_id, order_id,
              dispute_id, created_at)
            VALUES (\(it.id), \(it.type), \(it.amount), \(it.net.amount), \(it.fee), \(it.tax), \(it.net.currency),
              \(it.payment), \(it.order), \(it.dispute), \(it.createdAt))
            """)
    }

    /// Lines that were made or settled in a span of time.
    static func lines(
        from: Timestamp, until: Timestamp, count: Int, skip: Int, in tx: any Transaction
    ) throws -> [SandboxLine] {
        try tx.rows(
            """
            SELECT l.entity_id, l.type, l.amount, l.net, l.currency, l.fee, l.tax, l.payment_id, l.order_id,
              l.dispute_id, l.settlement_id, s.utr, s.created_at, l.created_at
            FROM sandbox_lines l LEFT JOIN sandbox_settlements s ON s.id = l.settlement_id
            WHERE (l.created_at >= \(from) AND l.created_at < \(until))
              OR (s.created_at >= \(from) AND s.created_at < \(until))
            ORDER BY l.created_at, l.entity_id LIMIT \(count) OFFSET \(skip)
            """
        ) { row in
            SandboxLine(
                id: try row.text(0), type: try row.text(1), amount: try row.int(2),
                net: try row.money(3, currency: 4), fee: try row.int(5), tax: try row.int(6),
                payment: row.optionalText(7), order: row.optionalText(8), dispute: row.optionalText(9),
                settlement: row.optionalText(10), utr: row.optionalText(11), settledAt: row.optionalTime(12),
                createdAt: try row.time(13))
        }
    }

    /// Sums of what is not settled yet.
    static func openTotals(
        _ currency: Currency, in tx: any Transaction
    ) throws -> (net: Int64, fees: Int64, tax: Int64) {
        try tx.first(
            """
            SELECT coalesce(sum(net), 0), coalesce(sum(fee), 0), coalesce(sum(tax), 0) FROM sandbox_lines
            WHERE settlement_id IS NULL AND currency = \(currency)
            """
        ) { (try $0.int(0), try $0.int(1), try $0.int(2)) } ?? (0, 0, 0)
    }

    static func settle(_ currency: Currency, by settlement: String, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE sandbox_lines SET settlement_id = \(settlement)
            WHERE settlement_id IS NULL AND currency = \(currency)
            """)
    }

    /// Takes a line off the account; false when it is settled already.
    static func strike(_ id: String, in tx: any Transaction) throws -> Bool {
        try tx.first(
            "DELETE FROM sandbox_lines WHERE entity_id = \(id) AND settlement_id IS NULL RETURNING entity_id"
        ) { try $0.text(0) } != nil
    }

    // MARK: Links

    private static let linkColumns: SQL = "id, reference_id, order_id, description, callback, created_at"

    private static func link(_ row: Row) throws -> SandboxLink {
        SandboxLink(
            id: try row.text(0), reference: row.optionalText(1), order: try row.text(2),
            description: try row.text(3), callback: try row.text(4), createdAt: try row.time(5))
    }

    static func insert(_ it: SandboxLink, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_links (\(linkColumns))
            VALUES (\(it.id), \(it.reference), \(it.order), \(it.description), \(it.callback), \(it.createdAt))
            """)
    }

    static func link(_ id: String, in tx: any Transaction) throws -> SandboxLink? {
        try tx.first("SELECT \(linkColumns) FROM sandbox_links WHERE id = \(id)", link)
    }

    static func link(ofOrder order: String, in tx: any Transaction) throws -> SandboxLink? {
        try tx.first("SELECT \(linkColumns) FROM sandbox_links WHERE order_id = \(order)", link)
    }

    static func links(reference: String?, count: Int, skip: Int, in tx: any Transaction) throws -> [SandboxLink] {
        let only: SQL = reference.map { "WHERE reference_id = \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(linkColumns) FROM sandbox_links \(only)
            ORDER BY created_at DESC, id LIMIT \(count) OFFSET \(skip)
            """, link)
    }
}
