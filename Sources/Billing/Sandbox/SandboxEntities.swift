// What the simulator keeps, and how Razorpay spells it.
import Core
import Storage
import Web

/// An identifier of Razorpay's form: a prefix and 14 letters and digits.
enum RemoteID {
    static func make(_ prefix: String) -> String { prefix + Base62.random(14) }
}

struct SandboxOrder: Sendable {
    enum Status: String, SQLBindable {
        case created
        case attempted
        case paid
    }

    enum Capture: String, SQLBindable {
        case automatic
        case manual
    }

    let id: String
    let receipt: String?
    var status: Status
    let capture: Capture
    let amount: Money
    var paid: Int64
    var attempts: Int64
    let notes: JSONValue
    let createdAt: Timestamp

    var json: JSONValue {
        .object([
            "id": .string(id), "entity": .string("order"), "amount": .integer(amount.amount),
            "amount_paid": .integer(paid), "amount_due": .integer(amount.amount - paid),
            "currency": .string(amount.currency.code), "receipt": receipt.map { .string($0) } ?? .null,
            "offer_id": .null, "status": .string(status.rawValue), "attempts": .integer(attempts),
            "notes": notes.orEmptyList, "created_at": .integer(createdAt.seconds),
        ])
    }
}

struct SandboxPayment: Sendable {
    enum Status: String, SQLBindable {
        case authorized
        case captured
        case refunded
        case failed
    }

    let id: String
    let order: String
    var status: Status
    let amount: Money
    var refunded: Int64
    let method: String
    var fee: Int64?
    var tax: Int64?
    let errorCode: String?
    let errorText: String?
    let createdAt: Timestamp

    var isCaptured: Bool { status == .captured || status == .refunded }

    /// Two per cent and 18 % GST on them, as Razorpay's headline price; `fee` includes the tax.
    mutating func capture() {
        status = .captured
        guard amount.currency == .inr else { return }
        let net = GST.share(of: amount.amount, 200, 10_000)
        let gst = GST.share(of: net, 1800, 10_000)
        (fee, tax) = (net + gst, gst)
    }

    var json: JSONValue {
        .object([
            "id": .string(id), "entity": .string("payment"), "amount": .integer(amount.amount),
            "currency": .string(amount.currency.code), "status": .string(status.rawValue), "order_id": .string(order),
            "invoice_id": .null, "international": .bool(amount.currency != .inr), "method": .string(method),
            "amount_refunded": .integer(refunded),
            "refund_status": refunded == 0 ? .null : .string(refunded == amount.amount ? "full" : "partial"),
            "captured": .bool(isCaptured), "description": .null, "card_id": .null, "bank": .null, "wallet": .null,
            "vpa": method == "upi" ? .string("success@razorpay") : .null, "email": .string("payer@example.com"),
            "contact": .string("+919000090000"), "notes": .array([]),
            "fee": fee.map { .integer($0) } ?? .null, "tax": tax.map { .integer($0) } ?? .null,
            "error_code": errorCode.map { .string($0) } ?? .null,
            "error_description": errorText.map { .string($0) } ?? .null, "error_source": .null, "error_step": .null,
            "error_reason": .null, "acquirer_data": .object([]), "created_at": .integer(createdAt.seconds),
        ])
    }
}

struct SandboxRefund: Sendable {
    enum Status: String, SQLBindable {
        case pending
        case processed
        case failed
    }

    let id: String
    let payment: String
    var status: Status
    let amount: Money
    let receipt: String?
    let notes: JSONValue
    let idempotencyKey: String?
    let createdAt: Timestamp

    var json: JSONValue {
        .object([
            "id": .string(id), "entity": .string("refund"), "amount": .integer(amount.amount),
            "currency": .string(amount.currency.code), "payment_id": .string(payment), "notes": notes.orEmptyList,
            "receipt": receipt.map { .string($0) } ?? .null,
            "acquirer_data": .object(["arn": .null]), "created_at": .integer(createdAt.seconds), "batch_id": .null,
            "status": .string(status.rawValue), "speed_requested": .string("normal"),
            "speed_processed": .string("normal"),
        ])
    }
}

/// A list as Razorpay answers it.
func collection(_ items: [JSONValue]) -> JSONValue {
    .object(["entity": .string("collection"), "count": .integer(Int64(items.count)), "items": .array(items)])
}

extension Timestamp {
    /// Seconds since 1970, as Razorpay counts.
    var seconds: Int64 { milliseconds / 1000 }
}

extension JSONValue {
    /// Notes are a list when there are none: one of Razorpay's irregularities that clients have to bear.
    fileprivate var orEmptyList: JSONValue {
        if case .object(let members) = self, members.isEmpty { .array([]) } else { self }
    }
}
