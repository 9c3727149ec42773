// A subscription: which plan an organisation has, until when, and the rules by which that moves.
import Core
import Storage

/// Where a subscription stands.
package enum SubscriptionState: String, CaseIterable, Codable, Sendable, SQLBindable {
    case trialing
    case active
    /// The period is over and its invoice is not paid.
    case pastDue = "past_due"
    case cancelled

    /// The states that may follow; everything else is a mistake in the program.
    var next: Set<SubscriptionState> {
        switch self {
        case .trialing: [.active, .pastDue, .cancelled]
        case .active: [.active, .trialing, .pastDue, .cancelled]
        case .pastDue: [.active, .cancelled]
        case .cancelled: [.active, .trialing]
        }
    }
}

/// The subscription of one organisation.
package struct Subscription: Sendable, Hashable {
    package private(set) var plan: String
    private(set) var currency: Currency
    private(set) var interval: Interval
    /// The price that was bought: it stays what it is, whatever the catalogue says later. Nil when nothing was bought.
    private(set) var price: PriceID?
    /// Seats, or whatever else the price counts.
    var quantity: Int64
    package private(set) var state: SubscriptionState
    /// When the trial ends or ended; a trial is given once.
    private(set) var trialEndsAt: Timestamp?
    private(set) var periodStart: Timestamp?
    /// When something is due: a renewal, the end of the trial, or the end itself. Nil for the free plan.
    private(set) var periodEnd: Timestamp?
    /// When it ends, once it was cancelled with time left.
    private(set) var cancelsAt: Timestamp?
    private(set) var cancelledAt: Timestamp?
    /// The invoice to pay to get or to keep a plan.
    var openInvoice: InvoiceID?
    /// The price that the open invoice puts in force.
    var openPrice: PriceID?
    /// The invoice that paid for the present period.
    private(set) var paidInvoice: InvoiceID?

    /// What an organisation has that never took a plan.
    static let initial = Subscription(
        plan: Plan.free, currency: .inr, interval: .month, price: nil, quantity: 1, state: .active, trialEndsAt: nil,
        periodStart: nil, periodEnd: nil, cancelsAt: nil, cancelledAt: nil, openInvoice: nil, openPrice: nil,
        paidInvoice: nil)

    /// Whether the plan is one that costs something and is in force.
    package var isPaid: Bool { plan != Plan.free && state != .cancelled }

    /// The plan whose features the organisation may use now.
    package var planInForce: String { state == .cancelled ? Plan.free : plan }

    /// Whether a paid plan may be taken now; throws what stands in the way.
    func checkMayTake(_ wanted: Plan) throws(BillingProblem) {
        guard state == .active, plan != Plan.free else { return }
        if wanted.code == Plan.free { throw .cancelInstead }
        if wanted.code == plan { throw .alreadyOnPlan }
        throw .planChange(until: periodEnd)
    }

    /// Starts the trial of a plan; throws when there was one before.
    mutating func startTrial(_ plan: Plan, _ price: Price, at now: Timestamp) throws(BillingProblem) {
        guard plan.trialDays > 0 else { throw .noTrial }
        guard trialEndsAt == nil else { throw .trialUsed }
        guard !isPaid else { throw .alreadyOnPlan }
        try move(to: .trialing)
        let end = now.adding(.days(Int64(plan.trialDays)))
        (self.plan, currency, interval, self.price) = (plan.code, price.currency, price.interval, price.id)
        (trialEndsAt, periodStart, periodEnd) = (end, now, end)
        (cancelsAt, cancelledAt, paidInvoice) = (nil, nil, nil)
    }

    /// Goes to the free plan; only where nothing paid is in force.
    mutating func takeFree(_ price: Price) throws(BillingProblem) {
        guard !isPaid else { throw .cancelInstead }
        try move(to: .active)
        (plan, currency, interval, self.price) = (Plan.free, price.currency, price.interval, price.id)
        (periodStart, periodEnd, cancelsAt, cancelledAt) = (nil, nil, nil, nil)
        (openInvoice, openPrice, paidInvoice) = (nil, nil, nil)
    }

    /// An invoice of it was paid: the plan is in force for the invoice's period.
    mutating func activate(by invoice: Invoice) throws(BillingProblem) {
        guard let plan = invoice.plan, let interval = invoice.interval else { return }
        try move(to: .active)
        (self.plan, currency, self.interval) = (plan, invoice.total.currency, interval)
        (price, openPrice) = (openPrice ?? price, nil)
        (periodStart, periodEnd) = (invoice.periodStart, invoice.periodEnd)
        (cancelsAt, cancelledAt, openInvoice, paidInvoice) = (nil, nil, nil, invoice.id)
    }

    /// The trial or the paid period is over, and the invoice for the next one was finalised.
    mutating func lapse(into invoice: InvoiceID) throws(BillingProblem) {
        guard isPaid else { throw .nothingToCancel }
        try move(to: .pastDue)
        (openInvoice, openPrice) = (invoice, price)
    }

    /// Cancels: what is paid for stays until its end, a trial or an unpaid period ends now.
    mutating func cancel(at now: Timestamp) throws(BillingProblem) {
        guard isPaid, cancelsAt == nil else { throw .nothingToCancel }
        if state == .active, let end = periodEnd, end > now {
            cancelsAt = end
        } else {
            try end(at: now)
        }
    }

    /// Ends it now.
    mutating func end(at now: Timestamp) throws(BillingProblem) {
        try move(to: .cancelled)
        (cancelledAt, openInvoice, openPrice) = (now, nil, nil)
    }

    private mutating func move(to next: SubscriptionState) throws(BillingProblem) {
        guard state.next.contains(next) else { throw .transition(from: state, to: next) }
        state = next
    }
}

extension Subscription {
    init(_ row: Row) throws {
        plan = try row.text(0)
        currency = Currency(stored: try row.text(1))
        interval = try row.choice(2)
        state = try row.choice(3)
        trialEndsAt = row.optionalTime(4)
        periodStart = row.optionalTime(5)
        periodEnd = row.optionalTime(6)
        cancelsAt = row.optionalTime(7)
        cancelledAt = row.optionalTime(8)
        openInvoice = row.optionalID(9)
        paidInvoice = row.optionalID(10)
        price = row.optionalID(11)
        quantity = try row.int(12)
        openPrice = row.optionalID(13)
    }
}
