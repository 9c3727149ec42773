// The button beside each stuck thing: asks again, gives back, reminds, tries again; always through the usual acts.
import Audit
import Core
import Jobs
import Storage
import Web

extension Billing {
    /// How long after its due date an invoice without a reminder is stuck.
    private static let reminderDelay = Milliseconds.days(1)

    /// Everything that is stuck, the oldest first; in the scope of the instance.
    func stuck(in tx: any Transaction) throws -> StuckReport {
        let silence = tx.now.adding(-Self.silence)
        let objects = try [
            StuckStore.orders(silentSince: silence, in: tx), StuckStore.refunds(silentSince: silence, in: tx),
            StuckStore.messages(waitingSince: silence, in: tx),
            StuckStore.unappliedPayments(in: tx), StuckStore.owedRefunds(in: tx),
            StuckStore.overdueInvoices(dueBefore: tx.now.adding(-Self.reminderDelay), in: tx),
            StuckStore.deadJobs(in: tx),
        ].joined()
        return StuckReport(at: tx.now, objects: objects.sorted { ($0.since, $0.id) < ($1.since, $1.id) })
    }

    /// Does what the button of a stuck thing says. Throws `not_found` for what does not exist.
    func unstick(_ kind: StuckKind, _ id: String, by actor: Actor) async throws {
        do {
            switch kind {
            case .order: try await askAgain(aboutOrder: try Self.known(id), by: actor)
            case .refund: try await askAgain(aboutRefund: try Self.known(id), by: actor)
            case .message: try await workAgain(on: id, by: actor)
            case .unappliedPayment, .owedRefund: try await giveBack(try Self.known(id), kind, by: actor)
            case .overdueInvoice: try await remindNow(of: try Self.known(id), by: actor)
            case .deadJob: try await tryAgain(try Self.known(id), by: actor)
            }
        } catch let error as ProviderError {
            throw BillingProblem(error)
        }
    }

    private static func known<Kind>(_ text: String) throws -> Identifier<Kind> {
        guard let id = Identifier<Kind>(text) else { throw Problem.notFound() }
        return id
    }

    private func note(_ kind: StuckKind, _ id: String, in tx: any Transaction) throws {
        try Audit.record("stuck.resolved", on: .init(kind.rawValue, id), in: tx)
    }

    private func askAgain(aboutOrder id: OrderID, by actor: Actor) async throws {
        let order = try database.read(in: .instance) { try PaymentStore.order(id, in: $0) }
        guard let order else { throw Problem.notFound("order") }
        try await check(order, by: actor)
        try await database.write(in: .organization(order.organization), by: actor) { tx in
            // The provider was asked and has no order under this receipt: it can be made anew.
            if let now = try PaymentStore.order(id, in: tx), now.remoteID == nil {
                try PaymentStore.move(id, to: .closed, in: tx)
            }
            try self.note(.order, id.text, in: tx)
        }
    }

    private func askAgain(aboutRefund id: RefundID, by actor: Actor) async throws {
        let organization = try database.read(in: .instance) { tx in
            try PaymentStore.refund(id, in: tx).flatMap { try PaymentStore.payment($0.payment, in: tx)?.organization }
        }
        guard let organization else { throw Problem.notFound("refund") }
        try await check(id, of: organization, by: actor)
        try await database.write(in: .organization(organization), by: actor) { tx in
            try self.note(.refund, id.text, in: tx)
        }
    }

    private func workAgain(on id: String, by actor: Actor) async throws {
        guard let found = try database.read(in: .instance, { try StuckStore.message(id, in: $0) }) else {
            throw Problem.notFound("message")
        }
        let isConflict = found.state == InboxEvent.State.conflict.rawValue
        if isConflict {
            // Neither body is believed, so the provider itself is asked about everything it may have been about.
            let orders = try database.read(in: .instance) { tx in
                try StuckStore.openOrders(in: tx).compactMap { try PaymentStore.order($0, in: tx) }
            }
            for order in orders where order.provider == found.provider { try await check(order, by: actor) }
        }
        try await database.write(in: .instance, by: actor) { tx in
            if isConflict {
                try InboxStore.finish(
                    id, provider: found.provider, .ignored, note: "came again with another body; put away", in: tx)
            } else {
                try self.process(id, from: found.provider, in: tx)
            }
            try self.note(.message, id, in: tx)
        }
    }

    private func giveBack(_ id: PaymentID, _ kind: StuckKind, by actor: Actor) async throws {
        let payment = try database.read(in: .instance) { try PaymentStore.payment(id, in: $0) }
        guard let payment else { throw Problem.notFound("payment") }
        let owed = payment.credited - payment.refundReserved
        let amount = kind == .owedRefund ? owed : payment.refundable.amount
        guard amount > 0 else { throw BillingProblem.refundTooLarge(payment.refundable) }
        let reason = kind == .owedRefund ? "the refund before it failed" : "no invoice for it"
        _ = try await refund(
            RefundWish(payment: id, amount: amount, reason: reason, isOperator: true), of: payment.organization,
            by: actor)
    }

    private func remindNow(of id: InvoiceID, by actor: Actor) async throws {
        let organization = try database.read(in: .instance) { try StuckStore.owner(ofInvoice: id, in: $0) }
        guard let organization else { throw Problem.notFound("invoice") }
        try await database.write(in: .organization(organization), by: actor) { tx in
            try self.remind(of: id, in: tx)
            try self.note(.overdueInvoice, id.text, in: tx)
        }
    }

    private func tryAgain(_ id: JobID, by actor: Actor) async throws {
        try await database.write(in: .instance, by: actor) { tx in
            guard try Jobs.restart(id, in: tx) else { throw Problem.notFound("job") }
            try self.note(.deadJob, id.text, in: tx)
        }
    }
}
