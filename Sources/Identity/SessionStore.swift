// All SQL of sessions.
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
        let authenticatedAt: Timestamp
        /// Separated by blanks; a second factor is always the last.
        let methods: String
    }

    static func bearer(of hash: [UInt8], in tx: any Transaction) throws -> Bearer? {
        try tx.first(
            """
            SELECT sessions.id, user_id, name, is_operator, last_seen_at, authenticated_at, methods
            FROM sessions JOIN users ON users.id = user_id
            WHERE token_hash = \(hash) AND expires_at > \(tx.now) AND suspended_at IS NULL
            """
        ) { row in
            Bearer(
                session: try row.id(0), user: try row.id(1), name: try row.text(2), isOperator: try row.flag(3),
                lastSeenAt: try row.time(4), authenticatedAt: try row.time(5), methods: try row.text(6))
        }
    }

    static func insert(
        _ session: Session, of user: UserID, hash: [UInt8], authenticatedAt: Timestamp, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO sessions
              (id, user_id, token_hash, user_agent, address, created_at, last_seen_at, expires_at, authenticated_at,
              methods)
            VALUES (\(session.id), \(user), \(hash), \(session.userAgent), \(session.address), \(session.createdAt),
              \(session.lastSeenAt), \(session.expiresAt), \(authenticatedAt),
              \(session.methods.joined(separator: " ")))
            """)
    }

    /// Newest first, below an identifier.
    static func page(
        of user: UserID, current: SessionID?, before: String? = nil, limit: Int, in tx: any Transaction
    ) throws -> [Session] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM sessions
            WHERE user_id = \(user) AND expires_at > \(tx.now) \(below) ORDER BY id DESC LIMIT \(limit)
            """
        ) { try session($0, current: current) }
    }

    private static let columns: SQL = "id, user_agent, address, created_at, last_seen_at, expires_at, methods"

    private static func session(_ row: Row, current: SessionID?) throws -> Session {
        let id: SessionID = try row.id(0)
        return Session(
            id: id, userAgent: row.optionalText(1), address: row.optionalText(2), createdAt: try row.time(3),
            lastSeenAt: try row.time(4), expiresAt: try row.time(5),
            methods: try row.text(6).split(separator: " ").map(String.init), isCurrent: id == current)
    }

    /// Gives a session another token after a credential was given anew; nil when it has ended.
    ///
    /// - Parameter method: the second factor that the credential was, if it was one.
    static func renew(
        _ id: SessionID, of user: UserID, hash: [UInt8], adding method: SignInMethod?, in tx: any Transaction
    ) throws -> Session? {
        let (code, passkey) = (SignInMethod.code.rawValue, SignInMethod.passkey.rawValue)
        let added = method.map { " " + $0.rawValue } ?? ""
        return try tx.first(
            """
            UPDATE sessions SET token_hash = \(hash), authenticated_at = \(tx.now), methods =
              CASE WHEN methods LIKE \("%" + code) OR methods LIKE \("%" + passkey) THEN methods
              ELSE trim(methods || \(added)) END
            WHERE id = \(id) AND user_id = \(user) AND expires_at > \(tx.now) RETURNING \(columns)
            """
        ) { try session($0, current: id) }
    }

    /// Takes a second factor away from all sessions of a person: they have none of that kind any more.
    static func forget(_ method: SignInMethod, of user: UserID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE sessions SET methods = trim(replace(' ' || methods, \(" " + method.rawValue), ''))
            WHERE user_id = \(user)
            """)
    }

    static func delete(_ id: SessionID, of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run("DELETE FROM sessions WHERE id = \(id) AND user_id = \(user)") == 1
    }

    /// Ends all sessions of a person but one, or those in which a credential of a kind was given; returns how many.
    static func deleteAll(
        of user: UserID, except kept: SessionID? = nil, openedWith method: SignInMethod? = nil,
        in tx: any Transaction
    ) throws -> Int {
        let but: SQL = kept.map { "AND id <> \($0)" } ?? ""
        let with: SQL = method.map { "AND ' ' || methods || ' ' LIKE \("% " + $0.rawValue + " %")" } ?? ""
        return try tx.run("DELETE FROM sessions WHERE user_id = \(user) \(but) \(with)")
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
