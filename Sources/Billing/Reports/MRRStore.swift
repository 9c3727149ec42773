// All SQL of movements of monthly recurring revenue.
import Core
import Storage

enum MRRStore {
    private static let columns: SQL =
        "organization_id, currency, number, kind, mrr_before, mrr_after, plan_code, occurred_at"

    private static func movement(_ row: Row) throws -> MRRMovement {
        MRRMovement(
            organization: try row.id(0), currency: Currency(stored: try row.text(1)), number: try row.int(2),
            kind: try row.choice(3), before: try row.int(4), after: try row.int(5), plan: try row.text(6),
            at: try row.time(7))
    }

    /// The last movement of the transaction's organisation in each currency.
    static func latest(in tx: any Transaction) throws -> [MRRMovement] {
        try tx.rows(
            """
            SELECT \(columns) FROM mrr_movements m WHERE organization_id = \(try tx.organization())
              AND number = (SELECT max(number) FROM mrr_movements
                WHERE organization_id = m.organization_id AND currency = m.currency)
            ORDER BY currency
            """, movement)
    }

    static func insert(_ it: MRRMovement, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO mrr_movements (\(columns))
            VALUES (\(it.organization), \(it.currency), \(it.number), \(it.kind), \(it.before), \(it.after), \(it.plan),
              \(it.at))
            """)
    }

    /// Every movement before an instant, in the order in which they happened; for the scope of the instance.
    static func all(before end: Timestamp, in tx: any Transaction) throws -> [MRRMovement] {
        try tx.rows(
            """
            SELECT \(columns) FROM mrr_movements WHERE occurred_at < \(end)
            ORDER BY occurred_at, organization_id, currency, number
            """, movement)
    }
}
