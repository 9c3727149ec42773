// Taking, trying, pausing and cancelling a plan.
import Core
import Storage
import Web

/// What an organisation wants.
struct PlanChoice: Sendable, Hashable {
    let plan: String
    let currency: Currency
    let interval: Interval
    let wantsTrial: Bool
    var quantity: Int64 = 1
}

extension Billing {
    /// What the organisation of the transaction has now.
    func subscription(in tx: any Transaction) throws -> Subscription {
        try SubscriptionStore.find(in: tx) ?? .initial
    }

    /// Takes a plan: a free one or a trial is in force at once, a paid one when its invoice is paid.
    ///
    /// Returns the invoice to pay. Asking again for the same before paying returns the same invoice; asking for
    /// another voids the first.
    func take(_ choice: PlanChoice, in tx: any Transaction) throws -> Invoice? {
        guard let plan = try PlanStore.find(choice.plan, in: tx) else { throw BillingProblem.unknownPlan }
        guard plan.retiredAt == nil, let price = plan.price(choice.currency, choice.interval) else {
            throw BillingProblem.notSold
        }
        var subscription = try subscription(in: tx)
        try subscription.checkMayTake(plan)
        let open = try subscription.openInvoice.flatMap { try InvoiceStore.find($0, in: tx) }
        if let open, open.state == .open {
            let isSame = subscription.openPrice == price.id && (subscription.openQuantity ?? 1) == choice.quantity
            if isSame, !choice.wantsTrial { return open }
            try void(open.id, in: tx)
            (subscription.openInvoice, subscription.openPrice, subscription.openQuantity) = (nil, nil, nil)
        }
        let isFree = try Pricing.amount(of: price, quantity: choice.quantity).amount == 0
        return try choice.wantsTrial || isFree
            ? start(plan, price, choice, subscription, in: tx)
            : sell(plan, price, quantity: choice.quantity, subscription, in: tx)
    }

    private func start(
        _ plan: Plan, _ price: Price, _ choice: PlanChoice, _ before: Subscription, in tx: any Transaction
    ) throws -> Invoice? {
        var subscription = before
        if choice.wantsTrial {
            try subscription.startTrial(plan, price, quantity: choice.quantity, at: tx.now)
            try keep(subscription, "subscription.trial_started", in: tx)
        } else {
            try subscription.takeFree(price)
            try keep(subscription, "subscription.activated", in: tx)
        }
        return nil
    }

    private func sell(
        _ plan: Plan, _ price: Price, quantity: Int64, _ before: Subscription, in tx: any Transaction
    ) throws -> Invoice {
        var subscription = before
        let zone = subscription.schedule.zone
        let end = BillingAnchor(at: tx.now, in: zone).border(months: Int64(price.interval.months), in: zone)
        guard tx.now < end else { throw BillingProblem.notSold }
        let sale = Sale(plan: plan, price: price, quantity: quantity, period: tx.now..<end)
        let invoice = try finalise(try sale.draft, in: tx)
        try SubscriptionStore.bill(invoice.id, tx.now, end, in: tx)
        (subscription.openInvoice, subscription.openPrice) = (invoice.id, price.id)
        subscription.openQuantity = quantity
        try SubscriptionStore.save(subscription, in: tx)
        if invoice.state == .paid { try putInForce(invoice, in: tx) }
        return invoice
    }

    /// Cancels the subscription: at the end of what is paid for, or now; then what was not used may become credit.
    func cancel(isImmediate: Bool = false, givesCredit: Bool = false, in tx: any Transaction) throws -> Subscription {
        var subscription = try subscription(in: tx)
        let open = subscription.openInvoice
        try subscription.cancel(at: tx.now, isImmediate: isImmediate)
        if subscription.state == .cancelled {
            if let open { try void(open, in: tx) }
            if givesCredit { try endWithCredit(&subscription, in: tx) }
        }
        let isOver = subscription.state == .cancelled
        try keep(subscription, isOver ? "subscription.cancelled" : "subscription.cancellation_requested", in: tx)
        return subscription
    }

    /// Pauses the subscription at the end of what is paid for.
    func pause(in tx: any Transaction) throws -> Subscription {
        var subscription = try subscription(in: tx)
        try subscription.pause()
        try keep(subscription, "subscription.pause_requested", in: tx)
        return subscription
    }

    /// Takes back a cancellation or a pause that has not come yet; a paused plan begins anew against an invoice.
    func resume(in tx: any Transaction) throws -> (Subscription, Invoice?) {
        var subscription = try subscription(in: tx)
        if subscription.keepGoing() {
            try keep(subscription, "subscription.resumed", in: tx)
            return (subscription, nil)
        }
        guard subscription.state == .paused, let price = try boughtPrice(of: subscription, in: tx),
            let plan = try PlanStore.find(price.plan, in: tx)
        else { throw BillingProblem.nothingToResume }
        if let open = try subscription.openInvoice.flatMap({ try InvoiceStore.find($0, in: tx) }), open.state == .open {
            return (subscription, open)
        }
        let invoice = try sell(plan, price, quantity: subscription.quantity, subscription, in: tx)
        return (try self.subscription(in: tx), invoice)
    }

    /// From the next border on, days are those of another time zone.
    func setZone(_ identifier: String, in tx: any Transaction) throws -> Subscription {
        guard let zone = BillingZone(identifier) else {
            throw Problem.invalid([
                FieldProblem("/time_zone", "unknown_zone", "Write the name of a time zone, such as Asia/Kolkata.")
            ])
        }
        var subscription = try subscription(in: tx)
        subscription.schedule.zone = zone
        try keep(subscription, "subscription.time_zone_changed", in: tx)
        return subscription
    }

    /// An open invoice is past its due date: a plan that was never in force is given up. What has steps of dunning has
    /// its reminders there.
    func remind(of id: InvoiceID, in tx: any Transaction) throws {
        guard let invoice = try InvoiceStore.find(id, in: tx), invoice.state == .open,
            try InvoiceStore.markReminded(id, in: tx), try !DunningStore.hasSteps(id, in: tx)
        else { return }
        var subscription = try subscription(in: tx)
        if subscription.openInvoice == id, subscription.state == .pastDue {
            try mail(.reminder(invoice), in: tx)
            return
        }
        try void(id, in: tx)
        if subscription.openInvoice == id {
            (subscription.openInvoice, subscription.openPrice, subscription.openQuantity) = (nil, nil, nil)
            try SubscriptionStore.save(subscription, in: tx)
        }
    }

    /// An invoice is void: its period was not billed, nothing of it is earned, and nobody is reminded of it.
    func forget(_ invoice: InvoiceID, in tx: any Transaction) throws {
        guard try RevenueStore.schedules(of: invoice, in: tx).allSatisfy({ $0.endedBy == nil }) else {
            throw BillingProblem.changedSince
        }
        try SubscriptionStore.unbill(invoice, in: tx)
        try unearn(invoice, in: tx)
        try endDunning(of: invoice, because: "the invoice is void", in: tx)
    }
}

extension Subscription {
    /// What audit log and events say of it.
    var facts: JSONValue {
        .object([
            "plan": .string(plan), "state": .string(state.rawValue), "quantity": .integer(quantity),
            "until": (cancelsAt ?? periodEnd).map { .string($0.description) } ?? .null,
        ])
    }
}
