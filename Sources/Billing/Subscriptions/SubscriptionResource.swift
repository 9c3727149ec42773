// A subscription as JSON, and what changing it brings.
import Core
import Web

/// The subscription of an organisation.
struct SubscriptionResource: Codable, Sendable {
    let plan: String
    /// The price that was bought; null when nothing was.
    let price: PriceID?
    let quantity: Int64
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
        case plan, price, quantity, state, currency, interval
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
        price = it.price
        quantity = it.quantity
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

/// What taking a plan came to: in force at once, or to be paid.
struct SubscriptionChange: Codable, Sendable {
    let subscription: SubscriptionResource
    let checkout: CheckoutResource?
}
