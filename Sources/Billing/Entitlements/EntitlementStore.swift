// All SQL of features and of what plans and organisations have of them.
import Core
import Storage

enum EntitlementStore {
    static func features(in tx: any Transaction) throws -> [Feature] {
        try tx.rows(
            "SELECT code, name, kind, unit, meter_code FROM features ORDER BY position, code LIMIT 1000"
        ) { row in
            Feature(
                code: try row.text(0), name: try row.text(1), kind: try row.choice(2), unit: try row.text(3),
                meter: row.optionalText(4))
        }
    }

    static func save(_ it: Feature, position: Int, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO features (code, name, kind, unit, meter_code, position)
            VALUES (\(it.code), \(it.name), \(it.kind), \(it.unit), \(it.meter), \(position))
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, unit = excluded.unit,
              meter_code = excluded.meter_code, position = excluded.position
            """)
    }

    /// The values of a version of a plan, by feature.
    static func values(plan: String, version: Int64, in tx: any Transaction) throws -> [String: String] {
        let rows = try tx.rows(
            """
            SELECT feature_code, value FROM plan_entitlements
            WHERE plan_code = \(plan) AND plan_version = \(version) LIMIT 1000
            """
        ) { (try $0.text(0), try $0.text(1)) }
        return Dictionary(rows) { first, _ in first }
    }

    static func insert(
        _ value: FeatureValue, of feature: String, plan: String, version: Int64, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO plan_entitlements (plan_code, plan_version, feature_code, value)
            VALUES (\(plan), \(version), \(feature), \(value.stored))
            """)
    }

    /// What the transaction's organisation was granted beside its plan, by feature.
    static func overrides(in tx: any Transaction) throws -> [String: String] {
        let rows = try tx.rows(
            """
            SELECT feature_code, value FROM entitlement_overrides
            WHERE organization_id = \(try tx.organization()) LIMIT 1000
            """
        ) { (try $0.text(0), try $0.text(1)) }
        return Dictionary(rows) { first, _ in first }
    }

    static func grant(
        _ value: FeatureValue, of feature: String, because reason: String, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO entitlement_overrides (organization_id, feature_code, value, reason, updated_at)
            VALUES (\(try tx.organization()), \(feature), \(value.stored), \(reason), \(tx.now))
            ON CONFLICT (organization_id, feature_code) DO UPDATE SET value = excluded.value,
              reason = excluded.reason, updated_at = excluded.updated_at
            """)
    }

    /// Takes a grant back; false when there was none.
    static func withdraw(_ feature: String, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            DELETE FROM entitlement_overrides
            WHERE organization_id = \(try tx.organization()) AND feature_code = \(feature)
            """) == 1
    }
}
