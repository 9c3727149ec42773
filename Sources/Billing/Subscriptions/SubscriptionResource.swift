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
    /// Everything before this is invoiced.
    let billedThrough: Timestamp?
    let timeZone: String
    let cancelsAt: Timestamp?
    let cancelledAt: Timestamp?
    let pausesAt: Timestamp?
    /// What the next period is of, when that was changed.
    let nextPrice: PriceID?
    let nextQuantity: Int64?
    /// Since when only reading and billing work, because an invoice is not paid.
    let limitedAt: Timestamp?
    let openInvoiceID: InvoiceID?

    enum CodingKeys: String, CodingKey {
        case plan, price, quantity, state, currency, interval
        case planInForce = "plan_in_force"
        case trialEndsAt = "trial_ends_at"
        case currentPeriodStart = "current_period_start"
        case currentPeriodEnd = "current_period_end"
        case billedThrough = "billed_through"
        case timeZone = "time_zone"
        case cancelsAt = "cancels_at"
        case cancelledAt = "cancelled_at"
        case pausesAt = "pauses_at"
        case nextPrice = "next_price"
        case nextQuantity = "next_quantity"
        case limitedAt = "limited_at"
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
        billedThrough = it.schedule.billedThrough
        timeZone = it.schedule.zone.identifier
        cancelsAt = it.cancelsAt
        cancelledAt = it.cancelledAt
        pausesAt = it.schedule.pausesAt
        nextPrice = it.schedule.nextPrice
        nextQuantity = it.schedule.nextQuantity
        limitedAt = it.schedule.limitedAt
        openInvoiceID = it.openInvoice
    }
}

/// What taking a plan came to: in force at once, or to be paid.
struct SubscriptionChange: Codable, Sendable {
    let subscription: SubscriptionResource
    let checkout: CheckoutResource?
}

/// One line of an invoice that a change would make.
struct PreviewLine: Codable, Sendable, Hashable {
    let description: String
    let quantity: Int64
    /// Without tax; negative for what is given back.
    let amount: Money
}

/// What a change would come to.
struct ChangePreview: Codable, Sendable {
    let when: ChangeTime
    let effectiveAt: Timestamp
    let lines: [PreviewLine]
    let subtotal: Money
    let tax: Money
    /// With tax; negative when more is given back than charged. Send it with the change as `expected_total`.
    let total: Money
    /// What is left to pay once the balance has paid.
    let due: Money

    enum CodingKeys: String, CodingKey {
        case when, lines, subtotal, tax, total, due
        case effectiveAt = "effective_at"
    }

    init(_ planned: PlannedChange, _ sums: DraftTotal) {
        let currency = planned.sale.price.currency
        when = planned.when
        effectiveAt = planned.effectiveAt
        lines = (planned.draft?.lines ?? []).map {
            PreviewLine(description: $0.description, quantity: $0.quantity, amount: Money(stored: $0.amount, currency))
        }
        subtotal = Money(stored: sums.subtotal, currency)
        tax = Money(stored: sums.tax, currency)
        total = Money(stored: sums.total, currency)
        due = Money(stored: sums.due, currency)
    }
}

/// What a change came to.
struct ChangeResult: Codable, Sendable {
    let subscription: SubscriptionResource
    /// The invoice that it made; null when it costs nothing now.
    let invoiceID: InvoiceID?
    /// How to pay what is left of it.
    let checkout: CheckoutResource?

    enum CodingKeys: String, CodingKey {
        case subscription, checkout
        case invoiceID = "invoice_id"
    }
}
