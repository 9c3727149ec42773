// All SQL of the simulator.
import Core
import Storage
import Web

enum SandboxStore {
    private static func notes(_ row: Row, _ column: Int) throws -> JSONValue {
        try JSONParser.parse(Array(try row.text(column).utf8))
    }

    // MARK: Orders

    private static let orderColumns: SQL =
        "id, receipt, status, capture, amount, currency, amount_paid, attempts, notes, created_at"

    private static func order(_ row: Row) throws -> SandboxOrder {
        SandboxOrder(
            id: try row.text(0), receipt: row.optionalText(1), status: try row.choice(2), capture: try row.choice(3),
            amount: try row.money(4, currency: 5), paid: try row.int(6), attempts: try row.int(7),
            notes: try notes(row, 8), createdAt: try row.time(9))
    }

    static func insert(_ it: SandboxOrder, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_orders (\(orderColumns))
            VALUES (\(it.id), \(it.receipt), \(it.status), \(it.capture), \(it.amount.amount), \(it.amount.currency),
              \(it.paid), \(it.attempts), \(it.notes.text), \(it.createdAt))
            """)
    }

    static func order(_ id: String, in tx: any Transaction) throws -> SandboxOrder? {
        try tx.first("SELECT \(orderColumns) FROM sandbox_orders WHERE id = \(id)", order)
    }

    /// Newest first; those of one receipt if one is given.
    static func orders(
        receipt: String?, count: Int, skip: Int, in tx: any Transaction
    ) throws -> [SandboxOrder] {
        let only: SQL = receipt.map { "WHERE receipt = \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(orderColumns) FROM sandbox_orders \(only)
            ORDER BY created_at DESC, id LIMIT \(count) OFFSET \(skip)
            """, order)
    }

    static func update(_ it: SandboxOrder, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE sandbox_orders SET status = \(it.status), amount_paid = \(it.paid), attempts = \(it.attempts)
            WHERE id = \(it.id)
            """)
    }

    // MARK: Payments

    private static let paymentColumns: SQL =
        """
        id, order_id, status, amount, currency, amount_refunded, method, fee, tax, error_code, error_description,
        created_at
        """

    private static func payment(_ row: Row) throws -> SandboxPayment {
        SandboxPayment(
            id: try row.text(0), order: try row.text(1), status: try row.choice(2),
            amount: try row.money(3, currency: 4), refunded: try row.int(5), method: try row.text(6),
            fee: row.optionalInt(7), tax: row.optionalInt(8), errorCode: row.optionalText(9),
            errorText: row.optionalText(10), createdAt: try row.time(11))
    }

    static func insert(_ it: SandboxPayment, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_payments (\(paymentColumns))
            VALUES (\(it.id), \(it.order), \(it.status), \(it.amount.amount), \(it.amount.currency), \(it.refunded),
              \(it.method), \(it.fee), \(it.tax), \(it.errorCode), \(it.errorText), \(it.createdAt))
            """)
    }

    static func payment(_ id: String, in tx: any Transaction) throws -> SandboxPayment? {
        try tx.first("SELECT \(paymentColumns) FROM sandbox_payments WHERE id = \(id)", payment)
    }

    static func payments(of order: String, in tx: any Transaction) throws -> [SandboxPayment] {
        try tx.rows(
            """
            SELECT \(paymentColumns) FROM sandbox_payments WHERE order_id = \(order)
            ORDER BY created_at DESC, id LIMIT 100
            """, payment)
    }

    /// Newest first.
    static func newestPayments(limit: Int, in tx: any Transaction) throws -> [SandboxPayment] {
        try tx.rows(
            "SELECT \(paymentColumns) FROM sandbox_payments ORDER BY created_at DESC, id LIMIT \(limit)", payment)
    }

    static func update(_ it: SandboxPayment, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE sandbox_payments SET status = \(it.status), amount_refunded = \(it.refunded), fee = \(it.fee),
              tax = \(it.tax) WHERE id = \(it.id)
            """)
    }

    // MARK: Refunds

    private static let refundColumns: SQL =
        "id, payment_id, status, amount, currency, receipt, notes, idempotency_key, created_at"

    private static func refund(_ row: Row) throws -> SandboxRefund {
        SandboxRefund(
            id: try row.text(0), payment: try row.text(1), status: try row.choice(2),
            amount: try row.money(3, currency: 4), receipt: row.optionalText(5), notes: try notes(row, 6),
            idempotencyKey: row.optionalText(7), createdAt: try row.time(8))
    }

    static func insert(_ it: SandboxRefund, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_refunds (\(refundColumns))
            VALUES (\(it.id), \(it.payment), \(it.status), \(it.amount.amount), \(it.amount.currency), \(it.receipt),
              \(it.notes.text), \(it.idempotencyKey), \(it.createdAt))
            """)
    }

    static func refund(_ id: String, in tx: any Transaction) throws -> SandboxRefund? {
        try tx.first("SELECT \(refundColumns) FROM sandbox_refunds WHERE id = \(id)", refund)
    }

    static func refund(key: String, in tx: any Transaction) throws -> SandboxRefund? {
        try tx.first("SELECT \(refundColumns) FROM sandbox_refunds WHERE idempotency_key = \(key)", refund)
    }

    static func refunds(of payment: String, in tx: any Transaction) throws -> [SandboxRefund] {
        try tx.rows(
            """
            SELECT \(refundColumns) FROM sandbox_refunds WHERE payment_id = \(payment)
            ORDER BY created_at DESC, id LIMIT 100
            """, refund)
    }

    // MARK: Webhooks

    static func insertEvent(_ id: String, type: String, body: String, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO sandbox_events (id, type, body, created_at) VALUES (\(id), \(type), \(body), \(tx.now))
            """)
    }

    static func eventBody(_ id: String, in tx: any Transaction) throws -> String? {
        try tx.first("SELECT body FROM sandbox_events WHERE id = \(id)") { try $0.text(0) }
    }

    /// Newest first.
    static func events(limit: Int, in tx: any Transaction) throws -> [SandboxEvent] {
        try tx.rows(
            """
            SELECT id, type, body, created_at, delivered_at FROM sandbox_events
            ORDER BY created_at DESC, id LIMIT \(limit)
            """
        ) { row in
            SandboxEvent(
                id: try row.text(0), type: try row.text(1), body: try row.text(2), createdAt: try row.time(3),
                deliveredAt: row.optionalTime(4))
        }
    }

    static func markDelivered(_ id: String, in tx: any Transaction) throws {
        try tx.run("UPDATE sandbox_events SET delivered_at = \(tx.now) WHERE id = \(id) AND delivered_at IS NULL")
    }
}
