// The JSON operations of payments and refunds, and the provider's webhook.
import Core
import Storage
import Web

/// What a checkout brought.
struct NewConfirmation: RequestBody {
    let orderID: String
    let paymentID: String
    let signature: String

    enum CodingKeys: String, CodingKey {
        case orderID = "razorpay_order_id"
        case paymentID = "razorpay_payment_id"
        case signature = "razorpay_signature"
    }

    static let rules: [String: Rule] = [
        "razorpay_order_id": .length(1...40), "razorpay_payment_id": .length(1...40),
        "razorpay_signature": .length(64...64),
    ]
}

/// How much to give back.
struct NewRefund: RequestBody {
    let amount: Int64?
    let reason: String?

    static let rules: [String: Rule] = [
        "amount": .all([.range(100...Money.limit), .note("Minor units; all that is left unless given.")]),
        "reason": .length(1...300),
    ]
}

/// Refunds of one payment.
struct RefundList: Codable, Sendable {
    let data: [RefundResource]
}

extension Billing {
    func addPaymentRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/payments", "listPayments", "List payments, newest first", tag: "billing",
            allow: .member(.billingRead), query: QueryParameter.paging, returns: Page<PaymentResource>.self
        ) { call, tx in
            let rows = try PaymentStore.page(before: call.page.after, limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { $0.id.text }).map(PaymentResource.init)
        }
        routes.get(
            "/v1/orgs/{org}/payments/{payment}", "getPayment", "Read a payment", tag: "billing",
            allow: .member(.billingRead), returns: PaymentResource.self
        ) { call, tx in PaymentResource(try payment(try call.id("payment"), in: tx)) }
        routes.act(
            "/v1/orgs/{org}/payments/confirm", "confirmPayment", "Bring what a checkout handed out after a payment",
            tag: "billing", allow: .member(.billingManage), body: NewConfirmation.self,
            returns: PaymentResource.self, requiresIdempotencyKey: true,
            problems: ["invalid_signature", "payment_not_found", "payment_provider_unavailable"]
        ) { call in
            let proof = CheckoutProof(
                orderID: call.body.orderID, paymentID: call.body.paymentID, signature: call.body.signature)
            return PaymentResource(try await confirm(proof, of: try call.organization(), by: call.actor))
        }
        addRefundRoutes(to: &routes)
    }

    private func addRefundRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/payments/{payment}/refunds", "listRefunds", "List the refunds of a payment",
            tag: "billing", allow: .member(.billingRead), returns: RefundList.self
        ) { call, tx in
            let payment = try payment(try call.id("payment"), in: tx)
            return RefundList(data: try PaymentStore.refunds(of: payment.id, in: tx).map(RefundResource.init))
        }
        routes.act(
            "/v1/orgs/{org}/payments/{payment}/refunds", "refundPayment", "Give a payment or a part of it back",
            tag: "billing", allow: .member(.billingManage), body: NewRefund.self, returns: RefundResource.self,
            status: 201, requiresIdempotencyKey: true,
            problems: ["payment_not_captured", "refund_too_large", "refund_window_over"]
        ) { call in
            let wish = RefundWish(
                payment: try call.id("payment"), amount: call.body.amount, reason: call.body.reason ?? "asked for",
                isOperator: call.principal?.isOperator ?? false)
            return RefundResource(try await refund(wish, of: try call.organization(), by: call.actor))
        }
    }

    func payment(_ id: PaymentID, in tx: any Transaction) throws -> Payment {
        guard let payment = try PaymentStore.payment(id, in: tx) else { throw Problem.notFound("payment") }
        return payment
    }

    /// The provider's messages: nothing but the signature over the raw bytes says who sent them.
    func addWebhookRoute(to routes: inout Routes) {
        routes.post(
            "/v1/webhooks/stripe", "receiveStripeWebhook", "Take in a message of Stripe", tag: "billing",
            allow: .anyone, body: AnyDocument.self, returns: WebhookReceipt.self,
            problems: ["invalid_signature", "malformed_event"]
        ) { call, tx in
            try receive(
                call.request.rawBody, signature: call.request.headers["stripe-signature"] ?? "", eventID: nil,
                from: .stripe, in: tx)
            return WebhookReceipt(isReceived: true)
        }
        routes.post(
            "/v1/webhooks/razorpay", "receiveRazorpayWebhook", "Take in a message of Razorpay",
            tag: "billing", allow: .anyone, body: AnyDocument.self, returns: WebhookReceipt.self,
            problems: ["invalid_signature", "malformed_event"]
        ) { call, tx in
            try receive(
                call.request.rawBody, signature: call.request.headers["x-razorpay-signature"] ?? "",
                eventID: call.request.headers["x-razorpay-event-id"], in: tx)
            return WebhookReceipt(isReceived: true)
        }
    }
}

/// What the provider is answered; it looks at the status alone.
private struct WebhookReceipt: Codable {
    let isReceived: Bool

    enum CodingKeys: String, CodingKey {
        case isReceived = "received"
    }
}
