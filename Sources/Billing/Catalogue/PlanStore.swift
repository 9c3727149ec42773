// All SQL of plans and their versions.
import Core
import Storage
import Web

enum PlanStore {
    /// Plans on sale, the cheapest first.
    static func all(in tx: any Transaction) throws -> [Plan] {
        try plans(where: "p.retired_at IS NULL", in: tx)
    }

    /// A plan by its code, on sale or not, in its newest version.
    static func find(_ code: String, in tx: any Transaction) throws -> Plan? {
        try plans(where: "p.code = \(code)", in: tx).first
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
