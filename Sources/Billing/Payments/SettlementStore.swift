// All SQL of settlements and of the lines of the provider's report.
import Core
import Storage

/// A settlement as we know it.
struct Settlement: Sendable, Hashable {
    let provider: String
    let remoteID: String
    let state: SettlementState
    let amount: Money
    let reference: String?
    let createdAt: Timestamp
}

/// A line of the report with what it was booked as.
struct ReportLine: Sendable, Hashable {
    let line: SettlementLine
    let provider: String
    let outcome: String
}

enum SettlementStore {
    private static let columns: SQL = "provider, remote_id, state, amount, currency, reference, created_at"

    private static func settlement(_ row: Row) throws -> Settlement {
        Settlement(
            provider: try row.text(0), remoteID: try row.text(1), state: try row.choice(2),
            amount: try row.money(3, currency: 4), reference: row.optionalText(5), createdAt: try row.time(6))
    }

    static func save(_ it: Settlement, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO settlements (\(columns), updated_at)
            VALUES (\(it.provider), \(it.remoteID), \(it.state), \(it.amount.amount), \(it.amount.currency),
              \(it.reference), \(it.createdAt), \(tx.now))
            ON CONFLICT (provider, remote_id) DO UPDATE SET state = excluded.state,
              reference = coalesce(excluded.reference, settlements.reference), updated_at = excluded.updated_at
            """)
    }

    static func find(_ remoteID: String, provider: String, in tx: any Transaction) throws -> Settlement? {
        try tx.first(
            "SELECT \(columns) FROM settlements WHERE provider = \(provider) AND remote_id = \(remoteID)", settlement)
    }

    static func find(_ remoteID: String, in tx: any Transaction) throws -> Settlement? {
        try tx.first("SELECT \(columns) FROM settlements WHERE remote_id = \(remoteID)", settlement)
    }

    static func newest(limit: Int, in tx: any Transaction) throws -> [Settlement] {
        try tx.rows(
            "SELECT \(columns) FROM settlements ORDER BY created_at DESC, remote_id LIMIT \(limit)", settlement)
    }

    // MARK: Lines

    private static let lineColumns: SQL =
        """
        entity_id, kind, net, currency, fee, fee_tax, gross, payment_id, order_id, dispute_id, settlement_id,
        created_at, provider, outcome
        """

    private static func line(_ row: Row) throws -> ReportLine {
        let currency = Currency(stored: try row.text(3))
        let line = SettlementLine(
            id: try row.text(0), kind: try row.choice(1), net: Money(stored: try row.int(2), currency),
            fee: try row.int(4), feeTax: try row.int(5), gross: try row.int(6), paymentID: row.optionalText(7),
            orderID: row.optionalText(8), disputeID: row.optionalText(9), settlementID: row.optionalText(10),
            createdAt: try row.time(11))
        return ReportLine(line: line, provider: try row.text(12), outcome: try row.text(13))
    }

    /// Writes a line down, or what became known of it since.
    static func save(_ it: SettlementLine, provider: String, outcome: String, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO settlement_lines (\(lineColumns))
            VALUES (\(it.id), \(it.kind), \(it.net.amount), \(it.net.currency), \(it.fee), \(it.feeTax), \(it.gross),
              \(it.paymentID), \(it.orderID), \(it.disputeID), \(it.settlementID), \(it.createdAt), \(provider),
              \(outcome))
            ON CONFLICT (provider, entity_id) DO UPDATE SET
              settlement_id = coalesce(excluded.settlement_id, settlement_lines.settlement_id)
            """)
    }

    static func line(_ id: String, provider: String, in tx: any Transaction) throws -> ReportLine? {
        try tx.first(
            "SELECT \(lineColumns) FROM settlement_lines WHERE provider = \(provider) AND entity_id = \(id)", line)
    }

    static func lines(of settlement: Settlement, limit: Int, in tx: any Transaction) throws -> [ReportLine] {
        try tx.rows(
            """
            SELECT \(lineColumns) FROM settlement_lines
            WHERE provider = \(settlement.provider) AND settlement_id = \(settlement.remoteID)
            ORDER BY created_at, entity_id LIMIT \(limit)
            """, line)
    }

    /// Sums of a settlement's lines, and how many there are.
    static func total(of settlement: Settlement, in tx: any Transaction) throws -> (net: Int64, count: Int64) {
        try tx.first(
            """
            SELECT coalesce(sum(net), 0), count(*) FROM settlement_lines
            WHERE provider = \(settlement.provider) AND settlement_id = \(settlement.remoteID)
            """
        ) { (try $0.int(0), try $0.int(1)) } ?? (0, 0)
    }

    /// Lines that were booked as something that somebody has to explain.
    static func unexplained(limit: Int, in tx: any Transaction) throws -> [ReportLine] {
        try tx.rows(
            """
            SELECT \(lineColumns) FROM settlement_lines WHERE outcome = 'suspense'
            ORDER BY created_at DESC, entity_id LIMIT \(limit)
            """, line)
    }

    // MARK: How far the report was read

    static func reportedThrough(_ provider: String, in tx: any Transaction) throws -> Timestamp? {
        try tx.first("SELECT reported_through FROM payment_accounts WHERE provider = \(provider)") {
            try $0.time(0)
        }
    }

    static func note(reportedThrough instant: Timestamp, _ provider: String, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO payment_accounts (provider, reported_through, read_at)
            VALUES (\(provider), \(instant), \(tx.now))
            ON CONFLICT (provider) DO UPDATE SET reported_through = excluded.reported_through,
              read_at = excluded.read_at
            """)
    }
}
