// A subscription: which plan an organisation has, until when, and the rules by which that moves.
import Core
import Storage

/// Where a subscription stands.
package enum SubscriptionState: String, CaseIterable, Codable, Sendable, SQLBindable {
    case trialing
    case active
    /// The period is over and the invoice of the next one is not paid.
    case pastDue = "past_due"
    /// Nothing is billed and nothing of the plan is in force until somebody resumes it.
    case paused
    case cancelled

    /// The states that may follow; everything else is a mistake in the program.
    var next: Set<SubscriptionState> {
        switch self {
        case .trialing: [.active, .pastDue, .cancelled]
        case .active: [.active, .trialing, .pastDue, .paused, .cancelled]
        case .pastDue: [.active, .cancelled]
        case .paused: [.active, .trialing, .cancelled]
        case .cancelled: [.active, .trialing]
        }
    }
}

/// The subscription of one organisation.
package struct Subscription: Sendable, Hashable {
    package internal(set) var plan: String
    var currency: Currency
    var interval: Interval
    /// The price that was bought: it stays what it is, whatever the catalogue says later. Nil when nothing was bought.
    var price: PriceID?
    /// Seats, or whatever else the price counts.
    var quantity: Int64
    package internal(set) var state: SubscriptionState
    /// When the trial ends or ended; a trial is given once.
    var trialEndsAt: Timestamp?
    var periodStart: Timestamp?
    /// When what is paid for, or the trial, ends. Nil for the free plan.
    var periodEnd: Timestamp?
    /// When it ends, once it was cancelled with time left.
    var cancelsAt: Timestamp?
    var cancelledAt: Timestamp?
    /// The invoice to pay to get or to keep a plan.
    var openInvoice: InvoiceID?
    /// The price that the open invoice puts in force.
    var openPrice: PriceID?
    /// How much of it.
    var openQuantity: Int64?
    /// The invoice that paid for the present period.
    var paidInvoice: InvoiceID?
    var schedule = SubscriptionSchedule()

    /// What an organisation has that never took a plan.
    static let initial = Subscription(
        plan: Plan.free, currency: .inr, interval: .month, price: nil, quantity: 1, state: .active, trialEndsAt: nil,
        periodStart: nil, periodEnd: nil, cancelsAt: nil, cancelledAt: nil, openInvoice: nil, openPrice: nil,
        openQuantity: nil, paidInvoice: nil)

    /// Whether there is a plan that costs something, in force or paused.
    var hasPlan: Bool { plan != Plan.free && state != .cancelled }

    /// Whether the plan is one that costs something and is in force.
    package var isPaid: Bool { hasPlan && state != .paused }

    /// The plan whose features the organisation may use now.
    package var planInForce: String { state == .cancelled || state == .paused ? Plan.free : plan }

    /// Whether a paid plan may be taken now; throws what stands in the way.
    func checkMayTake(_ wanted: Plan) throws(BillingProblem) {
        guard state == .active, plan != Plan.free else { return }
        if wanted.code == Plan.free { throw .cancelInstead }
        if wanted.code == plan { throw .alreadyOnPlan }
        throw .planChange(until: periodEnd)
    }

    /// Starts the trial of a plan; throws when there was one before.
    mutating func startTrial(
        _ plan: Plan, _ price: Price, quantity: Int64 = 1, at now: Timestamp
    ) throws(BillingProblem) {
        guard plan.trialDays > 0 else { throw .noTrial }
        guard trialEndsAt == nil else { throw .trialUsed }
        guard !hasPlan else { throw .alreadyOnPlan }
        try move(to: .trialing)
        let end = now.adding(.days(Int64(plan.trialDays)))
        take(price, quantity)
        (trialEndsAt, periodStart, periodEnd) = (end, now, end)
        (cancelsAt, cancelledAt, paidInvoice) = (nil, nil, nil)
        schedule.begin(at: end, months: 0)
    }

    /// Goes to the free plan; only where nothing paid is in force.
    mutating func takeFree(_ price: Price) throws(BillingProblem) {
        guard !hasPlan else { throw .cancelInstead }
        try move(to: .active)
        take(price, 1)
        (periodStart, periodEnd, cancelsAt, cancelledAt) = (nil, nil, nil, nil)
        (openInvoice, openPrice, openQuantity, paidInvoice) = (nil, nil, nil, nil)
        schedule.stop()
    }

    /// From now on it is this that is had.
    mutating func take(_ price: Price, _ quantity: Int64) {
        (plan, currency, interval, self.price) = (price.plan, price.currency, price.interval, price.id)
        self.quantity = quantity
    }

    /// An invoice of it was paid: the plan is in force for the invoice's period.
    mutating func activate(by invoice: Invoice) throws(BillingProblem) {
        let isRenewal = state == .pastDue
        try move(to: .active)
        (plan, currency, interval) = (invoice.plan ?? plan, invoice.total.currency, invoice.interval ?? interval)
        (price, openPrice) = (openPrice ?? price, nil)
        (quantity, openQuantity) = (openQuantity ?? quantity, nil)
        (periodStart, periodEnd) = (invoice.periodStart ?? periodStart, invoice.periodEnd ?? periodEnd)
        (cancelsAt, cancelledAt, openInvoice, paidInvoice) = (nil, nil, nil, invoice.id)
        schedule.limitedAt = nil
        if !isRenewal, let start = periodStart { schedule.begin(at: start, months: Int64(interval.months)) }
        schedule.billedThrough = periodEnd
    }

    /// The trial or the paid period is over, and the invoice for the next one was finalised.
    mutating func lapse(into invoice: Invoice) throws(BillingProblem) {
        guard isPaid else { throw .nothingToCancel }
        try move(to: .pastDue)
        (openInvoice, openPrice, openQuantity) = (invoice.id, price, quantity)
    }

    /// Cancels: what is paid for stays until its end unless it is to end now; a trial or an unpaid period ends now.
    mutating func cancel(at now: Timestamp, isImmediate: Bool = false) throws(BillingProblem) {
        guard hasPlan, cancelsAt == nil || isImmediate else { throw .nothingToCancel }
        if state == .active, let end = periodEnd, end > now, !isImmediate {
            (cancelsAt, schedule.pausesAt) = (end, nil)
        } else {
            try end(at: now)
        }
    }

    /// Ends it now.
    mutating func end(at now: Timestamp) throws(BillingProblem) {
        try move(to: .cancelled)
        (cancelledAt, openInvoice, openPrice, openQuantity) = (now, nil, nil, nil)
        schedule.stop()
    }

    /// Pauses it at the end of what is paid for.
    mutating func pause() throws(BillingProblem) {
        guard state == .active, plan != Plan.free, cancelsAt == nil, schedule.pausesAt == nil, let periodEnd
        else { throw .notPausable }
        schedule.pausesAt = periodEnd
    }

    /// What is paid for is over, and nothing new begins.
    mutating func beginPause() throws(BillingProblem) {
        try move(to: .paused)
        schedule.stop()
    }

    /// Takes a cancellation or a pause back that has not come yet; false when there is none.
    mutating func keepGoing() -> Bool {
        let isWaiting = hasPlan && (cancelsAt != nil || schedule.pausesAt != nil)
        if isWaiting { (cancelsAt, schedule.pausesAt) = (nil, nil) }
        return isWaiting
    }

    private mutating func move(to next: SubscriptionState) throws(BillingProblem) {
        guard state.next.contains(next) else { throw .transition(from: state, to: next) }
        state = next
    }
}

/// How a subscription goes on: the watermark, the anchor, and what was asked for the next period.
struct SubscriptionSchedule: Sendable, Hashable {
    var zone = BillingZone.utc
    /// Everything before this is invoiced. Nil when there is nothing to bill.
    var billedThrough: Timestamp?
    /// What the borders are counted from; stored, because it can't be told from a border at the end of February.
    var anchor: BillingAnchor?
    /// So many months after the anchor lies `billedThrough`.
    var anchorMonths: Int64 = 0
    /// What the next period is of.
    var nextPrice: PriceID?
    var nextQuantity: Int64?
    var pausesAt: Timestamp?
    /// Since when only reading and billing work.
    var limitedAt: Timestamp?
    /// Since when nothing is billed, and why.
    var parkedAt: Timestamp?
    var parkedBecause: String?

    /// The first period begins here, and is billed so many months ahead.
    mutating func begin(at instant: Timestamp, months: Int64) {
        let anchor = BillingAnchor(at: instant, in: zone)
        (self.anchor, anchorMonths) = (anchor, months)
        billedThrough = months == 0 ? instant : anchor.border(months: months, in: zone)
        (nextPrice, nextQuantity, pausesAt) = (nil, nil, nil)
    }

    /// Nothing more is billed.
    mutating func stop() {
        (billedThrough, nextPrice, nextQuantity, pausesAt, limitedAt) = (nil, nil, nil, nil, nil)
    }

    /// The end of the period that begins where the watermark is.
    func end(after interval: Interval) -> Timestamp? {
        anchor?.border(months: anchorMonths + Int64(interval.months), in: zone)
    }

    /// One period was invoiced.
    mutating func bill(_ interval: Interval) {
        guard let end = end(after: interval) else { return }
        anchorMonths += Int64(interval.months)
        billedThrough = end
    }
}
