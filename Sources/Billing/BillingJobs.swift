// Work that follows by itself: messages of the provider, ends of periods, reminders, and asking what nobody told.
import Core
import Jobs
import Storage
import Web

extension Billing {
    /// Orders and refunds are asked about when nothing was heard of them for this long.
    static let silence = Milliseconds.minutes(15)
    /// Orders are not asked about for longer than this.
    static let orderLife = Milliseconds.days(14)
    private static let batch = 50

    func addBillingJobs(to handlers: inout JobHandlers) throws {
        handlers.on(Self.inboxJob, "Work on a message of the payment provider") { context in
            let id = try context.text("event_id")
            // Messages that were written down before there were several accounts name none.
            let account = context.payload["provider"]?.stringValue ?? self.providers.first.account
            return .commit { tx in try self.process(id, from: account, in: tx) }
        }
        handlers.on("billing.turn", "Do what is due: ends of trials, renewals, cancellations") { context in
            try await self.turnAll(by: context.actor)
            return .done
        }
        handlers.on("billing.remind", "Remind of invoices that are past their due date") { context in
            try await self.remindAll(by: context.actor)
            return .done
        }
        handlers.on("billing.check", "Ask about orders, refunds and disputes without news") { context in
            try await self.checkAll(by: context.actor)
            return .done
        }
        handlers.on("billing.reconcile", "Read the report of settlements and disputes") { context in
            try await self.reconcileAll(by: context.actor)
            return .done
        }
        try handlers.schedule("billing.reconcile", "20 * * * *", kind: "billing.reconcile")
        try handlers.schedule("billing.turn", "*/5 * * * *", kind: "billing.turn")
        try handlers.schedule("billing.remind", "30 4 * * *", kind: "billing.remind")
        try handlers.schedule("billing.check", "*/5 * * * *", kind: "billing.check")
    }

    /// Turns every organisation for which something is due, each in a transaction of its own; one that can't be turned
    /// does not hold up the others.
    func turnAll(by actor: Actor) async throws {
        var failure: (any Error)?
        let due = try await database.readAtLength(in: .instance) { tx in
            try SubscriptionStore.due(limit: 1000, in: tx)
        }
        for organization in due {
            do {
                while try await database.write(in: .organization(organization), by: actor, { try self.turn(in: $0) }) {}
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Reminds of every invoice that fell due, once.
    func remindAll(by actor: Actor) async throws {
        let overdue = try await database.readAtLength(in: .instance) { tx in
            try InvoiceStore.overdue(limit: 1000, in: tx)
        }
        for (organization, invoice) in overdue {
            try await database.write(in: .organization(organization), by: actor) { tx in
                try self.remind(of: invoice, in: tx)
            }
        }
    }

    /// Asks the provider about what has been silent for too long.
    func checkAll(by actor: Actor) async throws {
        let now = database.clock.now
        let (orders, refunds, disputes) = try await database.readAtLength(in: .instance) { tx in
            (
                try PaymentStore.stale(
                    checkedBefore: now.adding(-Self.silence), createdAfter: now.adding(-Self.orderLife),
                    limit: Self.batch, in: tx),
                try PaymentStore.staleRefunds(checkedBefore: now.adding(-Self.silence), limit: Self.batch, in: tx),
                try DisputeStore.stale(checkedBefore: now.adding(-Self.silence), limit: Self.batch, in: tx)
            )
        }
        var failure: (any Error)?
        for order in orders {
            do { try await check(order, by: actor) } catch { failure = error }
        }
        for (organization, refund) in refunds {
            do { try await check(refund, of: organization, by: actor) } catch { failure = error }
        }
        for dispute in disputes {
            do { try await check(dispute, by: actor) } catch { failure = error }
        }
        // One that can't be asked about does not hold up the others, but the job says that something is wrong.
        if let failure { throw failure }
    }
}
