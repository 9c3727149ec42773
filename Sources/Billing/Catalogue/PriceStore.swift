// All SQL of prices.
import Core
import Storage
import Web

enum PriceStore {
    private static let columns: SQL =
        """
        id, plan_code, plan_version, meter_code, currency, period, model, unit, per, amount, tiers, created_at,
        retired_at
        """

    /// A price by its identifier, on sale or not.
    static func find(_ id: PriceID, in tx: any Transaction) throws -> Price? {
        try tx.first("SELECT \(columns) FROM prices WHERE id = \(id)", price)
    }

    /// What a version of a plan is sold for now.
    static func onSale(_ plan: String, version: Int64, in tx: any Transaction) throws -> [Price] {
        try tx.rows(
            """
            SELECT \(columns) FROM prices WHERE plan_code = \(plan) AND plan_version = \(version)
              AND retired_at IS NULL ORDER BY meter_code, currency, period LIMIT 1000
            """, price)
    }

    /// Every price that a plan ever had, the newest first.
    static func all(of plan: String, in tx: any Transaction) throws -> [Price] {
        try tx.rows(
            """
            SELECT \(columns) FROM prices WHERE plan_code = \(plan)
            ORDER BY plan_version DESC, meter_code, currency, period, id DESC LIMIT 1000
            """, price)
    }

    static func insert(_ it: Price, in tx: any Transaction) throws {
        let terms = it.terms
        let tiers = terms.tiers.isEmpty ? nil : String(decoding: try JSONCoding.encode(terms.tiers), as: UTF8.self)
        try tx.run(
            """
            INSERT INTO prices (\(columns)) VALUES (\(it.id), \(it.plan), \(it.version), \(it.meter), \(it.currency),
              \(it.interval), \(it.model), \(terms.unit), \(terms.per), \(terms.amount), \(tiers), \(it.createdAt),
              \(it.retiredAt))
            """)
    }

    /// Takes a price off sale; false when it was.
    static func retire(_ id: PriceID, in tx: any Transaction) throws -> Bool {
        try tx.run("UPDATE prices SET retired_at = \(tx.now) WHERE id = \(id) AND retired_at IS NULL") == 1
    }

    private static func price(_ row: Row) throws -> Price {
        let tiers = try row.optionalText(10).map { try JSONCoding.decode([PriceTier].self, from: Array($0.utf8)) }
        return try Price(
            id: try row.id(0), plan: try row.text(1), version: try row.int(2), meter: row.optionalText(3),
            interval: try row.choice(5),
            terms: PriceTerms(
                try row.choice(6), Currency(stored: try row.text(4)), amount: row.optionalInt(9),
                per: try row.int(8), unit: try row.text(7), tiers: tiers ?? []),
            createdAt: try row.time(11), retiredAt: row.optionalTime(12))
    }
}
