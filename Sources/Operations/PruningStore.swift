// All SQL that removes what has served its time.
import Core
import Storage

enum PruningStore {
    /// Answers kept for idempotent requests; in small pieces, so that nobody waits for it.
    static func removeIdempotencyKeys(before instant: Timestamp, limit: Int, in tx: any Transaction) throws {
        try tx.run(
            """
            DELETE FROM idempotency_keys WHERE (scope, principal, key) IN (
              SELECT scope, principal, key FROM idempotency_keys WHERE created_at < \(instant)
              ORDER BY created_at LIMIT \(limit))
            """)
    }
}
