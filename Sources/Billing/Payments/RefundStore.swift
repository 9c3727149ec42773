// All SQL of refunds.
import Core
import Storage

extension PaymentStore {
    private static let refundColumns: SQL =
        """
        id, payment_id, provider, remote_id, origin, state, amount, currency, credit, reason, requested_by, created_at,
        owed_at, dispute_id
        """

    private static func refund(_ row: Row) throws -> Refund {
        Refund(
            id: try row.id(0), payment: try row.id(1), provider: try row.text(2), remoteID: row.optionalText(3),
            origin: try row.choice(4), state: try row.choice(5), amount: try row.money(6, currency: 7),
            credit: try row.int(8), reason: try row.text(9), requestedBy: try row.text(10),
            createdAt: try row.time(11), owedAt: row.optionalTime(12), dispute: row.optionalID(13))
    }

    static func insert(_ it: Refund, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO refunds (\(refundColumns), organization_id, checked_at, updated_at)
            VALUES (\(it.id), \(it.payment), \(it.provider), \(it.remoteID), \(it.origin), \(it.state),
              \(it.amount.amount), \(it.amount.currency), \(it.credit), \(it.reason), \(it.requestedBy),
              \(it.createdAt), \(it.owedAt), \(it.dispute), \(try tx.organization()), \(tx.now), \(tx.now))
            """)
    }

    static func refund(_ id: RefundID, in tx: any Transaction) throws -> Refund? {
        try tx.first("SELECT \(refundColumns) FROM refunds WHERE id = \(id)", refund)
    }

    static func refund(provider: String, remoteID: String, in tx: any Transaction) throws -> Refund? {
        try tx.first(
            "SELECT \(refundColumns) FROM refunds WHERE provider = \(provider) AND remote_id = \(remoteID)", refund)
    }

    static func refunds(of payment: PaymentID, in tx: any Transaction) throws -> [Refund] {
        try tx.rows(
            "SELECT \(refundColumns) FROM refunds WHERE payment_id = \(payment) ORDER BY id DESC LIMIT 100", refund)
    }

    static func advance(
        _ id: RefundID, to state: RefundState, remoteID: String?, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            UPDATE refunds SET state = \(state), remote_id = coalesce(remote_id, \(remoteID)), updated_at = \(tx.now),
              checked_at = \(tx.now) WHERE id = \(id)
            """)
    }

    /// Notes that the refund's credit note is out while its money is still here.
    static func markOwed(_ id: RefundID, in tx: any Transaction) throws {
        try tx.run("UPDATE refunds SET owed_at = \(tx.now), checked_at = \(tx.now) WHERE id = \(id)")
    }

    /// Notes that a refund was the money of a lost dispute.
    static func explain(_ id: RefundID, by dispute: DisputeID, in tx: any Transaction) throws {
        try tx.run("UPDATE refunds SET dispute_id = \(dispute), updated_at = \(tx.now) WHERE id = \(id)")
    }

    static func markChecked(_ id: RefundID, in tx: any Transaction) throws {
        try tx.run("UPDATE refunds SET checked_at = \(tx.now) WHERE id = \(id)")
    }

    /// Refunds that are not final and were not asked about lately; for the instance's scope.
    static func staleRefunds(
        checkedBefore: Timestamp, limit: Int, in tx: any Transaction
    ) throws -> [(OrganizationID, RefundID)] {
        try tx.rows(
            """
            SELECT organization_id, id FROM refunds
            WHERE state IN ('planned', 'pending') AND origin = 'ours' AND checked_at < \(checkedBefore)
            ORDER BY checked_at, id LIMIT \(limit)
            """
        ) { (try $0.id(0), try $0.id(1)) }
    }
}
