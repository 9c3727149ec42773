// All SQL of the table of rates and of who sells; the instance's own.
import Core
import Storage

enum TaxRateStore {
    private static let columns: SQL =
        "id, country, region, category, name, rate, is_inclusive, reverse_charge, starts_at, ends_at"

    private static func rate(_ row: Row) throws -> TaxRate {
        TaxRate(
            id: try row.id(0), country: try row.text(1), region: try row.text(2), category: try row.text(3),
            name: try row.text(4), rate: try row.int(5), isInclusive: try row.flag(6),
            isReverseCharged: try row.flag(7), startsAt: try row.time(8), endsAt: row.optionalTime(9))
    }

    /// The rates in force for a customer of a place; for the scope of the instance.
    static func inForce(country: String, region: String, in tx: any Transaction) throws -> [TaxRate] {
        try tx.rows(
            """
            SELECT \(columns) FROM tax_rates
            WHERE country = \(country) AND region IN ('', \(region)) AND starts_at <= \(tx.now)
              AND (ends_at IS NULL OR ends_at > \(tx.now)) ORDER BY region, starts_at, id LIMIT 100
            """, rate)
    }
}
