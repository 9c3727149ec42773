// News of refunds: ours, and those that somebody made at the provider.
import Core
import Storage
import Web

extension Billing {
    /// Applies what happened to a refund; runs in the scope of the instance.
    func apply(_ fact: RefundFact, from account: String, in tx: any Transaction) throws -> Applied {
        let found = try PaymentStore.payment(provider: account, remoteID: fact.paymentID, in: tx)
        guard let payment = found else { return .ignored("a refund of a payment that was not made here") }
        guard payment.state == .captured else {
            // The money never was ours: the provider gives back what was not captured, and nothing is booked.
            return .applied
        }
        try tx.scoped(to: .organization(payment.organization)) { tx in
            let refund = try known(fact, of: payment, in: tx)
            guard fact.state > refund.state else { return }
            try PaymentStore.advance(refund.id, to: fact.state, remoteID: fact.id, in: tx)
            switch refund.origin {
            case .ours: try book(refund, of: payment, to: fact.state, in: tx)
            case .provider: try bookForeign(refund, of: payment, to: fact.state, in: tx)
            }
            try Self.note("refund.\(fact.state.rawValue)", "refund", refund.id, refund.facts, in: tx)
        }
        return .applied
    }

    private func known(_ fact: RefundFact, of payment: Payment, in tx: any Transaction) throws -> Refund {
        if let refund = try PaymentStore.refund(provider: payment.provider, remoteID: fact.id, in: tx) { return refund }
        if let id = fact.receipt.flatMap({ RefundID($0) }), let refund = try PaymentStore.refund(id, in: tx),
            refund.payment == payment.id, refund.remoteID == nil
        {
            return refund
        }
        let refund = Refund(
            id: RefundID(at: tx.now), payment: payment.id, provider: payment.provider, remoteID: fact.id,
            origin: .provider, state: .planned, amount: fact.amount, credit: 0, reason: "made at the provider",
            requestedBy: "the provider", createdAt: tx.now)
        try PaymentStore.insert(refund, in: tx)
        try PaymentStore.reserve(fact.amount.amount, credit: 0, of: payment.id, in: tx)
        return refund
    }

    /// Every step between the refund's state and the new one is booked, so that a skipped message leaves no gap.
    private func book(_ refund: Refund, of payment: Payment, to state: RefundState, in tx: any Transaction) throws {
        if !refund.state.isAccepted {
            if refund.state == .rejected {
                try PaymentStore.reserve(refund.amount.amount, credit: refund.credit, of: payment.id, in: tx)
            }
            try accept(refund, of: payment, in: tx)
        }
        switch state {
        case .processed: try Books.post(.refundProcessed(refund, from: .refundsInTransit, payment), in: tx)
        case .failed:
            let source: Account = refund.state == .processed ? .clearing : .refundsInTransit
            try Books.post(.refundFailed(refund, from: source, to: .refundsOwed, payment), in: tx)
            try PaymentStore.reserve(-refund.amount.amount, credit: 0, of: payment.id, in: tx)
        case .planned, .rejected, .pending: break
        }
    }

    /// The provider has it: what it takes back is credited, and the money is on its way.
    private func accept(_ refund: Refund, of payment: Payment, in tx: any Transaction) throws {
        try promise(refund, of: payment, in: tx)
        try Books.post(.refundCreated(refund, payment), in: tx)
    }

    /// What a refund takes back is credited, and owed until the provider pays it out.
    func promise(_ refund: Refund, of payment: Payment, in tx: any Transaction) throws {
        if refund.credit > 0, refund.owedAt == nil {
            if payment.isApplied, let invoice = try InvoiceStore.find(payment.invoice, in: tx) {
                try credit(refund, on: invoice, in: tx)
                try endIfTakenBack(invoice, payment, in: tx)
            } else {
                try Books.post(.released(refund, payment), in: tx)
            }
        }
    }

    /// Issues the credit note. Its parts are what the invoice's parts are cumulatively, so that notes over the whole
    /// invoice add up to it to the paisa, in whatever order they come.
    private func credit(_ refund: Refund, on invoice: Invoice, in tx: any Transaction) throws {
        let before = try InvoiceStore.creditNotes(of: invoice.id, in: tx).reduce(Int64(0)) { $0 + $1.total.amount }
        let split = CreditSplit(
            of: invoice, try InvoiceStore.taxes(of: invoice.id, in: tx), from: before, to: before + refund.credit)
        let currency = invoice.total.currency
        let note = CreditNote(
            id: CreditNoteID(at: tx.now), number: try DocumentNumber.take(.creditNote, of: invoice.seller, in: tx),
            invoice: invoice.id,
            refund: refund.id, subtotal: Money(stored: split.net, currency),
            tax: Money(stored: split.taxes.reduce(0) { $0 + $1.amount }, currency),
            total: Money(stored: refund.credit, currency), toInvoice: 0, toBalance: 0, toRefund: refund.credit,
            reason: refund.reason, issuedAt: tx.now)
        try InvoiceStore.insert(note, in: tx)
        let earned = try earnedPart(of: invoice, from: before, to: before + refund.credit, split, in: tx)
        try Books.post(.creditNote(note, split, earned: earned, organization: try tx.organization()), in: tx)
        try Self.note(
            "credit_note.issued", "credit_note", note.id, note.facts, in: tx)
    }

    /// A payment that is given back in full ends the plan that it paid for.
    private func endIfTakenBack(_ invoice: Invoice, _ payment: Payment, in tx: any Transaction) throws {
        let credited = try InvoiceStore.creditNotes(of: invoice.id, in: tx).reduce(Int64(0)) { $0 + $1.total.amount }
        var subscription = try subscription(in: tx)
        guard credited >= invoice.total.amount, subscription.paidInvoice == invoice.id,
            subscription.state == .active
        else { return }
        try subscription.end(at: tx.now)
        try SubscriptionStore.save(subscription, in: tx)
        try Self.note("subscription.cancelled", "subscription", payment.organization, subscription.facts, in: tx)
    }

    /// A refund that we did not ask for: money left, and somebody has to explain why.
    private func bookForeign(
        _ refund: Refund, of payment: Payment, to state: RefundState, in tx: any Transaction
    ) throws {
        switch state {
        case .processed:
            if try isOfLostDispute(refund, in: tx) { return }
            try Books.post(.refundProcessed(refund, from: .suspense, payment), in: tx)
            try Self.note("refund.unexplained", "refund", refund.id, refund.facts, in: tx)
        case .failed:
            if refund.state == .processed, refund.dispute == nil {
                try Books.post(.refundFailed(refund, from: .clearing, to: .suspense, payment), in: tx)
            }
            try PaymentStore.reserve(-refund.amount.amount, credit: 0, of: payment.id, in: tx)
        case .planned, .rejected, .pending: break
        }
    }
}

/// What a credit note takes from each part of its invoice.
struct CreditSplit: Sendable {
    let net: Int64
    let taxes: [(kind: TaxKind, amount: Int64)]

    /// The parts of the credit that lies between two amounts of an invoice's total.
    init(of invoice: Invoice, _ taxes: [TaxLine], from: Int64, to: Int64) {
        let total = invoice.total.amount
        var rest = to - from
        var parts: [(kind: TaxKind, amount: Int64)] = []
        for tax in taxes {
            let share =
                GST.share(of: tax.amount.amount, to, total) - GST.share(of: tax.amount.amount, from, total)
            // A credit of a few paise may be all rounding: no part of it is ever negative.
            parts.append((tax.kind, min(share, rest)))
            rest -= min(share, rest)
        }
        self.taxes = parts
        net = rest
    }
}

extension Refund {
    /// What audit log and events say of it.
    var facts: JSONValue {
        .object([
            "payment_id": .string(payment.text), "amount": .integer(amount.amount),
            "currency": .string(amount.currency.code), "reason": .string(reason),
        ])
    }
}
