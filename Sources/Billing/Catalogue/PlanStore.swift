// All SQL of plans and their versions.
import Core
import Storage
import Web

enum PlanStore {
    /// Plans on sale, the cheapest first.
    static func all(in tx: any Transaction) throws -> [Plan] {
        try plans(where: "p.retired_at IS NULL", in: tx)
    }

    /// All plans there ever were, each in its newest version.
    static func every(in tx: any Transaction) throws -> [Plan] { try plans(where: "1", in: tx) }

    /// A plan by its code, on sale or not, in its newest version.
    static func find(_ code: String, in tx: any Transaction) throws -> Plan? {
        try plans(where: "p.code = \(code)", in: tx).first
    }

    static func insert(
        _ code: String, name: String, summary: String, position: Int, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO plans (code, name, summary, trial_days, position, version)
            VALUES (\(code), \(name), \(summary), 0, \(position), 1)
            """)
    }

    /// Writes how a plan is shown, and whether it is sold.
    static func present(_ it: PlanEntry, in tx: any Transaction) throws {
        let isRetired = it.isRetired ?? false
        try tx.run(
            """
            UPDATE plans SET name = \(it.name), summary = \(it.summary), trial_days = \(it.trialDays ?? 0),
              retired_at = CASE WHEN \(isRetired) THEN coalesce(retired_at, \(tx.now)) END
            WHERE code = \(it.code)
            """)
    }

    static func insertVersion(
        _ version: Int64, of plan: String, highlights: [String], in tx: any Transaction
    ) throws {
        let text = JSONValue.array(highlights.map { .string($0) }).text
        try tx.run(
            """
            INSERT INTO plan_versions (plan_code, version, features, created_at)
            VALUES (\(plan), \(version), \(text), \(tx.now))
            """)
    }

    /// Sells another version from now on.
    static func sell(_ plan: String, version: Int64, in tx: any Transaction) throws {
        try tx.run("UPDATE plans SET version = \(version) WHERE code = \(plan)")
    }

    /// How many subscriptions that are not cancelled there are for each price. Scope: instance.
    static func subscribers(of plan: String, in tx: any Transaction) throws -> [PriceID: Int64] {
        let rows = try tx.rows(
            """
            SELECT price_id, count(*) FROM subscriptions
            WHERE plan_code = \(plan) AND state <> 'cancelled' AND price_id IS NOT NULL GROUP BY price_id
            """
        ) { (try $0.id(0) as PriceID, try $0.int(1)) }
        return Dictionary(rows) { first, _ in first }
    }

    private static func plans(where condition: SQL, in tx: any Transaction) throws -> [Plan] {
        try tx.rows(
            """
            SELECT p.code, p.name, p.summary, v.features, p.trial_days, p.version, p.retired_at
            FROM plans p JOIN plan_versions v ON v.plan_code = p.code AND v.version = p.version
            WHERE \(condition) ORDER BY p.position, p.code LIMIT 100
            """
        ) { row in
            let code = try row.text(0)
            let features = try JSONParser.parse(Array(try row.text(3).utf8)).arrayValue ?? []
            let version = try row.int(5)
            return Plan(
                code: code, name: try row.text(1), summary: try row.text(2), version: version,
                features: features.compactMap(\.stringValue), trialDays: Int(try row.int(4)),
                entitlements: try EntitlementStore.values(plan: code, version: version, in: tx),
                prices: try PriceStore.onSale(code, version: version, in: tx), retiredAt: row.optionalTime(6))
        }
    }
}
