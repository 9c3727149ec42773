// Changing a plan, its price or its seats: what it would cost, and doing exactly that.
import Core
import Storage
import Web

/// What somebody wants to have instead; what is nil stays.
struct PlanWish: Sendable, Hashable {
    var plan: String?
    var interval: Interval?
    var quantity: Int64?
    /// Nil: at once when it costs more, at the end of the period when it costs less.
    var when: ChangeTime?
}

/// When a change comes.
enum ChangeTime: String, CaseIterable, Codable, Sendable {
    case now
    case periodEnd = "period_end"
}

/// A change, worked out: preview and act both have it from `work`, so they can't differ.
struct PlannedChange: Sendable {
    let sale: Sale
    let when: ChangeTime
    let effectiveAt: Timestamp
    /// Nil where nothing is invoiced: at the end of the period, and during a trial.
    let draft: InvoiceDraft?
    /// What is given back, each until its end.
    let credited: [RevenueSchedule]
    /// What the charge earns; a part of the whole period's price.
    let charge: RevenuePlan?
    /// Whether a period of another length begins now.
    let isNewPeriod: Bool
}

extension Billing {
    /// Works out what a change comes to; changes nothing.
    func work(_ wish: PlanWish, on subscription: Subscription, in tx: any Transaction) throws -> PlannedChange {
        guard subscription.isPaid, subscription.state != .pastDue else {
            throw subscription.state == .pastDue ? BillingProblem.payFirst : BillingProblem.noPlan
        }
        guard subscription.cancelsAt == nil, subscription.schedule.pausesAt == nil else { throw BillingProblem.ending }
        guard let old = try boughtPrice(of: subscription, in: tx) else { throw BillingProblem.notSold }
        let price = try wanted(wish, instead: old, in: tx)
        guard let plan = try PlanStore.find(price.plan, in: tx) else { throw BillingProblem.unknownPlan }
        let quantity = wish.quantity ?? subscription.quantity
        guard quantity > 0, try Pricing.amount(of: price, quantity: quantity).amount > 0 else {
            throw BillingProblem.cancelInstead
        }
        let isSame = price.id == old.id && quantity == subscription.quantity
        guard !isSame || subscription.schedule.nextPrice != nil, let start = subscription.periodStart,
            let end = subscription.periodEnd
        else { throw BillingProblem.nothingToChange }
        let isMore = try costsMore(price, quantity, than: old, subscription.quantity)
        let when =
            isSame ? .periodEnd : subscription.state == .trialing ? .now : wish.when ?? (isMore ? .now : .periodEnd)
        let sale = Sale(plan: plan, price: price, quantity: quantity, period: start..<end)
        guard when == .now, subscription.state == .active else {
            return PlannedChange(
                sale: sale, when: when, effectiveAt: when == .now ? tx.now : end, draft: nil, credited: [], charge: nil,
                isNewPeriod: false)
        }
        return try workNow(sale, on: subscription, isNewPeriod: price.interval != old.interval, in: tx)
    }

    /// What is not earned yet goes back; what is left of the period, or a whole new one, is charged.
    private func workNow(
        _ sale: Sale, on subscription: Subscription, isNewPeriod: Bool, in tx: any Transaction
    ) throws -> PlannedChange {
        let zone = subscription.schedule.zone
        let today = zone.day(tx.now)
        let credited = try RevenueStore.running(of: subscription.currency, in: tx).filter { $0.rest(on: today) > 0 }
        let end =
            isNewPeriod
            ? BillingAnchor(at: tx.now, in: zone).border(months: Int64(sale.price.interval.months), in: zone)
            : sale.period.upperBound
        let start = isNewPeriod ? tx.now : sale.period.lowerBound
        guard tx.now < end else { throw BillingProblem.payFirst }
        let span = DaySpan(start: zone.day(start), end: zone.day(end))
        let whole = try Pricing.amount(of: sale.price, quantity: sale.quantity).amount
        let charge = RevenuePlan(whole: whole, period: span, from: today)
        let now = Sale(plan: sale.plan, price: sale.price, quantity: sale.quantity, period: start..<end)
        var lines = credited.map { it in
            DraftLine(
                "Not used: invoice \(it.invoice), \(zone.day(tx.now)) to \(it.plan.period.end)",
                amount: -it.rest(on: today), revenue: .deferred)
        }
        let words = isNewPeriod ? now.words : "\(now.words), \(today) to \(span.end)"
        // On the last day of a period nothing may be left to charge; a line says so.
        lines.append(
            DraftLine(
                words, amount: charge.amount, quantity: sale.countsUnits ? sale.quantity : 1, period: tx.now..<end,
                revenue: .deferred))
        var draft = InvoiceDraft(sale.price.currency, lines, term: now.term)
        // A discount belongs to a period as it was sold; the rest of one is priced as it is.
        draft.takesCoupons = false
        return PlannedChange(
            sale: now, when: .now, effectiveAt: tx.now, draft: draft, credited: credited, charge: charge,
            isNewPeriod: isNewPeriod)
    }

    private func wanted(_ wish: PlanWish, instead old: Price, in tx: any Transaction) throws -> Price {
        let isOld = (wish.plan ?? old.plan) == old.plan && (wish.interval ?? old.interval) == old.interval
        if isOld { return old }
        guard let plan = try PlanStore.find(wish.plan ?? old.plan, in: tx), plan.retiredAt == nil else {
            throw BillingProblem.unknownPlan
        }
        if plan.code == Plan.free { throw BillingProblem.cancelInstead }
        guard let price = plan.price(old.currency, wish.interval ?? old.interval) else { throw BillingProblem.notSold }
        return price
    }

    /// Compared by the month, exactly: 12 months of the one against 12 of the other.
    private func costsMore(_ new: Price, _ quantity: Int64, than old: Price, _ oldQuantity: Int64) throws -> Bool {
        let after = Int128(try Pricing.amount(of: new, quantity: quantity).amount) * Int128(old.interval.months)
        let before = Int128(try Pricing.amount(of: old, quantity: oldQuantity).amount) * Int128(new.interval.months)
        return after >= before
    }

    /// Changes the plan of the transaction's organisation; returns the invoice if the change made one.
    ///
    /// `expected` is the total of a preview that somebody saw: the change is refused when it has become another one.
    func change(_ wish: PlanWish, expecting expected: Int64? = nil, in tx: any Transaction) throws -> Invoice? {
        var subscription = try subscription(in: tx)
        let planned = try work(wish, on: subscription, in: tx)
        guard let draft = planned.draft, let charge = planned.charge else {
            try note(planned, on: &subscription, in: tx)
            return nil
        }
        if let expected, try total(of: draft, in: tx).total != expected { throw BillingProblem.previewOutdated }
        let invoice = try finalise(draft, in: tx)
        try endEarning(planned.credited, on: subscription.schedule.zone.day(tx.now), by: invoice.id, in: tx)
        try adopt(charge, of: invoice, position: Int64(draft.lines.count), in: tx)
        subscription.take(planned.sale.price, planned.sale.quantity)
        (subscription.schedule.nextPrice, subscription.schedule.nextQuantity) = (nil, nil)
        if planned.isNewPeriod {
            let period = planned.sale.period
            try SubscriptionStore.unbill(after: period.lowerBound, in: tx)
            try SubscriptionStore.bill(invoice.id, period.lowerBound, period.upperBound, in: tx)
            subscription.schedule.begin(at: period.lowerBound, months: Int64(planned.sale.price.interval.months))
            (subscription.periodStart, subscription.periodEnd) = (period.lowerBound, period.upperBound)
        }
        try keep(subscription, "subscription.changed", in: tx)
        if invoice.state == .open { try planDunning(of: invoice, in: tx) }
        return invoice
    }

    /// A change that costs nothing now: during a trial at once, otherwise with the next period.
    private func note(
        _ planned: PlannedChange, on subscription: inout Subscription, in tx: any Transaction
    ) throws {
        let (price, quantity) = (planned.sale.price, planned.sale.quantity)
        if planned.when == .now {
            subscription.take(price, quantity)
            return try keep(subscription, "subscription.changed", in: tx)
        }
        let isBack = price.id == subscription.price && quantity == subscription.quantity
        (subscription.schedule.nextPrice, subscription.schedule.nextQuantity) =
            isBack ? (nil, nil) : (price.id, quantity)
        try keep(subscription, isBack ? "subscription.change_withdrawn" : "subscription.change_planned", in: tx)
    }

    /// Ends the subscription now, and gives back what was not used as credit for other invoices.
    func endWithCredit(_ subscription: inout Subscription, in tx: any Transaction) throws {
        let today = subscription.schedule.zone.day(tx.now)
        let credited = try RevenueStore.running(of: subscription.currency, in: tx).filter { $0.rest(on: today) > 0 }
        guard !credited.isEmpty else { return }
        let lines = credited.map { it in
            DraftLine(
                "Not used: invoice \(it.invoice), \(today) to \(it.plan.period.end)", amount: -it.rest(on: today),
                revenue: .deferred)
        }
        var draft = InvoiceDraft(subscription.currency, lines)
        draft.takesCoupons = false
        let invoice = try finalise(draft, in: tx)
        try endEarning(credited, on: today, by: invoice.id, in: tx)
    }
}
