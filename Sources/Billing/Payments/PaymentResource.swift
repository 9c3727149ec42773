// Payments, refunds and checkouts as JSON.
import Core
import Web

/// An attempt to pay.
struct PaymentResource: Codable, Sendable {
    let id: PaymentID
    let invoiceID: InvoiceID
    let state: PaymentState
    let isApplied: Bool
    let amount: Money
    let refunded: Money
    let method: String
    let providerID: String
    let errorCode: String?
    let errorText: String?
    let createdAt: Timestamp
    let capturedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, state, amount, refunded, method
        case invoiceID = "invoice_id"
        case isApplied = "is_applied"
        case providerID = "provider_id"
        case errorCode = "error_code"
        case errorText = "error_description"
        case createdAt = "created_at"
        case capturedAt = "captured_at"
    }

    init(_ it: Payment) {
        id = it.id
        invoiceID = it.invoice
        state = it.state
        isApplied = it.isApplied
        amount = it.amount
        refunded = Money(stored: it.refundReserved, it.amount.currency)
        method = it.method
        providerID = it.remoteID
        errorCode = it.errorCode
        errorText = it.errorText
        createdAt = it.createdAt
        capturedAt = it.capturedAt
    }
}

/// Money given back.
struct RefundResource: Codable, Sendable {
    let id: RefundID
    let paymentID: PaymentID
    let state: RefundState
    let amount: Money
    let reason: String
    let requestedBy: String
    let providerID: String?
    let createdAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, state, amount, reason
        case paymentID = "payment_id"
        case requestedBy = "requested_by"
        case providerID = "provider_id"
        case createdAt = "created_at"
    }

    init(_ it: Refund) {
        id = it.id
        paymentID = it.payment
        state = it.state
        amount = it.amount
        reason = it.reason
        requestedBy = it.requestedBy
        providerID = it.remoteID
        createdAt = it.createdAt
    }
}

/// What is needed to pay an invoice.
struct CheckoutResource: Codable, Sendable {
    let invoiceID: InvoiceID
    let amount: Money
    /// The provider's order: what its checkout is opened with.
    let orderID: String
    /// The provider's public key.
    let keyID: String
    /// Where a person pays.
    let url: String

    enum CodingKeys: String, CodingKey {
        case amount, url
        case invoiceID = "invoice_id"
        case orderID = "order_id"
        case keyID = "key_id"
    }
}
