// Giving money back: planned and reserved first, then asked for under a key that makes asking twice harmless.
import Core
import Storage
import Web

/// What somebody wants to give back.
struct RefundWish: Sendable {
    let payment: PaymentID
    /// Nil for all that is left.
    let amount: Int64?
    let reason: String
    /// Whether the caller runs this instance, and so is not bound to the window for owners.
    let isOperator: Bool
}

extension Billing {
    /// The least that the provider gives back, in minor units.
    static let leastRefund: Int64 = 100

    /// Gives back a payment or a part of it; returns the refund as it stands after the call.
    ///
    /// When the provider does not answer, the refund stays planned: its money is reserved, and a job asks again under
    /// the same key.
    func refund(_ wish: RefundWish, of organization: OrganizationID, by actor: Actor) async throws -> Refund {
        let (refund, payment) = try await database.write(in: .organization(organization), by: actor) { tx in
            try self.planRefund(wish, in: tx)
        }
        return try await send(refund, of: payment, by: actor)
    }

    private func planRefund(_ wish: RefundWish, in tx: any Transaction) throws -> (Refund, Payment) {
        guard let payment = try PaymentStore.payment(wish.payment, in: tx) else { throw Problem.notFound("payment") }
        guard payment.state == .captured, providers.speaking(for: payment.provider) != nil,
            let captured = payment.capturedAt
        else { throw BillingProblem.notRefundable }
        let disputes = try DisputeStore.all(of: payment.id, in: tx)
        if disputes.contains(where: \.state.isOpen) { throw BillingProblem.disputed }
        let lost = disputes.filter(\.isBookedLost).reduce(Int64(0)) { $0 + $1.amount.amount }
        let refundable = Money(stored: max(0, payment.refundable.amount - lost), payment.amount.currency)
        if !wish.isOperator, captured.adding(settings.refundWindow) < tx.now { throw BillingProblem.refundWindowOver }
        let amount = wish.amount ?? refundable.amount
        guard amount >= Self.leastRefund, amount <= refundable.amount else {
            throw BillingProblem.refundTooLarge(refundable)
        }
        // What is still owed from a refund that failed was credited then; only the rest needs a credit note.
        let credit = max(0, payment.refundReserved + amount - payment.credited)
        let refund = Refund(
            id: RefundID(at: tx.now), payment: payment.id, provider: payment.provider, remoteID: nil, origin: .ours,
            state: .planned, amount: Money(stored: amount, payment.amount.currency), credit: credit,
            reason: wish.reason, requestedBy: tx.actor.display, createdAt: tx.now)
        try PaymentStore.insert(refund, in: tx)
        try PaymentStore.reserve(amount, credit: credit, of: payment.id, in: tx)
        try Self.note("refund.requested", "refund", refund.id, refund.facts, in: tx)
        return (refund, payment)
    }

    /// Asks the provider for a planned refund and applies the answer.
    func send(_ refund: Refund, of payment: Payment, by actor: Actor) async throws -> Refund {
        guard let provider = providers.speaking(for: payment.provider) else { return refund }
        let outcome: Result<RefundFact, ProviderError>
        do {
            outcome = .success(try await provider.refund(payment.remoteID, refund.amount, refund.id.text))
        } catch let error as ProviderError {
            outcome = .failure(error)
        }
        if case .failure(let error) = outcome, !error.isFinal { return refund }
        let known = refund
        return try await database.write(in: .instance, by: actor) { tx in
            switch outcome {
            case .success(let fact):
                _ = try self.apply(.refund(fact.answering(refund)), from: provider.account, in: tx)
            case .failure(.lowBalance): try self.owe(known, of: payment, in: tx)
            case .failure: try self.reject(refund, of: payment, in: tx)
            }
            return try PaymentStore.refund(refund.id, in: tx) ?? refund
        }
    }

    /// The provider has too little of our money: the customer is owed it, and it is asked for again.
    private func owe(_ refund: Refund, of payment: Payment, in tx: any Transaction) throws {
        try tx.scoped(to: .organization(payment.organization)) { tx in
            guard let known = try PaymentStore.refund(refund.id, in: tx), known.state == .planned,
                known.owedAt == nil
            else { return }
            try promise(known, of: payment, in: tx)
            try PaymentStore.markOwed(known.id, in: tx)
            try Self.note("refund.owed", "refund", known.id, known.facts, in: tx)
        }
    }

    /// The provider refused: what was reserved is free again.
    private func reject(_ refund: Refund, of payment: Payment, in tx: any Transaction) throws {
        try tx.scoped(to: .organization(payment.organization)) { tx in
            guard let known = try PaymentStore.refund(refund.id, in: tx), known.state == .planned else { return }
            // What was promised with a credit note stays owed; the refund is tried again, never forgotten.
            if known.owedAt != nil { return }
            try PaymentStore.advance(refund.id, to: .rejected, remoteID: nil, in: tx)
            try PaymentStore.reserve(-refund.amount.amount, credit: -refund.credit, of: payment.id, in: tx)
            try Self.note("refund.rejected", "refund", refund.id, refund.facts, in: tx)
        }
    }

    /// Asks again about a refund that is not final.
    func check(_ id: RefundID, of organization: OrganizationID, by actor: Actor) async throws {
        let found = try database.read(in: .organization(organization)) { tx -> (Refund, Payment)? in
            guard let refund = try PaymentStore.refund(id, in: tx),
                let payment = try PaymentStore.payment(refund.payment, in: tx)
            else { return nil }
            return (refund, payment)
        }
        guard let (refund, payment) = found, let provider = providers.speaking(for: refund.provider) else { return }
        if let remoteID = refund.remoteID {
            let fact = try await provider.refundStatus(remoteID)
            try await database.write(in: .instance, by: actor) { tx in
                if let fact { _ = try self.apply(.refund(fact), from: provider.account, in: tx) }
                try PaymentStore.markChecked(id, in: tx)
            }
        } else {
            _ = try await send(refund, of: payment, by: actor)
            try await database.write(in: .instance, by: actor) { tx in try PaymentStore.markChecked(id, in: tx) }
        }
    }
}

extension ProviderError {
    /// Whether it is certain that nothing happened.
    fileprivate var isFinal: Bool {
        switch self {
        case .refused, .lowBalance: true
        case .credentials, .unknown: false
        }
    }
}

extension RefundFact {
    /// The answer to our own call is about our refund, whether or not the receipt was echoed.
    fileprivate func answering(_ refund: Refund) -> RefundFact {
        RefundFact(id: id, paymentID: paymentID, amount: amount, state: state, receipt: refund.id.text)
    }
}
