// All SQL of identity.
import Core
import Storage

enum IdentityStore {
    private static let columns: SQL = "id, email, name, is_operator, verified_at, version, created_at, updated_at"

    private static func user(_ row: Row) throws -> User {
        User(
            id: try row.id(0), email: try row.text(1), name: try row.text(2), isOperator: try row.flag(3),
            verifiedAt: row.optionalTime(4), version: try row.int(5), createdAt: try row.time(6),
            updatedAt: try row.time(7))
    }

    static func hasUsers(in tx: any Transaction) throws -> Bool { try tx.exists("SELECT 1 FROM users LIMIT 1") }

    static func find(_ id: UserID, in tx: any Transaction) throws -> User? {
        try tx.first("SELECT \(columns) FROM users WHERE id = \(id)", user)
    }

    static func find(email: EmailAddress, in tx: any Transaction) throws -> User? {
        try tx.first("SELECT \(columns) FROM users WHERE email_folded = \(email.folded)", user)
    }

    static func passwordHash(of id: UserID, in tx: any Transaction) throws -> String? {
        try tx.first("SELECT password_hash FROM users WHERE id = \(id)") { $0.optionalText(0) } ?? nil
    }

    static func insert(_ new: NewUser, as id: UserID, in tx: any Transaction) throws -> User {
        let verifiedAt = new.isVerified ? tx.now : nil
        let row = try tx.first(
            """
            INSERT INTO users
              (id, email, email_folded, name, password_hash, is_operator, verified_at, created_at, updated_at)
            VALUES (\(id), \(new.email.text), \(new.email.folded), \(new.name), \(new.passwordHash), \(new.isOperator),
              \(verifiedAt), \(tx.now), \(tx.now))
            ON CONFLICT (email_folded) DO NOTHING RETURNING \(columns)
            """, user)
        guard let row else { throw IdentityProblem.emailTaken }
        return row
    }

    static func rename(_ id: UserID, to name: String, in tx: any Transaction) throws -> User? {
        try tx.first(
            """
            UPDATE users SET name = \(name), version = version + 1, updated_at = \(tx.now) WHERE id = \(id)
            RETURNING \(columns)
            """, user)
    }

    static func setOperator(_ isOperator: Bool, of id: UserID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE users SET is_operator = \(isOperator), version = version + 1, updated_at = \(tx.now) WHERE id = \(id)
            """)
    }

    /// Sets a password; with `replacing`, only if the stored one is still that.
    static func setPassword(
        _ hash: String, of id: UserID, replacing old: String? = nil, in tx: any Transaction
    ) throws -> Bool {
        let only: SQL = old.map { "AND password_hash = \($0)" } ?? ""
        return try tx.run(
            "UPDATE users SET password_hash = \(hash), updated_at = \(tx.now) WHERE id = \(id) \(only)") == 1
    }

    /// Gives an account the address it was shown to have, unless another account has it; false then.
    static func setEmail(_ email: EmailAddress, of id: UserID, in tx: any Transaction) throws -> Bool {
        if let holder = try find(email: email, in: tx), holder.id != id { return false }
        return try tx.run(
            """
            UPDATE users SET email = \(email.text), email_folded = \(email.folded), verified_at = \(tx.now),
              version = version + 1, updated_at = \(tx.now) WHERE id = \(id)
            """) == 1
    }

    /// Leaves an account without a password, until its owner chooses one by a mailed link.
    static func clearPassword(of id: UserID, in tx: any Transaction) throws {
        try tx.run("UPDATE users SET password_hash = NULL, updated_at = \(tx.now) WHERE id = \(id)")
    }

    static func setVerified(_ id: UserID, in tx: any Transaction) throws {
        try tx.run("UPDATE users SET verified_at = \(tx.now) WHERE id = \(id)")
    }

    /// False when it is suspended already.
    static func setSuspended(_ id: UserID, because reason: String, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE users SET suspended_at = \(tx.now), suspended_because = \(reason), updated_at = \(tx.now)
            WHERE id = \(id) AND suspended_at IS NULL
            """) == 1
    }

    /// False when it is not suspended.
    static func setResumed(_ id: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE users SET suspended_at = NULL, suspended_because = NULL, updated_at = \(tx.now)
            WHERE id = \(id) AND suspended_at IS NOT NULL
            """) == 1
    }

    static func suspendedAt(_ id: UserID, in tx: any Transaction) throws -> Timestamp? {
        try tx.first("SELECT suspended_at FROM users WHERE id = \(id)") { $0.optionalTime(0) } ?? nil
    }

    static func delete(_ id: UserID, in tx: any Transaction) throws {
        try tx.run("DELETE FROM users WHERE id = \(id)")
    }
}
