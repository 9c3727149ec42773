// What is due: ends of trials, renewals, pauses and ends, one step at a time and in order.
import Core
import Storage
import Web

extension Billing {
    /// The most invoices for periods of one subscription in a day; more means that something is wrong.
    static let periodsADay: Int64 = 24

    /// Does one step that is due for the organisation of the transaction.
    ///
    /// Returns whether anything was due, so that an organisation that slept for months is caught up step by step. What
    /// is due is told by the watermark, never by the date being today: a day without a clock loses nothing.
    func turn(in tx: any Transaction) throws -> Bool {
        guard var subscription = try SubscriptionStore.find(in: tx), let end = subscription.schedule.billedThrough,
            end <= tx.now, [.trialing, .active].contains(subscription.state), subscription.schedule.parkedAt == nil
        else { return false }
        if subscription.cancelsAt != nil {
            try invoiceLastUsage(of: subscription, until: end, in: tx)
            try subscription.end(at: tx.now)
            try keep(subscription, "subscription.cancelled", in: tx)
        } else if subscription.schedule.pausesAt != nil {
            try subscription.beginPause()
            try keep(subscription, "subscription.paused", in: tx)
        } else if try SubscriptionStore.billed(since: tx.now.adding(.days(-1)), in: tx) >= Self.periodsADay {
            try park(&subscription, because: "\(Self.periodsADay) periods were invoiced within a day", in: tx)
        } else {
            try renew(&subscription, from: end, in: tx)
        }
        return true
    }

    /// Invoices the period that begins where the watermark is.
    private func renew(_ subscription: inout Subscription, from start: Timestamp, in tx: any Transaction) throws {
        let wasTrial = subscription.state == .trialing
        let open = try subscription.openInvoice.flatMap { try InvoiceStore.find($0, in: tx) }
        let invoice: Invoice
        if let open, open.state == .open {
            invoice = open
            subscription.schedule.billedThrough = open.periodEnd
        } else {
            invoice = try invoicePeriod(of: &subscription, from: start, in: tx)
        }
        try subscription.lapse(into: invoice)
        try keep(subscription, wasTrial ? "subscription.trial_ended" : "subscription.renewal_due", in: tx)
        if invoice.state == .paid { try putInForce(invoice, in: tx) } else { try planDunning(of: invoice, in: tx) }
    }

    private func invoicePeriod(
        of subscription: inout Subscription, from start: Timestamp, in tx: any Transaction
    ) throws -> Invoice {
        guard let bought = try boughtPrice(of: subscription, in: tx) else { throw BillingProblem.notSold }
        let usage = try usageDrafts(of: subscription, under: bought, until: start, in: tx)
        let next = try subscription.schedule.nextPrice.flatMap { try PriceStore.find($0, in: tx) }
        subscription.take(next ?? bought, subscription.schedule.nextQuantity ?? subscription.quantity)
        (subscription.schedule.nextPrice, subscription.schedule.nextQuantity) = (nil, nil)
        let price = next ?? bought
        guard let plan = try PlanStore.find(price.plan, in: tx),
            let end = subscription.schedule.end(after: price.interval), start < end
        else { throw BillingProblem.notSold }
        let sale = Sale(plan: plan, price: price, quantity: subscription.quantity, period: start..<end)
        var draft = try sale.draft
        draft.lines += usage
        let invoice = try finalise(draft, in: tx)
        try SubscriptionStore.bill(invoice.id, start, end, in: tx)
        // The period has begun, so it is delivered from its first day on, paid or not yet.
        try beginEarning(invoice.id, in: tx)
        subscription.schedule.bill(price.interval)
        return invoice
    }

    /// What the usage of the period that is over costs, and an end to that period; a trial's usage is free.
    private func usageDrafts(
        of subscription: Subscription, under price: Price, until end: Timestamp, in tx: any Transaction
    ) throws -> [DraftLine] {
        guard subscription.state == .active, let start = subscription.periodStart, start < end else { return [] }
        let lines = try usageLines(under: price, UsagePeriod(start: start, end: end), in: tx).flatMap(\.drafts)
        try closeUsage(until: end, in: tx)
        return lines
    }

    /// A plan ends: its last period's usage has an invoice of its own.
    private func invoiceLastUsage(
        of subscription: Subscription, until end: Timestamp, in tx: any Transaction
    ) throws {
        guard let price = try boughtPrice(of: subscription, in: tx) else { return }
        let lines = try usageDrafts(of: subscription, under: price, until: end, in: tx)
        if !lines.isEmpty { _ = try finalise(InvoiceDraft(subscription.currency, lines), in: tx) }
    }

    /// What the subscription renews at: the price that was bought, on sale or not.
    func boughtPrice(of subscription: Subscription, in tx: any Transaction) throws -> Price? {
        if let price = try subscription.price.flatMap({ try PriceStore.find($0, in: tx) }) { return price }
        return try PlanStore.find(subscription.plan, in: tx)?.price(subscription.currency, subscription.interval)
    }

    /// Writes a change of the subscription, with its record and its event.
    func keep(_ subscription: Subscription, _ action: String, in tx: any Transaction) throws {
        try SubscriptionStore.save(subscription, in: tx)
        try Self.note(action, "subscription", try tx.organization(), subscription.facts, in: tx)
    }

    /// Nothing more is billed until a person has looked: shown to the operator, with the reason.
    private func park(_ subscription: inout Subscription, because reason: String, in tx: any Transaction) throws {
        (subscription.schedule.parkedAt, subscription.schedule.parkedBecause) = (tx.now, reason)
        try keep(subscription, "subscription.parked", in: tx)
    }

    /// Parks the subscription of the transaction's organisation after a failure that would come again.
    func park(because reason: String, in tx: any Transaction) throws {
        guard var subscription = try SubscriptionStore.find(in: tx), subscription.schedule.parkedAt == nil else {
            return
        }
        try park(&subscription, because: reason, in: tx)
    }

    /// A person has looked: billing goes on where it stopped.
    func unpark(in tx: any Transaction) throws -> Subscription {
        guard var subscription = try SubscriptionStore.find(in: tx), subscription.schedule.parkedAt != nil
        else { throw BillingProblem.notParked }
        (subscription.schedule.parkedAt, subscription.schedule.parkedBecause) = (nil, nil)
        try keep(subscription, "subscription.unparked", in: tx)
        return subscription
    }
}

/// One period of a plan that is sold.
struct Sale: Sendable {
    let plan: Plan
    let price: Price
    let quantity: Int64
    let period: Range<Timestamp>

    /// The invoice of the whole period.
    var draft: InvoiceDraft {
        get throws {
            let amount = try Pricing.amount(of: price, quantity: quantity).amount
            guard amount > 0 else { throw BillingProblem.notSold }
            var line = DraftLine(words, amount: amount, quantity: countsUnits ? quantity : 1, period: period)
            if !price.model.hasTiers, price.model != .package, price.terms.per == 1 {
                line.unitAmount = price.terms.amount
            }
            return InvoiceDraft(price.currency, [line], term: term)
        }
    }

    var term: InvoiceDraft.Term {
        .init(plan: plan.code, interval: price.interval, start: period.lowerBound, end: period.upperBound)
    }

    var countsUnits: Bool { price.model != .flat }

    /// What the line of an invoice says.
    var words: String {
        let units = countsUnits ? ", \(price.terms.plural(quantity))" : ""
        return "\(plan.name), \(price.interval.adverb)\(units)"
    }
}
