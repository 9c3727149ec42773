// All SQL of plans and subscriptions.
import Core
import Storage
import Web

enum PlanStore {
    /// Plans on sale, the cheapest first.
    static func all(in tx: any Transaction) throws -> [Plan] {
        try plans(where: "retired_at IS NULL", in: tx)
    }

    /// A plan by its code, on sale or not.
    static func find(_ code: String, in tx: any Transaction) throws -> Plan? {
        try plans(where: "code = \(code)", in: tx).first
    }

    /// Calls a minute that an organisation's plan in force allows; nil when it names no number. Scope: instance.
    static func callsPerMinute(of organization: OrganizationID, in tx: any Transaction) throws -> Int64? {
        try tx.first(
            """
            SELECT calls_per_minute FROM plans WHERE code = coalesce(
              (SELECT plan_code FROM subscriptions WHERE organization_id = \(organization) AND state <> 'cancelled'),
              \(Plan.free))
            """
        ) { $0.optionalInt(0) } ?? nil
    }

    private static func plans(where condition: SQL, in tx: any Transaction) throws -> [Plan] {
        let prices = try tx.rows(
            """
            SELECT plan_code, period, amount, currency FROM plan_prices
            WHERE plan_code IN (SELECT code FROM plans WHERE \(condition)) ORDER BY currency, period
            """
        ) { row in (try row.text(0), Price(interval: try row.choice(1), amount: try row.money(2, currency: 3))) }
        return try tx.rows(
            """
            SELECT code, name, summary, features, trial_days, calls_per_minute FROM plans WHERE \(condition)
            ORDER BY position, code LIMIT 100
            """
        ) { row in
            let code = try row.text(0)
            let features = try JSONParser.parse(Array(try row.text(3).utf8)).arrayValue ?? []
            return Plan(
                code: code, name: try row.text(1), summary: try row.text(2),
                features: features.compactMap(\.stringValue), trialDays: Int(try row.int(4)),
                callsPerMinute: row.optionalInt(5).map { Int($0) },
                prices: prices.filter { $0.0 == code }.map(\.1))
        }
    }
}
