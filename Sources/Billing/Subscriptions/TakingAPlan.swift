// Taking, trying and cancelling a plan.
import Core
import Storage
import Web

/// What an organisation wants.
struct PlanChoice: Sendable, Hashable {
    let plan: String
    let currency: Currency
    let interval: Interval
    let wantsTrial: Bool
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
        guard let price = plan.price(choice.currency, choice.interval) else { throw BillingProblem.notSold }
        var subscription = try subscription(in: tx)
        try subscription.checkMayTake(plan)
        let open = try subscription.openInvoice.flatMap { try InvoiceStore.find($0, in: tx) }
        if let open, open.state == .open {
            if subscription.openPrice == price.id, !choice.wantsTrial { return open }
            try void(open.id, in: tx)
            (subscription.openInvoice, subscription.openPrice) = (nil, nil)
        }
        return try choice.wantsTrial || price.amount.amount == 0
            ? start(plan, price, choice, subscription, in: tx) : sell(plan, price, subscription, in: tx)
    }

    private func start(
        _ plan: Plan, _ price: Price, _ choice: PlanChoice, _ before: Subscription, in tx: any Transaction
    ) throws -> Invoice? {
        var subscription = before
        if choice.wantsTrial {
            try subscription.startTrial(plan, price, at: tx.now)
            try SubscriptionStore.save(subscription, in: tx)
            try Self.note(
                "subscription.trial_started", "subscription", try tx.organization(), subscription.facts, in: tx)
        } else {
            try subscription.takeFree(price)
            try SubscriptionStore.save(subscription, in: tx)
            try Self.note("subscription.activated", "subscription", try tx.organization(), subscription.facts, in: tx)
        }
        return nil
    }

    private func sell(
        _ plan: Plan, _ price: Price, _ before: Subscription, in tx: any Transaction
    ) throws -> Invoice {
        var subscription = before
        let invoice = try finalise(plan, price, from: tx.now, in: tx)
        (subscription.openInvoice, subscription.openPrice) = (invoice.id, price.id)
        try SubscriptionStore.save(subscription, in: tx)
        if invoice.state == .paid { try putInForce(invoice, in: tx) }
        return invoice
    }

    /// Cancels the subscription: at the end of what is paid for, or now.
    func cancel(in tx: any Transaction) throws -> Subscription {
        var subscription = try subscription(in: tx)
        let open = subscription.openInvoice
        try subscription.cancel(at: tx.now)
        if subscription.state == .cancelled, let open { try void(open, in: tx) }
        try SubscriptionStore.save(subscription, in: tx)
        let isOver = subscription.state == .cancelled
        try Self.note(
            isOver ? "subscription.cancelled" : "subscription.cancellation_requested", "subscription",
            try tx.organization(), subscription.facts, in: tx)
        return subscription
    }

    /// Does what is due for the organisation of the transaction: the end of a trial, a renewal, an end.
    ///
    /// Returns whether anything was due, so that an organisation that slept for months is caught up step by step.
    func turn(in tx: any Transaction) throws -> Bool {
        guard var subscription = try SubscriptionStore.find(in: tx), let end = subscription.periodEnd,
            end <= tx.now, [.trialing, .active].contains(subscription.state)
        else { return false }
        if subscription.cancelsAt != nil {
            try subscription.end(at: tx.now)
            try SubscriptionStore.save(subscription, in: tx)
            try Self.note("subscription.cancelled", "subscription", try tx.organization(), subscription.facts, in: tx)
            return true
        }
        guard let plan = try PlanStore.find(subscription.plan, in: tx),
            let price = try boughtPrice(of: subscription, plan, in: tx)
        else { throw BillingProblem.notSold }
        let wasTrial = subscription.state == .trialing
        let open = try subscription.openInvoice.flatMap { try InvoiceStore.find($0, in: tx) }
        let invoice =
            if let open, open.state == .open { open } else {
                try finalise(plan, price, from: end, anchor: anchor(of: subscription), in: tx)
            }
        try subscription.lapse(into: invoice.id)
        try SubscriptionStore.save(subscription, in: tx)
        try Self.note(
            wasTrial ? "subscription.trial_ended" : "subscription.renewal_due", "subscription",
            try tx.organization(), subscription.facts, in: tx)
        if invoice.state == .paid { try putInForce(invoice, in: tx) }
        return true
    }

    /// What the subscription renews at: the price that was bought, on sale or not.
    private func boughtPrice(of subscription: Subscription, _ plan: Plan, in tx: any Transaction) throws -> Price? {
        if let price = try subscription.price.flatMap({ try PriceStore.find($0, in: tx) }) { return price }
        return plan.price(subscription.currency, subscription.interval)
    }

    /// The day of the month that periods begin on: of the first one, as far as it is known.
    private func anchor(of subscription: Subscription) -> Int? {
        let days = [subscription.periodStart, subscription.periodEnd].compactMap { $0.map { CivilDate($0).day } }
        return subscription.state == .trialing ? days.last : days.max()
    }

    /// An open invoice is past its due date: a plan that was never in force is given up, a running one is reminded of.
    func remind(of id: InvoiceID, in tx: any Transaction) throws {
        guard let invoice = try InvoiceStore.find(id, in: tx), invoice.state == .open,
            try InvoiceStore.markReminded(id, in: tx)
        else { return }
        var subscription = try subscription(in: tx)
        if subscription.openInvoice == id, subscription.state == .pastDue {
            try mail(.reminder(invoice), in: tx)
            return
        }
        try void(id, in: tx)
        if subscription.openInvoice == id {
            (subscription.openInvoice, subscription.openPrice) = (nil, nil)
            try SubscriptionStore.save(subscription, in: tx)
        }
    }
}

extension Subscription {
    /// What audit log and events say of it.
    var facts: JSONValue {
        .object([
            "plan": .string(plan), "state": .string(state.rawValue),
            "until": (cancelsAt ?? periodEnd).map { .string($0.description) } ?? .null,
        ])
    }
}
