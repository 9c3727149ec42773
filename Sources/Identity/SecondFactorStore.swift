// All SQL of second factors and recovery codes.
import Core
import Storage

enum SecondFactorStore {
    /// A second factor as it is stored.
    struct Stored {
        let sealedSeed: [UInt8]
        let lastStep: Int64
        let failures: Int64
        let failedAt: Timestamp?
        let confirmedAt: Timestamp?
    }

    static func find(of user: UserID, in tx: any Transaction) throws -> Stored? {
        try tx.first(
            """
            SELECT sealed_seed, last_step, failures, failed_at, confirmed_at FROM second_factors
            WHERE user_id = \(user)
            """
        ) { row in
            Stored(
                sealedSeed: try row.bytes(0), lastStep: try row.int(1), failures: try row.int(2),
                failedAt: row.optionalTime(3), confirmedAt: row.optionalTime(4))
        }
    }

    /// Sealed seeds in the order of their people.
    static func sealed(after: String, limit: Int, in tx: any Transaction) throws -> [SealedValues.Value] {
        try tx.rows(
            """
            SELECT user_id, sealed_seed FROM second_factors WHERE user_id > \(after) ORDER BY user_id LIMIT \(limit)
            """
        ) { row in
            let user = try row.text(0)
            return SealedValues.Value(place: user, context: user, sealed: try row.bytes(1))
        }
    }

    static func isConfirmed(of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM second_factors WHERE user_id = \(user) AND confirmed_at IS NOT NULL")
    }

    /// Puts a seed in the place of one that was never confirmed; false when there is a confirmed one.
    static func begin(_ sealed: [UInt8], of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            INSERT INTO second_factors (user_id, key_name, sealed_seed, created_at)
            VALUES (\(user), \(FactorSeal.keyName), \(sealed), \(tx.now))
            ON CONFLICT (user_id) DO UPDATE SET sealed_seed = \(sealed), key_name = \(FactorSeal.keyName),
              created_at = \(tx.now), last_step = 0 WHERE confirmed_at IS NULL
            """) == 1
    }

    /// Notes that the code of a step was right; false when a code of that step or a later one was used before.
    static func use(_ step: Int64, of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE second_factors SET last_step = \(step), failures = 0, failed_at = NULL,
              confirmed_at = coalesce(confirmed_at, \(tx.now))
            WHERE user_id = \(user) AND last_step < \(step)
            """) == 1
    }

    static func countFailure(of user: UserID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE second_factors SET failures = failures + 1, failed_at = \(tx.now) WHERE user_id = \(user)
            """)
    }

    static func clearFailures(of user: UserID, in tx: any Transaction) throws {
        try tx.run("UPDATE second_factors SET failures = 0, failed_at = NULL WHERE user_id = \(user)")
    }

    /// Removes the factor; false when there is none.
    static func delete(of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run("DELETE FROM second_factors WHERE user_id = \(user)") == 1
    }

    /// Puts recovery codes in the place of all earlier ones.
    static func replaceCodes(_ hashes: [[UInt8]], of user: UserID, in tx: any Transaction) throws {
        try tx.run("DELETE FROM recovery_codes WHERE user_id = \(user)")
        for hash in hashes {
            try tx.run("INSERT INTO recovery_codes (user_id, code_hash) VALUES (\(user), \(hash))")
        }
    }

    /// Uses up a recovery code; false when it is not theirs or was used.
    static func useCode(_ hash: [UInt8], of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE recovery_codes SET used_at = \(tx.now)
            WHERE user_id = \(user) AND code_hash = \(hash) AND used_at IS NULL
            """) == 1
    }

    static func codesLeft(of user: UserID, in tx: any Transaction) throws -> Int {
        Int(
            try tx.first("SELECT count(*) FROM recovery_codes WHERE user_id = \(user) AND used_at IS NULL") {
                try $0.int(0)
            } ?? 0)
    }
}
