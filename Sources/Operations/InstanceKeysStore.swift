// All SQL of the instance's keys.
import Core
import Storage

enum InstanceKeysStore {
    static func all(in tx: any Transaction) throws -> [String: [UInt8]] {
        let rows = try tx.rows("SELECT name, sealed FROM instance_keys ORDER BY name") {
            (try $0.text(0), try $0.bytes(1))
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Which master key sealed each, and when; by name.
    static func seals(in tx: any Transaction) throws -> [InstanceKeys.Listed] {
        try tx.rows(
            "SELECT name, master_key_id, coalesce(sealed_at, created_at) FROM instance_keys ORDER BY name"
        ) { row in
            InstanceKeys.Listed(name: try row.text(0), masterKeyID: row.optionalText(1), sealedAt: try row.time(2))
        }
    }

    /// False when there is a key of that name already.
    static func insert(
        _ name: String, _ sealed: [UInt8], by master: MasterKey, in tx: any Transaction
    ) throws -> Bool {
        try tx.run(
            """
            INSERT INTO instance_keys (name, sealed, master_key_id, created_at, sealed_at)
            VALUES (\(name), \(sealed), \(master.id), \(tx.now), \(tx.now)) ON CONFLICT (name) DO NOTHING
            """) == 1
    }

    static func replace(_ name: String, _ sealed: [UInt8], by master: MasterKey, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE instance_keys SET sealed = \(sealed), master_key_id = \(master.id), sealed_at = \(tx.now)
            WHERE name = \(name)
            """)
    }
}
