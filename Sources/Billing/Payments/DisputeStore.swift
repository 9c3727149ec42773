// All SQL of disputes.
import Core
import Storage

enum DisputeStore {
    private static let columns: SQL =
        """
        id, organization_id, payment_id, provider, remote_id, state, phase, reason, amount, currency, respond_by,
        is_taken, is_returned, is_held, is_booked_lost, fee, created_at
        """

    private static func dispute(_ row: Row) throws -> Dispute {
        Dispute(
            id: try row.id(0), organization: try row.id(1), payment: try row.id(2), provider: try row.text(3),
            remoteID: try row.text(4), state: try row.choice(5), phase: try row.text(6), reason: try row.text(7),
            amount: try row.money(8, currency: 9), respondBy: row.optionalTime(10), isTaken: try row.flag(11),
            isReturned: try row.flag(12), isHeld: try row.flag(13), isBookedLost: try row.flag(14),
            fee: row.optionalInt(15), createdAt: try row.time(16))
    }

    static func insert(_ it: Dispute, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO disputes (\(columns), checked_at, updated_at)
            VALUES (\(it.id), \(it.organization), \(it.payment), \(it.provider), \(it.remoteID), \(it.state),
              \(it.phase), \(it.reason), \(it.amount.amount), \(it.amount.currency), \(it.respondBy), \(it.isTaken),
              \(it.isReturned), \(it.isHeld), \(it.isBookedLost), \(it.fee), \(it.createdAt), \(tx.now), \(tx.now))
            """)
    }

    static func save(_ it: Dispute, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE disputes SET state = \(it.state), phase = \(it.phase), reason = \(it.reason),
              respond_by = \(it.respondBy), is_taken = \(it.isTaken), is_returned = \(it.isReturned),
              is_held = \(it.isHeld), is_booked_lost = \(it.isBookedLost), fee = \(it.fee), checked_at = \(tx.now),
              updated_at = \(tx.now)
            WHERE id = \(it.id)
            """)
    }

    static func find(_ id: DisputeID, in tx: any Transaction) throws -> Dispute? {
        try tx.first("SELECT \(columns) FROM disputes WHERE id = \(id)", dispute)
    }

    static func find(provider: String, remoteID: String, in tx: any Transaction) throws -> Dispute? {
        try tx.first(
            "SELECT \(columns) FROM disputes WHERE provider = \(provider) AND remote_id = \(remoteID)", dispute)
    }

    static func all(of payment: PaymentID, in tx: any Transaction) throws -> [Dispute] {
        try tx.rows(
            "SELECT \(columns) FROM disputes WHERE payment_id = \(payment) ORDER BY id DESC LIMIT 100", dispute)
    }

    /// Newest first, of the transaction's organisation.
    static func page(before: String?, limit: Int, in tx: any Transaction) throws -> [Dispute] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM disputes WHERE organization_id = \(try tx.organization()) \(below)
            ORDER BY id DESC LIMIT \(limit)
            """, dispute)
    }

    /// Newest first, of all organisations; for the instance's scope.
    static func newest(limit: Int, in tx: any Transaction) throws -> [Dispute] {
        try tx.rows("SELECT \(columns) FROM disputes ORDER BY created_at DESC, id DESC LIMIT \(limit)", dispute)
    }

    /// Disputes that are not over and were not asked about lately; for the instance's scope.
    static func stale(checkedBefore: Timestamp, limit: Int, in tx: any Transaction) throws -> [Dispute] {
        try tx.rows(
            """
            SELECT \(columns) FROM disputes WHERE state IN ('open', 'under_review') AND checked_at < \(checkedBefore)
            ORDER BY checked_at, id LIMIT \(limit)
            """, dispute)
    }

    static func markChecked(_ id: DisputeID, in tx: any Transaction) throws {
        try tx.run("UPDATE disputes SET checked_at = \(tx.now) WHERE id = \(id)")
    }
}
