// All SQL of idempotent requests; the table is the instance's own.
import Core
import Storage

enum IdempotencyStore {
    struct Stored {
        let hash: [UInt8]
        let status: Int?
        let body: [UInt8]
        let createdAt: Timestamp
        let leaseUntil: Timestamp
    }

    static func find(_ request: IdempotentRequest, in tx: any Transaction) throws -> Stored? {
        try tx.scoped(to: .instance) { tx in
            try tx.first(
                """
                SELECT request_hash, status, body, created_at, lease_until FROM idempotency_keys
                WHERE scope = \(request.scope) AND principal = \(request.principal) AND key = \(request.key)
                """
            ) { row in
                Stored(
                    hash: try row.bytes(0), status: row.optionalInt(1).map(Int.init), body: row.optionalBytes(2) ?? [],
                    createdAt: try row.time(3), leaseUntil: try row.time(4))
            }
        }
    }

    static func insert(_ request: IdempotentRequest, status: Int?, body: [UInt8], in tx: any Transaction) throws {
        try tx.scoped(to: .instance) { tx in
            _ = try tx.run(
                """
                INSERT INTO idempotency_keys
                  (scope, principal, key, request_hash, status, body, created_at, lease_until)
                VALUES (\(request.scope), \(request.principal), \(request.key), \(request.hash), \(status), \(body),
                  \(tx.now), \(tx.now.adding(IdempotentRequest.lease)))
                ON CONFLICT (scope, principal, key) DO UPDATE SET status = excluded.status, body = excluded.body
                """)
        }
    }

    /// Sealed answers in the order of their requests.
    static func sealed(after place: String, limit: Int, in tx: any Transaction) throws -> [SealedValues.Value] {
        let parts = place.split(separator: "\u{0}", omittingEmptySubsequences: false).map(String.init) + ["", "", ""]
        return try tx.rows(
            """
            SELECT scope, principal, key, body FROM idempotency_keys
            WHERE (scope, principal, key) > (\(parts[0]), \(parts[1]), \(parts[2])) AND length(body) > 0
            ORDER BY scope, principal, key LIMIT \(limit)
            """
        ) { row in
            let request = IdempotentRequest.context(try row.text(0), try row.text(1), try row.text(2))
            return SealedValues.Value(place: request, context: request, sealed: try row.bytes(3))
        }
    }

    static func remove(_ request: IdempotentRequest, in tx: any Transaction) throws {
        try tx.scoped(to: .instance) { tx in
            _ = try tx.run(
                """
                DELETE FROM idempotency_keys
                WHERE scope = \(request.scope) AND principal = \(request.principal) AND key = \(request.key)
                """)
        }
    }

    static func prune(before: Timestamp, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            DELETE FROM idempotency_keys WHERE (scope, principal, key) IN (
              SELECT scope, principal, key FROM idempotency_keys WHERE created_at < \(before) ORDER BY created_at
              LIMIT 1000)
            """)
    }
}
