// All SQL of passkeys.
import Core
import Storage

enum PasskeyStore {
    /// What an answer is checked with.
    struct Stored: Sendable {
        let id: PasskeyID
        let user: UserID
        let name: String
        let publicKey: [UInt8]
        let signCount: UInt32
        let isBackupEligible: Bool
    }

    static func find(credential: [UInt8], in tx: any Transaction) throws -> Stored? {
        try tx.first(
            """
            SELECT id, user_id, name, public_key, sign_count, is_backup_eligible FROM passkeys
            WHERE credential_id = \(credential)
            """
        ) { row in
            Stored(
                id: try row.id(0), user: try row.id(1), name: try row.text(2), publicKey: try row.bytes(3),
                signCount: UInt32(clamping: try row.int(4)), isBackupEligible: try row.flag(5))
        }
    }

    private static let columns: SQL = "id, name, is_backed_up, created_at, last_used_at"

    private static func passkey(_ row: Row) throws -> Passkey {
        Passkey(
            id: try row.id(0), name: try row.text(1), isBackedUp: try row.flag(2), createdAt: try row.time(3),
            lastUsedAt: row.optionalTime(4))
    }

    /// Newest first; there are 20 at most.
    static func all(of user: UserID, in tx: any Transaction) throws -> [Passkey] {
        try tx.rows("SELECT \(columns) FROM passkeys WHERE user_id = \(user) ORDER BY id DESC", passkey)
    }

    static func find(_ id: PasskeyID, of user: UserID, in tx: any Transaction) throws -> Passkey? {
        try tx.first("SELECT \(columns) FROM passkeys WHERE id = \(id) AND user_id = \(user)", passkey)
    }

    static func exists(of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM passkeys WHERE user_id = \(user)")
    }

    /// The credentials of a person, as browsers are told of them.
    static func descriptors(of user: UserID, in tx: any Transaction) throws -> [CredentialDescriptor] {
        try tx.rows("SELECT credential_id, transports FROM passkeys WHERE user_id = \(user) ORDER BY id") { row in
            CredentialDescriptor(
                id: try row.bytes(0), transports: try row.text(1).split(separator: " ").map(String.init))
        }
    }

    /// Nil when somebody, it does not matter who, has a passkey with this credential already.
    static func insert(
        _ new: NewPasskey, named name: String, of user: UserID, in tx: any Transaction
    ) throws -> Passkey? {
        try tx.first(
            """
            INSERT INTO passkeys
              (id, user_id, name, credential_id, public_key, sign_count, transports, is_backup_eligible, is_backed_up,
              created_at)
            VALUES (\(PasskeyID(at: tx.now)), \(user), \(name), \(new.credentialID), \(new.publicKey),
              \(Int64(new.signCount)), \(new.transports.joined(separator: " ")), \(new.isBackupEligible),
              \(new.isBackedUp), \(tx.now))
            ON CONFLICT (credential_id) DO NOTHING RETURNING \(columns)
            """, passkey)
    }

    static func rename(
        _ id: PasskeyID, to name: String, of user: UserID, in tx: any Transaction
    ) throws -> Passkey? {
        try tx.first(
            "UPDATE passkeys SET name = \(name) WHERE id = \(id) AND user_id = \(user) RETURNING \(columns)", passkey)
    }

    /// Notes a use. False when the authenticator counts and has not counted on: somebody else may have a copy.
    static func use(
        _ id: PasskeyID, count: UInt32, isBackedUp: Bool, in tx: any Transaction
    ) throws -> Bool {
        let count = Int64(count)
        return try tx.run(
            """
            UPDATE passkeys SET sign_count = \(count), is_backed_up = \(isBackedUp), last_used_at = \(tx.now)
            WHERE id = \(id) AND (sign_count < \(count) OR (sign_count = 0 AND \(count) = 0))
            """) == 1
    }

    static func delete(_ id: PasskeyID, of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run("DELETE FROM passkeys WHERE id = \(id) AND user_id = \(user)") == 1
    }
}
