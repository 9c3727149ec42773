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
        let expiresAt: Timestamp
        let impersonator: (id: UserID, name: String)?
    }

    static func bearer(of hash: [UInt8], in tx: any Transaction) throws -> Bearer? {
        try tx.first(
            """
            SELECT sessions.id, user_id, users.name, users.is_operator, last_seen_at, authenticated_at, methods,
              expires_at, o.id, o.name
            FROM sessions JOIN users ON users.id = user_id LEFT JOIN users AS o ON o.id = impersonator_id
            WHERE token_hash = \(hash) AND expires_at > \(tx.now) AND users.suspended_at IS NULL
              AND (impersonator_id IS NULL
                OR (o.is_operator = 1 AND o.suspended_at IS NULL AND users.is_operator = 0))
            """
        ) { row in
            Bearer(
                session: try row.id(0), user: try row.id(1), name: try row.text(2), isOperator: try row.flag(3),
                lastSeenAt: try row.time(4), authenticatedAt: try row.time(5), methods: try row.text(6),
                expiresAt: try row.time(7),
                impersonator: try row.optionalID(8).map { (id: $0, name: try row.text(9)) })
        }
    }

    /// A session of a user in which an operator acts; it has the factors of the operator's own, and ends with it.
    static func insertImpersonation(
        _ session: Session, of user: UserID, hash: [UInt8], by operator: UserID, in own: SessionID,
        because reason: String, in tx: any Transaction
    ) throws -> Bool {
        try tx.run(
            """
            INSERT INTO sessions
              (id, user_id, token_hash, user_agent, address, created_at, last_seen_at, expires_at, authenticated_at,
              methods, impersonator_id, impersonator_session, impersonation_reason)
            SELECT \(session.id), \(user), \(hash), \(session.userAgent), \(session.address), \(tx.now), \(tx.now),
              min(\(session.expiresAt), expires_at), \(tx.now), methods, \(`operator`), \(own), \(reason)
            FROM sessions WHERE id = \(own) AND user_id = \(`operator`) AND expires_at > \(tx.now)
            """) == 1
    }

    /// Ends what an operator's session is acting in; returns the sessions with their users.
    static func deleteImpersonations(
        by own: SessionID, in tx: any Transaction
    ) throws -> [(session: SessionID, user: UserID)] {
        try tx.rows("DELETE FROM sessions WHERE impersonator_session = \(own) RETURNING id, user_id") {
            (try $0.id(0), try $0.id(1))
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

    private static let columns: SQL = """
        id, user_agent, address, created_at, last_seen_at, expires_at, methods,
        (SELECT o.name FROM users AS o WHERE o.id = impersonator_id)
        """

    private static func session(_ row: Row, current: SessionID?) throws -> Session {
        let id: SessionID = try row.id(0)
        return Session(
            id: id, userAgent: row.optionalText(1), address: row.optionalText(2), createdAt: try row.time(3),
            lastSeenAt: try row.time(4), expiresAt: try row.time(5),
            methods: try row.text(6).split(separator: " ").map(String.init), isCurrent: id == current,
            impersonatedBy: row.optionalText(7))
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
