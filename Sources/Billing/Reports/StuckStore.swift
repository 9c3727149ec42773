// All SQL that finds what is stuck; reads and changes in the scope of the instance.
import Core
import Jobs
import Storage

enum StuckStore {
    private static let limit = 100

    /// Orders whose making is unclear, and orders that nobody asked the provider about although it was time.
    static func orders(silentSince silence: Timestamp, in tx: any Transaction) throws -> [StuckObject] {
        try tx.rows(
            """
            SELECT id, organization_id, coalesce(remote_id, id), amount, currency, created_at FROM payment_orders
            WHERE (state IN ('planned', 'unknown') AND created_at < \(silence))
              OR (state = 'created' AND checked_at < \(silence.adding(-Billing.silence))
                AND created_at > \(tx.now.adding(-Billing.orderLife)))
            ORDER BY created_at LIMIT \(limit)
            """, { try object(.order, $0) })
    }

    static func refunds(silentSince silence: Timestamp, in tx: any Transaction) throws -> [StuckObject] {
        try tx.rows(
            """
            SELECT id, organization_id, coalesce(remote_id, id), amount, currency, created_at FROM refunds
            WHERE state IN ('planned', 'pending') AND origin = 'ours' AND created_at < \(silence)
              AND checked_at < \(silence.adding(-Billing.silence))
            ORDER BY created_at LIMIT \(limit)
            """, { try object(.refund, $0) })
    }

    /// Messages that contradict an earlier one, and messages that wait for too long.
    static func messages(waitingSince instant: Timestamp, in tx: any Transaction) throws -> [StuckObject] {
        try tx.rows(
            """
            SELECT event_id, type, state, received_at FROM webhook_inbox
            WHERE state = 'conflict' OR (state = 'pending' AND received_at < \(instant))
            ORDER BY received_at LIMIT \(limit)
            """
        ) { row in
            let isConflict = try row.text(2) == "conflict"
            return StuckObject(
                .message, id: try row.text(0), of: nil, label: "\(try row.text(1)) \(try row.text(0))",
                since: try row.time(3),
                meaning: isConflict
                    ? "The identifier came again with another body, so neither is believed. The button asks the "
                        + "provider about every order instead, and puts the message away." : nil)
        }
    }

    /// The account that a message came from, and its state; one that waits before one that does not.
    static func message(_ id: String, in tx: any Transaction) throws -> (provider: String, state: String)? {
        try tx.first(
            """
            SELECT provider, state FROM webhook_inbox WHERE event_id = \(id)
            ORDER BY state IN ('conflict', 'pending') DESC LIMIT 1
            """
        ) { (try $0.text(0), try $0.text(1)) }
    }

    /// Orders that may have news: those that are not final, whenever they were asked about.
    static func openOrders(in tx: any Transaction) throws -> [OrderID] {
        try tx.rows(
            """
            SELECT id FROM payment_orders WHERE state IN ('planned', 'unknown', 'created')
            ORDER BY created_at DESC LIMIT \(limit)
            """
        ) { try $0.id(0) }
    }

    /// Captured payments that paid nothing and were not given back.
    static func unappliedPayments(in tx: any Transaction) throws -> [StuckObject] {
        try tx.rows(
            """
            SELECT id, organization_id, remote_id, amount - refund_reserved, currency, captured_at FROM payments
            WHERE state = 'captured' AND is_applied = 0 AND amount > refund_reserved
            ORDER BY captured_at LIMIT \(limit)
            """, { try object(.unappliedPayment, $0) })
    }

    /// Payments of which more was credited than is on its way back.
    static func owedRefunds(in tx: any Transaction) throws -> [StuckObject] {
        try tx.rows(
            """
            SELECT p.id, p.organization_id, p.remote_id, p.credited - p.refund_reserved, p.currency,
              (SELECT max(r.updated_at) FROM refunds r WHERE r.payment_id = p.id AND r.state = 'failed')
            FROM payments p WHERE p.state = 'captured' AND p.credited > p.refund_reserved
              AND EXISTS (SELECT 1 FROM refunds r WHERE r.payment_id = p.id AND r.state = 'failed')
            ORDER BY p.id LIMIT \(limit)
            """, { try object(.owedRefund, $0) })
    }

    static func overdueInvoices(dueBefore instant: Timestamp, in tx: any Transaction) throws -> [StuckObject] {
        try tx.rows(
            """
            SELECT id, organization_id, number, amount_due, currency, due_at FROM invoices
            WHERE state = 'open' AND due_at < \(instant) AND reminded_at IS NULL ORDER BY due_at LIMIT \(limit)
            """, { try object(.overdueInvoice, $0) })
    }

    static func deadJobs(in tx: any Transaction) throws -> [StuckObject] {
        try tx.rows(
            """
            SELECT id, organization_id, kind, finished_at, last_error FROM jobs
            WHERE state = 'dead' AND (kind LIKE 'billing.%' OR kind LIKE 'sandbox.%')
            ORDER BY finished_at LIMIT \(limit)
            """
        ) { row in
            let owner = try row.text(1)
            return StuckObject(
                .deadJob, id: try row.text(0), of: owner == "instance" ? nil : OrganizationID(stored: owner),
                label: try row.text(2), since: try row.time(3),
                meaning: "\(StuckKind.deadJob.meaning) \(row.optionalText(4)?.prefix(200) ?? "")")
        }
    }

    private static func object(_ kind: StuckKind, _ row: Row) throws -> StuckObject {
        StuckObject(
            kind, id: try row.text(0), of: try row.id(1), label: try row.text(2),
            amount: try row.money(3, currency: 4), since: try row.time(5))
    }

    /// The organisation of an invoice or payment.
    static func owner(ofInvoice id: InvoiceID, in tx: any Transaction) throws -> OrganizationID? {
        try tx.first("SELECT organization_id FROM invoices WHERE id = \(id)") { try $0.id(0) }
    }
}
