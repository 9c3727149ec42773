// Monthly recurring revenue: what a subscription is worth a month, and how that moves.
import Core
import Storage

/// A change of what one organisation pays a month in one currency.
struct MRRMovement: Sendable, Hashable {
    enum Kind: String, CaseIterable, Codable, Sendable, SQLBindable {
        case new
        case expansion
        case contraction
        /// It had ended, and begins again.
        case reactivation
        case churn
    }

    let organization: OrganizationID
    let currency: Currency
    let number: Int64
    let kind: Kind
    /// Twelfths of a minor unit a month.
    let before: Int64
    let after: Int64
    let plan: String
    let at: Timestamp

    /// What it changes, in twelfths of a minor unit a month.
    var change: Int64 { after - before }
}

extension MRRMovement.Kind {
    /// What a change is called; nil when nothing changes.
    init?(from before: Int64, to after: Int64, isFirst: Bool) {
        guard before != after else { return nil }
        if before == 0 {
            self = isFirst ? .new : .reactivation
        } else if after == 0 {
            self = .churn
        } else {
            self = after > before ? .expansion : .contraction
        }
    }
}

extension Subscription {
    /// Whether it counts: a plan that was paid for and has not ended. Trials and unpaid first periods do not.
    var isRecurring: Bool {
        isPaid && paidInvoice != nil && state != .trialing
    }
}

extension Billing {
    /// Twelfths of a minor unit that a price brings a month: exact for a month, a quarter and a year.
    static func monthly(_ price: Price, quantity: Int64) throws -> Int64 {
        let amount = try Pricing.amount(of: price, quantity: quantity).amount
        let (twelfths, overflow) = amount.multipliedReportingOverflow(by: Int64(12 / max(price.interval.months, 1)))
        return overflow ? Int64.max : twelfths
    }

    /// Writes down what a subscription's change does to MRR; the subscription is saved in the same transaction.
    ///
    /// The last movement says what it was before, so the sum of all movements is always what there is now.
    static func recordMRR(of subscription: Subscription, in tx: any Transaction) throws {
        var value: Int64 = 0
        if subscription.isRecurring, let id = subscription.price, let price = try PriceStore.find(id, in: tx) {
            value = try monthly(price, quantity: subscription.quantity)
        }
        for last in try MRRStore.latest(in: tx) where last.currency != subscription.currency && last.after > 0 {
            // It goes on in another currency: that one ends.
            try move(last.currency, from: last, to: 0, plan: subscription.plan, in: tx)
        }
        let last = try MRRStore.latest(in: tx).first { $0.currency == subscription.currency }
        try move(subscription.currency, from: last, to: value, plan: subscription.plan, in: tx)
    }

    private static func move(
        _ currency: Currency, from last: MRRMovement?, to after: Int64, plan: String, in tx: any Transaction
    ) throws {
        let before = last?.after ?? 0
        guard let kind = MRRMovement.Kind(from: before, to: after, isFirst: last == nil) else { return }
        try MRRStore.insert(
            MRRMovement(
                organization: try tx.organization(), currency: currency, number: (last?.number ?? 0) + 1, kind: kind,
                before: before, after: after, plan: plan, at: tx.now), in: tx)
    }
}
