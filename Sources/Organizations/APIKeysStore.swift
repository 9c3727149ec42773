// All SQL of API keys.
import Core
import Storage

enum APIKeysStore {
    private static let columns: SQL = """
        id, name, role, hint, created_by, created_at, expires_at, last_used_at, revoked_at, permissions, ranges,
        is_test, rotated_to
        """

    private static func key(_ row: Row) throws -> APIKey {
        APIKey(
            id: try row.id(0), name: try row.text(1), role: try row.choice(2),
            permissions: row.optionalText(9).map(permissions), allowedAddresses: words(row.optionalText(10)),
            isTest: try row.flag(11), hint: try row.text(3), createdBy: try row.text(4), createdAt: try row.time(5),
            expiresAt: row.optionalTime(6), lastUsedAt: row.optionalTime(7), revokedAt: row.optionalTime(8),
            rotatedTo: row.optionalID(12))
    }

    private static func words(_ text: String?) -> [String] { (text ?? "").split(separator: " ").map(String.init) }

    private static func permissions(_ text: String) -> [Permission] {
        words(text).compactMap { Permission(rawValue: $0) }
    }

    /// What a request needs to know of its key, in one answer.
    struct Bearer: Sendable {
        let id: APIKeyID
        let organization: OrganizationID
        let role: Role
        let name: String
        let lastUsedAt: Timestamp?
        let permissions: [Permission]?
        let ranges: [String]
    }

    /// The key that works now: of an organisation that is neither suspended nor about to be deleted. Scope: instance.
    static func bearer(of hash: [UInt8], in tx: any Transaction) throws -> Bearer? {
        try tx.first(
            """
            SELECT k.id, k.organization_id, k.role, k.name, k.last_used_at, k.permissions, k.ranges
            FROM api_keys AS k JOIN organizations AS o ON o.id = k.organization_id
            WHERE k.token_hash = \(hash) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > \(tx.now))
              AND o.suspended_at IS NULL AND o.deletion_at IS NULL
            """
        ) { row in
            Bearer(
                id: try row.id(0), organization: try row.id(1), role: try row.choice(2), name: try row.text(3),
                lastUsedAt: row.optionalTime(4), permissions: row.optionalText(5).map(permissions),
                ranges: words(row.optionalText(6)))
        }
    }

    static func insert(_ key: APIKey, hash: [UInt8], in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO api_keys (id, organization_id, name, role, token_hash, hint, created_by, created_at, expires_at,
              permissions, ranges, is_test)
            VALUES (\(key.id), \(try tx.organization()), \(key.name), \(key.role), \(hash), \(key.hint),
              \(key.createdBy), \(key.createdAt), \(key.expiresAt),
              \(key.permissions.map { $0.map(\.rawValue).joined(separator: " ") }),
              \(key.allowedAddresses.isEmpty ? nil : key.allowedAddresses.joined(separator: " ")), \(key.isTest))
            """)
    }

    /// Lets a key end, and says which one takes its place.
    static func replace(_ id: APIKeyID, by next: APIKeyID, endingAt end: Timestamp, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE api_keys SET expires_at = \(end), rotated_to = \(next)
            WHERE organization_id = \(try tx.organization()) AND id = \(id)
            """)
    }

    static func find(_ id: APIKeyID, in tx: any Transaction) throws -> APIKey? {
        try tx.first(
            "SELECT \(columns) FROM api_keys WHERE organization_id = \(try tx.organization()) AND id = \(id)", key)
    }

    /// Newest first, below an identifier.
    static func page(before: String? = nil, limit: Int, in tx: any Transaction) throws -> [APIKey] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM api_keys
            WHERE organization_id = \(try tx.organization()) \(below) ORDER BY id DESC LIMIT \(limit)
            """, key)
    }

    /// How many keys work or could, counted up to a limit.
    static func countUnrevoked(upTo limit: Int, in tx: any Transaction) throws -> Int {
        Int(
            try tx.first(
                """
                SELECT count(*) FROM (SELECT 1 FROM api_keys
                  WHERE organization_id = \(try tx.organization()) AND revoked_at IS NULL LIMIT \(limit)) AS counted
                """
            ) { try $0.int(0) } ?? 0)
    }

    static func revoke(_ id: APIKeyID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE api_keys SET revoked_at = \(tx.now)
            WHERE organization_id = \(try tx.organization()) AND id = \(id) AND revoked_at IS NULL
            """) == 1
    }

    /// Scope: instance.
    static func setLastUsed(_ uses: [(id: String, at: Timestamp)], in tx: any Transaction) throws {
        for use in uses {
            try tx.run(
                """
                UPDATE api_keys SET last_used_at = \(use.at)
                WHERE id = \(use.id) AND (last_used_at IS NULL OR last_used_at < \(use.at))
                """)
        }
    }
}
