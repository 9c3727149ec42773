// Credit notes of their own: less to pay on an open invoice; of a paid one, credit or money for the customer.
import Core
import Storage
import Web

/// What becomes of the money of a credit note on a paid invoice.
enum CreditDestination: String, CaseIterable, Codable, Sendable {
    /// The customer's balance, which the next invoice uses.
    case balance
    /// Owed as money, and given back from the payment.
    case refund
}

/// A part of an invoice to take back.
struct CreditWish: Sendable {
    let invoice: InvoiceID
    /// With tax; nil for all that is left.
    let amount: Int64?
    let reason: String
    let destination: CreditDestination
}

extension Billing {
    /// Issues a credit note with a number of its own series, in the scope of the customer.
    ///
    /// On an open invoice it first lowers what is left to pay; what the customer's balance had paid goes back there.
    func credit(_ wish: CreditWish, in tx: any Transaction) throws -> CreditNote {
        let invoice = try invoice(wish.invoice, in: tx)
        guard [.open, .paid].contains(invoice.state), invoice.total.amount > 0 else {
            throw BillingProblem.notCreditable
        }
        let before = try InvoiceStore.creditNotes(of: invoice.id, in: tx).reduce(Int64(0)) { $0 + $1.total.amount }
        let rest = invoice.total.amount - before
        let amount = wish.amount ?? rest
        guard amount > 0, amount <= rest else {
            throw BillingProblem.creditTooLarge(Money(stored: max(0, rest), invoice.total.currency))
        }
        let split = CreditSplit(
            of: invoice, try InvoiceStore.taxes(of: invoice.id, in: tx), from: before, to: before + amount)
        let note = try note(wish, amount, split, on: invoice, in: tx)
        try InvoiceStore.insert(note, in: tx)
        let earned = try earnedPart(of: invoice, from: before, to: before + amount, split, in: tx)
        try Books.post(.creditNote(note, split, earned: earned, organization: try tx.organization()), in: tx)
        if invoice.state == .open { try lower(invoice, by: note, in: tx) } else { try reserve(note, in: tx) }
        if note.toBalance > 0 {
            _ = try changeBalance(by: note.toBalance, note.total.currency, .creditNote, note.id.text, in: tx)
        }
        try Self.note("credit_note.issued", "credit_note", note.id, note.facts, in: tx)
        return note
    }

    private func note(
        _ wish: CreditWish, _ amount: Int64, _ split: CreditSplit, on invoice: Invoice, in tx: any Transaction
    ) throws -> CreditNote {
        let currency = invoice.total.currency
        let toInvoice = invoice.state == .open ? min(amount, invoice.amountDue.amount) : 0
        let isRefund = invoice.state == .paid && wish.destination == .refund
        return CreditNote(
            id: CreditNoteID(at: tx.now), number: try DocumentNumber.take(.creditNote, of: invoice.seller, in: tx),
            invoice: invoice.id, refund: nil, subtotal: Money(stored: split.net, currency),
            tax: Money(stored: split.taxes.reduce(0) { $0 + $1.amount }, currency),
            total: Money(stored: amount, currency), toInvoice: toInvoice,
            toBalance: isRefund ? 0 : amount - toInvoice, toRefund: isRefund ? amount : 0, reason: wish.reason,
            issuedAt: tx.now)
    }

    /// Less is left to pay; with nothing left, or too little for a provider, the invoice is done with.
    private func lower(_ invoice: Invoice, by note: CreditNote, in tx: any Transaction) throws {
        try PaymentStore.closeOrders(of: invoice.id, in: tx)
        let due = invoice.amountDue.amount - note.toInvoice
        guard due < Self.leastCharge(invoice.total.currency) else {
            return try InvoiceStore.lower(invoice.id, to: due, in: tx)
        }
        guard try InvoiceStore.markPaid(invoice.id, in: tx) else { return }
        if due > 0 {
            _ = try changeBalance(by: -due, invoice.total.currency, .creditNote, note.id.text, in: tx)
        }
        try Self.note("invoice.paid", "invoice", invoice.id, invoice.facts, in: tx)
        try putInForce(invoice, in: tx)
    }

    /// What a note gives back of a paid invoice can't be given back once more by a refund.
    private func reserve(_ note: CreditNote, in tx: any Transaction) throws {
        let payment = try PaymentStore.payments(of: note.invoice, in: tx).first { $0.isApplied }
        guard let payment else {
            // The customer's balance paid for it, so there is no money to give back.
            guard note.toRefund == 0 else { throw BillingProblem.nothingToRefund }
            return
        }
        if note.toRefund > payment.amount.amount - payment.credited { throw BillingProblem.nothingToRefund }
        let kept = min(note.toBalance, payment.refundable.amount)
        try PaymentStore.reserve(kept, credit: kept + note.toRefund, of: payment.id, in: tx)
    }

    /// How much of a note's net takes back revenue that was earned; the rest was still deferred, and is so no more.
    func earnedPart(
        of invoice: Invoice, from: Int64, to: Int64, _ split: CreditSplit, in tx: any Transaction
    ) throws -> Int64 {
        if let earned = try takeBack(split.net, of: invoice.id, in: tx) { return earned }
        // Nothing of it is earned by the month: lines are deferred as a whole, or were earned at once.
        let lines = try InvoiceStore.lines(of: invoice.id, in: tx)
        let deferred = try TaxedLines.sum(lines.filter { $0.revenue == .deferred }.map(\.taxable.amount))
        if deferred == invoice.subtotal.amount { return 0 }
        let total = invoice.total.amount
        let part = TaxedLines.share(of: deferred, to, total) - TaxedLines.share(of: deferred, from, total)
        return split.net - min(max(part, 0), split.net)
    }

    /// Issues a credit note, and gives the money back when it is to be a refund.
    func creditAndRefund(_ wish: CreditWish, of organization: OrganizationID, by actor: Actor) async throws
        -> CreditNote
    {
        let (note, payment) = try await database.write(in: .organization(organization), by: actor) { tx in
            let note = try self.credit(wish, in: tx)
            let payment = try PaymentStore.payments(of: note.invoice, in: tx).first { $0.isApplied }
            return (note, payment)
        }
        if note.toRefund >= Self.leastRefund, let payment {
            // The note stands whatever the provider answers: what it can't give back now stays owed (2210).
            _ = try? await refund(
                RefundWish(payment: payment.id, amount: note.toRefund, reason: note.reason, isOperator: true),
                of: organization, by: actor)
        }
        return note
    }
}

extension CreditNote {
    /// What audit log and events say of it.
    var facts: JSONValue {
        .object([
            "number": .string(number), "invoice_id": .string(invoice.text), "amount": .integer(total.amount),
            "currency": .string(total.currency.code), "reason": .string(reason),
        ])
    }
}
