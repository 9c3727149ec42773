// All SQL of revenue schedules.
import Core
import Storage

enum RevenueStore {
    private static let columns: SQL =
        """
        id, organization_id, invoice_id, position, is_plan, currency, amount, whole, start_day, end_day, from_day,
        before, recognised, released, through_day, next_at, ended_by, ended_rest
        """

    private static func schedule(_ row: Row) throws -> RevenueSchedule {
        func day(_ column: Int) throws -> CivilDate {
            CivilDate(Timestamp(milliseconds: try row.int(column) * 86_400_000))
        }
        let span = DaySpan(start: try day(8), end: try day(9))
        return RevenueSchedule(
            id: try row.id(0), organization: try row.id(1), invoice: try row.id(2), position: try row.int(3),
            isPlan: try row.int(4) == 1, amount: try row.money(6, currency: 5),
            plan: RevenuePlan(whole: try row.int(7), period: span, from: try day(10)), before: try row.int(11),
            recognised: try row.int(12), released: try row.int(13), endedBy: row.optionalID(16),
            endedRest: try row.int(17), through: try day(14), nextAt: row.optionalTime(15))
    }

    static func insert(_ it: RevenueSchedule, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO revenue_schedules (\(columns), created_at)
            VALUES (\(it.id), \(it.organization), \(it.invoice), \(it.position), \(it.isPlan ? 1 : 0),
              \(it.amount.currency), \(it.amount.amount), \(it.plan.whole), \(it.plan.period.start.number),
              \(it.plan.period.end.number), \(it.plan.from.number), \(it.before), \(it.recognised), \(it.released),
              \(it.through.number), \(it.nextAt), \(it.endedBy), \(it.endedRest), \(tx.now))
            """)
    }

    static func save(_ it: RevenueSchedule, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE revenue_schedules SET whole = \(it.plan.whole), start_day = \(it.plan.period.start.number),
              end_day = \(it.plan.period.end.number), from_day = \(it.plan.from.number), before = \(it.before),
              recognised = \(it.recognised), released = \(it.released), through_day = \(it.through.number),
              next_at = \(it.nextAt), is_plan = \(it.isPlan ? 1 : 0), ended_by = \(it.endedBy),
              ended_rest = \(it.endedRest)
            WHERE id = \(it.id) AND organization_id = \(it.organization)
            """)
    }

    /// The schedules of an invoice, in the order of its lines.
    static func schedules(of invoice: InvoiceID, in tx: any Transaction) throws -> [RevenueSchedule] {
        try tx.rows(
            """
            SELECT \(columns) FROM revenue_schedules
            WHERE invoice_id = \(invoice) AND organization_id = \(try tx.organization()) ORDER BY position LIMIT 1000
            """, schedule)
    }

    /// Those whose rest an invoice gave back.
    static func ended(by invoice: InvoiceID, in tx: any Transaction) throws -> [RevenueSchedule] {
        try tx.rows(
            """
            SELECT \(columns) FROM revenue_schedules
            WHERE organization_id = \(try tx.organization()) AND ended_by = \(invoice) ORDER BY id LIMIT 1000
            """, schedule)
    }

    /// What the organisation of the transaction has paid for with its plan and not had yet.
    static func running(of currency: Currency, in tx: any Transaction) throws -> [RevenueSchedule] {
        try tx.rows(
            """
            SELECT \(columns) FROM revenue_schedules
            WHERE organization_id = \(try tx.organization()) AND is_plan = 1 AND next_at IS NOT NULL
              AND currency = \(currency) ORDER BY id LIMIT 1000
            """, schedule)
    }

    /// The newest of the transaction's organisation.
    static func newest(limit: Int, in tx: any Transaction) throws -> [RevenueSchedule] {
        try tx.rows(
            """
            SELECT \(columns) FROM revenue_schedules WHERE organization_id = \(try tx.organization())
            ORDER BY id DESC LIMIT \(limit)
            """, schedule)
    }

    /// Those of which a month is over, the longest waiting first; for the scope of the instance.
    static func due(limit: Int, in tx: any Transaction) throws -> [RevenueSchedule] {
        try tx.rows(
            """
            SELECT \(columns) FROM revenue_schedules WHERE next_at IS NOT NULL AND next_at <= \(tx.now)
            ORDER BY next_at, id LIMIT \(limit)
            """, schedule)
    }
}
