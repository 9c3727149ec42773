// All SQL of the instance's keys.
import Storage

enum InstanceKeysStore {
    static func all(in tx: any Transaction) throws -> [String: [UInt8]] {
        let rows = try tx.rows("SELECT name, sealed FROM instance_keys ORDER BY name") {
            (try $0.text(0), try $0.bytes(1))
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// False when there is a key of that name already.
    static func insert(_ name: String, _ sealed: [UInt8], in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            INSERT INTO instance_keys (name, sealed, created_at) VALUES (\(name), \(sealed), \(tx.now))
            ON CONFLICT (name) DO NOTHING
            """) == 1
    }
}
