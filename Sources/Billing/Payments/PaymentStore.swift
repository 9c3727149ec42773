// All SQL of orders, payments and refunds.
import Core
import Storage

enum PaymentStore {
    // MARK: Orders

    private static let orderColumns: SQL =
        "id, organization_id, invoice_id, provider, remote_id, state, amount, currency, kind, url"

    private static func order(_ row: Row) throws -> PaymentOrder {
        PaymentOrder(
            id: try row.id(0), organization: try row.id(1), invoice: try row.id(2), provider: try row.text(3),
            remoteID: row.optionalText(4), state: try row.choice(5), amount: try row.money(6, currency: 7),
            kind: try row.choice(8), url: row.optionalText(9))
    }

    static func insert(_ it: PaymentOrder, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO payment_orders (\(orderColumns), created_at, checked_at)
            VALUES (\(it.id), \(it.organization), \(it.invoice), \(it.provider), \(it.remoteID), \(it.state),
              \(it.amount.amount), \(it.amount.currency), \(it.kind), \(it.url), \(tx.now), \(tx.now))
            """)
    }

    /// The one order of a kind by which an invoice can still be paid.
    static func liveOrder(
        of invoice: InvoiceID, _ kind: PaymentOrder.Kind = .order, in tx: any Transaction
    ) throws -> PaymentOrder? {
        try tx.first(
            """
            SELECT \(orderColumns) FROM payment_orders
            WHERE invoice_id = \(invoice) AND kind = \(kind) AND state IN ('planned', 'unknown', 'created')
            """, order)
    }

    static func order(_ id: OrderID, in tx: any Transaction) throws -> PaymentOrder? {
        try tx.first("SELECT \(orderColumns) FROM payment_orders WHERE id = \(id)", order)
    }

    static func order(provider: String, remoteID: String, in tx: any Transaction) throws -> PaymentOrder? {
        try tx.first(
            "SELECT \(orderColumns) FROM payment_orders WHERE provider = \(provider) AND remote_id = \(remoteID)",
            order)
    }

    /// Notes the provider's id; changes nothing when one is known already.
    static func adopt(_ remoteID: String, url: String? = nil, for id: OrderID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE payment_orders SET remote_id = \(remoteID), url = \(url),
              state = CASE WHEN state IN ('planned', 'unknown') THEN 'created' ELSE state END, checked_at = \(tx.now)
            WHERE id = \(id) AND remote_id IS NULL
            """)
    }

    static func move(_ id: OrderID, to state: PaymentOrder.State, in tx: any Transaction) throws {
        try tx.run("UPDATE payment_orders SET state = \(state), checked_at = \(tx.now) WHERE id = \(id)")
    }

    /// Notes that the outcome of the call is unknown, unless it became known in the meantime.
    static func markUnknown(_ id: OrderID, in tx: any Transaction) throws {
        try tx.run(
            "UPDATE payment_orders SET state = 'unknown', checked_at = \(tx.now) WHERE id = \(id) AND state = 'planned'"
        )
    }

    /// Closes the orders of an invoice that nobody should pay any more.
    static func closeOrders(of invoice: InvoiceID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE payment_orders SET state = 'closed'
            WHERE invoice_id = \(invoice) AND state IN ('planned', 'unknown', 'created')
            """)
    }

    static func markChecked(_ id: OrderID, in tx: any Transaction) throws {
        try tx.run("UPDATE payment_orders SET checked_at = \(tx.now) WHERE id = \(id)")
    }

    /// Orders that are not final, younger than a bound, and were not asked about lately; for the instance's scope.
    static func stale(
        checkedBefore: Timestamp, createdAfter: Timestamp, limit: Int, in tx: any Transaction
    ) throws -> [PaymentOrder] {
        try tx.rows(
            """
            SELECT \(orderColumns) FROM payment_orders
            WHERE state IN ('planned', 'unknown', 'created') AND checked_at < \(checkedBefore)
              AND created_at > \(createdAfter) ORDER BY checked_at, id LIMIT \(limit)
            """, order)
    }

    // MARK: Payments

    private static let paymentColumns: SQL =
        """
        id, organization_id, invoice_id, order_id, provider, remote_id, state, is_applied, amount, currency, method,
        fee, fee_tax, refund_reserved, credited, error_code, error_text, created_at, captured_at
        """

    private static func payment(_ row: Row) throws -> Payment {
        Payment(
            id: try row.id(0), organization: try row.id(1), invoice: try row.id(2), order: try row.id(3),
            provider: try row.text(4), remoteID: try row.text(5), state: try row.choice(6),
            isApplied: try row.flag(7), amount: try row.money(8, currency: 9), method: try row.text(10),
            fee: row.optionalInt(11), feeTax: row.optionalInt(12), refundReserved: try row.int(13),
            credited: try row.int(14), errorCode: row.optionalText(15), errorText: row.optionalText(16),
            createdAt: try row.time(17), capturedAt: row.optionalTime(18))
    }

    static func insert(_ it: Payment, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO payments (\(paymentColumns), updated_at)
            VALUES (\(it.id), \(it.organization), \(it.invoice), \(it.order), \(it.provider), \(it.remoteID),
              \(it.state), \(it.isApplied), \(it.amount.amount), \(it.amount.currency), \(it.method), \(it.fee),
              \(it.feeTax), \(it.refundReserved), \(it.credited), \(it.errorCode), \(it.errorText), \(it.createdAt),
              \(it.capturedAt), \(tx.now))
            """)
    }

    static func payment(_ id: PaymentID, in tx: any Transaction) throws -> Payment? {
        try tx.first("SELECT \(paymentColumns) FROM payments WHERE id = \(id)", payment)
    }

    static func payment(provider: String, remoteID: String, in tx: any Transaction) throws -> Payment? {
        try tx.first(
            "SELECT \(paymentColumns) FROM payments WHERE provider = \(provider) AND remote_id = \(remoteID)", payment)
    }

    static func payments(of invoice: InvoiceID, in tx: any Transaction) throws -> [Payment] {
        try tx.rows(
            "SELECT \(paymentColumns) FROM payments WHERE invoice_id = \(invoice) ORDER BY id DESC LIMIT 100", payment)
    }

    /// Newest first, of the transaction's organisation.
    static func page(before: String?, limit: Int, in tx: any Transaction) throws -> [Payment] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(paymentColumns) FROM payments WHERE organization_id = \(try tx.organization()) \(below)
            ORDER BY id DESC LIMIT \(limit)
            """, payment)
    }

    /// Moves a payment on; `isApplied` only matters for a capture.
    static func advance(
        _ id: PaymentID, to state: PaymentState, isApplied: Bool, error: (code: String?, text: String?),
        in tx: any Transaction
    ) throws {
        let captured: Timestamp? = state == .captured ? tx.now : nil
        try tx.run(
            """
            UPDATE payments SET state = \(state), is_applied = \(isApplied), error_code = \(error.code),
              error_text = \(error.text), captured_at = \(captured), updated_at = \(tx.now)
            WHERE id = \(id)
            """)
    }

    static func setFee(_ fee: Int64, tax: Int64, of id: PaymentID, in tx: any Transaction) throws {
        try tx.run("UPDATE payments SET fee = \(fee), fee_tax = \(tax), updated_at = \(tx.now) WHERE id = \(id)")
    }

    /// Changes what is reserved for refunds and what credit notes cover; either may be negative.
    static func reserve(_ amount: Int64, credit: Int64, of id: PaymentID, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE payments SET refund_reserved = refund_reserved + \(amount), credited = credited + \(credit),
              updated_at = \(tx.now) WHERE id = \(id)
            """)
    }
}
