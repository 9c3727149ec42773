// Dunning: steps are rows with the instant at which they are due, taken in order, each once.
package import Core
package import Storage
import Web

extension Billing {
    /// Writes down what will happen if an invoice is not paid.
    func planDunning(of invoice: Invoice, in tx: any Transaction) throws {
        guard let plan = invoice.plan else { return }
        let zone = try SubscriptionStore.zone(in: tx)
        let policy = try tx.scoped(to: .instance) { tx in try DunningStore.policy(of: plan, in: tx) }
        try DunningStore.insert(policy.steps(dueAt: invoice.dueAt, in: zone), of: invoice.id, in: tx)
    }

    /// An invoice is paid or void: nothing more is done about it, and what it limited works again.
    func endDunning(of invoice: InvoiceID, because reason: String, in tx: any Transaction) throws {
        try DunningStore.skipRest(of: invoice, because: reason, in: tx)
        guard var subscription = try SubscriptionStore.find(in: tx), subscription.schedule.limitedAt != nil,
            try DunningStore.open(in: tx).allSatisfy({ $0.action != .readOnly || $0.state == .planned })
        else { return }
        subscription.schedule.limitedAt = nil
        try keep(subscription, "subscription.unlimited", in: tx)
    }

    /// Takes every step that is due, organisation by organisation.
    func dunAll(by actor: Actor) async throws {
        var failure: (any Error)?
        let due = try await database.readAtLength(in: .instance) { tx in
            try DunningStore.organizationsDue(limit: 1000, in: tx)
        }
        for organization in due {
            do {
                try await database.write(in: .organization(organization), by: actor) { try self.dun(in: $0) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Takes the steps that are due for the organisation of the transaction, in order.
    ///
    /// After a time without this program several may be due at once. Of reminders about one invoice only the last is
    /// mailed; and what takes something away never follows a reminder that was late without a day in between: nobody
    /// is cut off by a machine that slept.
    func dun(in tx: any Transaction) throws {
        var late: Set<InvoiceID> = []
        let due = try DunningStore.due(in: tx)
        for (index, step) in due.enumerated() {
            guard let invoice = try InvoiceStore.find(step.invoice, in: tx), invoice.state == .open else {
                try DunningStore.skipRest(of: step.invoice, because: "the invoice is not open", in: tx)
                continue
            }
            let isLate = tx.now.since(step.dueAt) > .days(1)
            if step.action != .remind, isLate, late.contains(step.invoice) {
                let tomorrow = tx.now.adding(.days(1))
                try DunningStore.move(step, to: tomorrow, note: "a day after a reminder that was late", in: tx)
                continue
            }
            if isLate { late.insert(step.invoice) }
            let isLast = !due[(index + 1)...].contains { $0.invoice == step.invoice && $0.action == .remind }
            try take(step, invoice, isMailed: isLast, in: tx)
        }
    }

    /// Takes one step.
    func take(_ step: DunningStep, _ invoice: Invoice, isMailed: Bool = true, in tx: any Transaction) throws {
        let isMerged = step.action == .remind && !isMailed
        try DunningStore.close(
            step, as: isMerged ? .skipped : .done, note: isMerged ? "one mail for all that were due" : "", in: tx)
        switch step.action {
        case .remind: if isMailed { try mail(.reminder(invoice), in: tx) }
        case .readOnly:
            guard var subscription = try SubscriptionStore.find(in: tx), subscription.hasPlan else { return }
            subscription.schedule.limitedAt = subscription.schedule.limitedAt ?? tx.now
            try keep(subscription, "subscription.limited", in: tx)
            try mail(.limited(invoice), in: tx)
        case .cancel:
            // What a later change has credited stands, so its charge can't be undone: what nobody pays of it is lost.
            let isChanged = try RevenueStore.schedules(of: invoice.id, in: tx).contains { $0.endedBy != nil }
            if isChanged { try writeOff(invoice.id, in: tx) } else { try void(invoice.id, in: tx) }
            guard var subscription = try SubscriptionStore.find(in: tx), subscription.hasPlan else { return }
            try subscription.end(at: tx.now)
            try keep(subscription, "subscription.cancelled", in: tx)
            try mail(.cancelledUnpaid(invoice), in: tx)
        }
    }

    /// What an operator does about a step.
    enum StepOrder: Sendable, Hashable {
        case skip
        case postpone(to: Timestamp)
        case run
    }

    /// Skips, moves or takes a step of an organisation now; in the scope of the organisation.
    func order(
        _ order: StepOrder, _ invoice: InvoiceID, position: Int64, in tx: any Transaction
    ) throws -> [DunningStep] {
        let steps = try DunningStore.steps(of: invoice, in: tx)
        guard let step = steps.first(where: { $0.position == position }) else { throw Problem.notFound("dunning step") }
        guard step.state == .planned, let found = try InvoiceStore.find(invoice, in: tx), found.state == .open
        else { throw BillingProblem.stepTaken }
        switch order {
        case .skip: try DunningStore.close(step, as: .skipped, note: "skipped by \(tx.actor.display)", in: tx)
        case .postpone(let instant):
            guard instant > tx.now, instant <= tx.now.adding(.days(365)) else { throw BillingProblem.stepTime }
            // What follows keeps its distance: nobody is cut off before the reminder that was moved.
            let distance = instant.since(step.dueAt)
            for it in steps where it.state == .planned && it.position >= position {
                try DunningStore.move(
                    it, to: it.dueAt.adding(distance), note: "moved by \(tx.actor.display)", in: tx)
            }
        case .run: try take(step, found, in: tx)
        }
        try Self.note(
            "dunning.overridden", "invoice", invoice,
            .object(["step": .integer(position), "action": .string(step.action.rawValue)]), in: tx)
        return try DunningStore.steps(of: invoice, in: tx)
    }

    /// Whether only reading and billing work for an organisation. Scope: instance.
    package static func isLimited(_ organization: OrganizationID, in tx: any Transaction) throws -> Bool {
        try tx.remembering("limited \(organization)") { try DunningStore.isLimited(organization, in: tx) }
    }
}
