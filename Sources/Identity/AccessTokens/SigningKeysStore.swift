// All SQL of the key pairs that access tokens are signed with.
import Core
import Storage

enum SigningKeysStore {
    /// One key pair as it is kept.
    struct Stored {
        let id: SigningKeyID
        let publicKey: [UInt8]
        let sealed: [UInt8]
        let signsFrom: Timestamp
    }

    /// All of them in the order in which they sign.
    static func all(in tx: any Transaction) throws -> [Stored] {
        try tx.rows("SELECT id, public_key, sealed, signs_from FROM signing_keys ORDER BY signs_from") {
            Stored(
                id: try $0.id(0), publicKey: try $0.bytes(1), sealed: try $0.bytes(2), signsFrom: try $0.time(3))
        }
    }

    static func insert(_ key: Stored, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO signing_keys (id, public_key, sealed, signs_from, created_at)
            VALUES (\(key.id), \(key.publicKey), \(key.sealed), \(key.signsFrom), \(tx.now))
            """)
    }

    static func delete(_ id: SigningKeyID, in tx: any Transaction) throws {
        try tx.run("DELETE FROM signing_keys WHERE id = \(id)")
    }
}
