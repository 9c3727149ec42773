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

    /// Who sells, as the operator wrote it; for the scope of the instance.
    static func seller(in tx: any Transaction) throws -> Party? {
        try tx.first("SELECT name, address, country, state, gstin, tax_id FROM seller_details WHERE id = 1") { row in
            Party(
                name: try row.text(0), address: try row.text(1), country: try row.text(2), state: try row.text(3),
                gstin: try row.text(4), taxID: try row.text(5))
        }
    }

    static func save(_ seller: Party, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO seller_details (id, name, address, country, state, gstin, tax_id, updated_at)
            VALUES (1, \(seller.name), \(seller.address), \(seller.country), \(seller.state), \(seller.gstin),
              \(seller.taxID), \(tx.now))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, address = excluded.address,
              country = excluded.country, state = excluded.state, gstin = excluded.gstin, tax_id = excluded.tax_id,
              updated_at = excluded.updated_at
            """)
    }

    /// The whole table, what begins last first; for the scope of the instance.
    static func all(in tx: any Transaction) throws -> [TaxRate] {
        try tx.rows("SELECT \(columns) FROM tax_rates ORDER BY country, region, starts_at DESC, id LIMIT 1000", rate)
    }

    static func find(_ id: TaxRateID, in tx: any Transaction) throws -> TaxRate? {
        try tx.first("SELECT \(columns) FROM tax_rates WHERE id = \(id)", rate)
    }

    static func insert(_ it: TaxRate, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO tax_rates (\(columns), created_at)
            VALUES (\(it.id), \(it.country), \(it.region), \(it.category), \(it.name), \(it.rate), \(it.isInclusive),
              \(it.isReverseCharged), \(it.startsAt), \(it.endsAt), \(tx.now))
            """)
    }

    /// Ends a rate now; one that has not begun goes. Invoices keep what they have.
    static func end(_ id: TaxRateID, in tx: any Transaction) throws {
        try tx.run("DELETE FROM tax_rates WHERE id = \(id) AND starts_at >= \(tx.now)")
        try tx.run(
            "UPDATE tax_rates SET ends_at = \(tx.now) WHERE id = \(id) AND (ends_at IS NULL OR ends_at > \(tx.now))")
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
