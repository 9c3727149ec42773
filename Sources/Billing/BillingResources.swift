// What billing answers over the API.
import Core
import Web

/// A plan with its prices.
struct PlanResource: Codable, Sendable {
    let code: String
    let name: String
    let summary: String
    let features: [String]
    let trialDays: Int
    let callsPerMinute: Int?
    let prices: [Price]

    enum CodingKeys: String, CodingKey {
        case code, name, summary, features, prices
        case trialDays = "trial_days"
        case callsPerMinute = "calls_per_minute"
    }

    init(_ plan: Plan) {
        code = plan.code
        name = plan.name
        summary = plan.summary
        features = plan.features
        trialDays = plan.trialDays
        callsPerMinute = plan.callsPerMinute
        prices = plan.prices
    }
}

/// All plans on sale; there are few, so there are no pages.
struct PlanList: Codable, Sendable {
    let data: [PlanResource]
}

/// The subscription of an organisation.
struct SubscriptionResource: Codable, Sendable {
    let plan: String
    /// The plan whose features may be used now.
    let planInForce: String
    let state: SubscriptionState
    let currency: Currency
    let interval: Interval
    let trialEndsAt: Timestamp?
    let currentPeriodStart: Timestamp?
    let currentPeriodEnd: Timestamp?
    let cancelsAt: Timestamp?
    let cancelledAt: Timestamp?
    let openInvoiceID: InvoiceID?

    enum CodingKeys: String, CodingKey {
        case plan, state, currency, interval
        case planInForce = "plan_in_force"
        case trialEndsAt = "trial_ends_at"
        case currentPeriodStart = "current_period_start"
        case currentPeriodEnd = "current_period_end"
        case cancelsAt = "cancels_at"
        case cancelledAt = "cancelled_at"
        case openInvoiceID = "open_invoice_id"
    }

    init(_ it: Subscription) {
        plan = it.plan
        planInForce = it.planInForce
        state = it.state
        currency = it.currency
        interval = it.interval
        trialEndsAt = it.trialEndsAt
        currentPeriodStart = it.periodStart
        currentPeriodEnd = it.periodEnd
        cancelsAt = it.cancelsAt
        cancelledAt = it.cancelledAt
        openInvoiceID = it.openInvoice
    }
}

/// An invoice in full.
struct InvoiceResource: Codable, Sendable {
    let id: InvoiceID
    let number: String
    let state: InvoiceState
    let plan: String
    let interval: Interval
    let periodStart: Timestamp
    let periodEnd: Timestamp
    let lines: [InvoiceLine]
    let subtotal: Money
    let taxes: [TaxLine]
    let tax: Money
    let total: Money
    let seller: Party
    let customer: Party
    let placeOfSupply: String
    let issuedAt: Timestamp
    let dueAt: Timestamp
    let paidAt: Timestamp?
    let voidedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, number, state, plan, interval, lines, subtotal, taxes, tax, total, seller, customer
        case periodStart = "period_start"
        case periodEnd = "period_end"
        case placeOfSupply = "place_of_supply"
        case issuedAt = "issued_at"
        case dueAt = "due_at"
        case paidAt = "paid_at"
        case voidedAt = "voided_at"
    }

    init(_ it: Invoice, lines: [InvoiceLine], taxes: [TaxLine]) {
        id = it.id
        number = it.number
        state = it.state
        plan = it.plan
        interval = it.interval
        periodStart = it.periodStart
        periodEnd = it.periodEnd
        self.lines = lines
        subtotal = it.subtotal
        self.taxes = taxes
        tax = it.tax
        total = it.total
        seller = it.seller
        customer = it.customer
        placeOfSupply = it.placeOfSupply
        issuedAt = it.issuedAt
        dueAt = it.dueAt
        paidAt = it.paidAt
        voidedAt = it.voidedAt
    }
}

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

/// What taking a plan came to: in force at once, or to be paid.
struct SubscriptionChange: Codable, Sendable {
    let subscription: SubscriptionResource
    let checkout: CheckoutResource?
}
