// All SQL of sessions and one-time tokens.
import Core
import Storage

enum SessionStore {
    /// What a request needs to know of its session, in one answer.
    struct Bearer: Sendable {
        let session: SessionID
        let user: UserID
        let name: String
        let isOperator: Bool
        let lastSeenAt: Timestamp
    }

    static func bearer(of hash: [UInt8], in tx: any Transaction) throws -> Bearer? {
        try tx.first(
            """
            SELECT sessions.id, user_id, name, is_operator, last_seen_at
            FROM sessions JOIN users ON users.id = user_id
            WHERE token_hash = \(hash) AND expires_at > \(tx.now) AND suspended_at IS NULL
            """
        ) { row in
            Bearer(
                session: try row.id(0), user: try row.id(1), name: try row.text(2), isOperator: try row.flag(3),
                lastSeenAt: try row.time(4))
        }
    }

    static func insert(_ session: Session, of user: UserID, hash: [UInt8], in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sessions (id, user_id, token_hash, user_agent, address, created_at, last_seen_at, expires_at)
            VALUES (\(session.id), \(user), \(hash), \(session.userAgent), \(session.address), \(session.createdAt),
              \(session.lastSeenAt), \(session.expiresAt))
            """)
    }

    /// Newest first, below an identifier.
    static func page(
        of user: UserID, current: SessionID?, before: String? = nil, limit: Int, in tx: any Transaction
    ) throws -> [Session] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT id, user_agent, address, created_at, last_seen_at, expires_at FROM sessions
            WHERE user_id = \(user) AND expires_at > \(tx.now) \(below) ORDER BY id DESC LIMIT \(limit)
            """
        ) { row in
            let id: SessionID = try row.id(0)
            return Session(
                id: id, userAgent: row.optionalText(1), address: row.optionalText(2), createdAt: try row.time(3),
                lastSeenAt: try row.time(4), expiresAt: try row.time(5), isCurrent: id == current)
        }
    }

    static func delete(_ id: SessionID, of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run("DELETE FROM sessions WHERE id = \(id) AND user_id = \(user)") == 1
    }

    /// Ends all sessions of a person but one; returns how many.
    static func deleteAll(of user: UserID, except kept: SessionID? = nil, in tx: any Transaction) throws -> Int {
        let but: SQL = kept.map { "AND id <> \($0)" } ?? ""
        return try tx.run("DELETE FROM sessions WHERE user_id = \(user) \(but)")
    }

    static func setLastSeen(_ uses: [(id: String, at: Timestamp)], in tx: any Transaction) throws {
        for use in uses {
            try tx.run("UPDATE sessions SET last_seen_at = \(use.at) WHERE id = \(use.id) AND last_seen_at < \(use.at)")
        }
    }

    /// Removes what has expired: sessions and one-time tokens; at most `limit` of each.
    static func prune(limit: Int, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            DELETE FROM sessions WHERE id IN
              (SELECT id FROM sessions WHERE expires_at <= \(tx.now) ORDER BY expires_at LIMIT \(limit))
            """)
            + tx.run(
                """
                DELETE FROM one_time_tokens WHERE token_hash IN
                  (SELECT token_hash FROM one_time_tokens WHERE expires_at <= \(tx.now)
                   ORDER BY expires_at LIMIT \(limit))
                """)
    }
}

/// What a one-time token is good for.
enum TokenPurpose: String, SQLBindable {
    case setUp = "set_up"
    case passwordReset = "password_reset"
}

enum OneTimeTokenStore {
    /// Puts a token in the place of any earlier one for the same purpose and person.
    static func replace(
        _ purpose: TokenPurpose, of user: UserID?, hash: [UInt8], lifetime: Milliseconds, in tx: any Transaction
    ) throws {
        try delete(purpose, of: user, in: tx)
        try tx.run(
            """
            INSERT INTO one_time_tokens (token_hash, purpose, user_id, created_at, expires_at)
            VALUES (\(hash), \(purpose), \(user), \(tx.now), \(tx.now.adding(lifetime)))
            """)
    }

    static func delete(_ purpose: TokenPurpose, of user: UserID?, in tx: any Transaction) throws {
        let owner: SQL = user.map { "user_id = \($0)" } ?? "user_id IS NULL"
        try tx.run("DELETE FROM one_time_tokens WHERE purpose = \(purpose) AND \(owner)")
    }

    static func wasIssued(
        _ purpose: TokenPurpose, of user: UserID, since: Timestamp, in tx: any Transaction
    ) throws -> Bool {
        try tx.exists(
            "SELECT 1 FROM one_time_tokens WHERE user_id = \(user) AND purpose = \(purpose) AND created_at > \(since)")
    }

    static func isUsable(_ purpose: TokenPurpose, hash: [UInt8], in tx: any Transaction) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM one_time_tokens
            WHERE token_hash = \(hash) AND purpose = \(purpose) AND expires_at > \(tx.now)
            """)
    }

    static func user(_ purpose: TokenPurpose, hash: [UInt8], in tx: any Transaction) throws -> UserID? {
        try tx.first(
            """
            SELECT user_id FROM one_time_tokens
            WHERE token_hash = \(hash) AND purpose = \(purpose) AND expires_at > \(tx.now)
            """
        ) { $0.optionalID(0) } ?? nil
    }
}
