// Finalising an invoice: number, lines, taxes, receivable, all in one transaction; and how it ends.
import Audit
import Core
import Events
import Storage
import Web

extension Billing {
    /// How long there is to pay.
    static let termsOfPayment = Milliseconds.days(7)

    /// Finalises the invoice for one period of a plan, in the scope of the organisation that pays.
    func finalise(
        _ plan: Plan, _ price: Price, quantity: Int64 = 1, from start: Timestamp, anchor: Int? = nil,
        in tx: any Transaction
    ) throws -> Invoice {
        let end = start.adding(price.interval, anchor: anchor)
        guard start < end, try Pricing.amount(of: price, quantity: quantity).amount > 0 else {
            throw BillingProblem.notSold
        }
        let lines = try price.drafts(of: plan.name, quantity: quantity, start..<end)
        let term = InvoiceDraft.Term(plan: plan.code, interval: price.interval, start: start, end: end)
        return try finalise(InvoiceDraft(price.currency, lines, term: term), in: tx)
    }

    /// Finalises what was drafted, in the scope of the organisation that pays.
    ///
    /// The customer's credit pays first. When nothing is left to pay (or less than a provider takes, which is carried
    /// to the next invoice) the invoice comes back paid: what it pays for is in force without any call.
    func finalise(_ draft: InvoiceDraft, in tx: any Transaction) throws -> Invoice {
        try finalise(try save(draft, in: tx), terms: draft.terms, in: tx)
    }

    /// Finalises a draft that is stored with its lines and taxes.
    func finalise(_ draft: Invoice, terms: Milliseconds, in tx: any Transaction) throws -> Invoice {
        guard draft.state == .draft else { throw BillingProblem.notADraft }
        let currency = draft.total.currency
        let use = BalanceUse(
            total: draft.total.amount, balance: try BalanceStore.balance(currency, in: tx),
            least: Self.leastCharge(currency))
        let invoice = Invoice(
            draft, number: try DocumentNumber.take(.invoice, of: draft.seller, in: tx), use: use, at: tx.now,
            terms: terms)
        try InvoiceStore.issue(invoice, in: tx)
        if draft.discount.amount > 0 { try CouponStore.use(1, currency, in: tx) }
        let lines = try InvoiceStore.lines(of: invoice.id, in: tx)
        let taxes = try InvoiceStore.taxes(of: invoice.id, in: tx)
        let organization = try tx.organization()
        try Books.post(.invoice(invoice, lines, taxes, organization: organization), in: tx)
        try schedule(invoice, lines, in: tx)
        let moved = try changeBalance(by: -use.applied, currency, .invoice, invoice.id.text, in: tx)
        try Books.post(.credit(invoice, "credit_applied", moved, organization: organization), in: tx)
        try Self.note("invoice.finalised", "invoice", invoice.id, invoice.facts, in: tx)
        if invoice.state == .paid { try Self.note("invoice.paid", "invoice", invoice.id, invoice.facts, in: tx) }
        try mail(.invoice(invoice), in: tx)
        return invoice
    }

    /// Voids an open invoice: its entry is mirrored, its orders are closed, what the balance paid goes back. Nothing
    /// happens when it is not open.
    func void(_ id: InvoiceID, in tx: any Transaction) throws {
        guard let invoice = try InvoiceStore.find(id, in: tx), try InvoiceStore.markVoid(id, in: tx) else { return }
        try PaymentStore.closeOrders(of: id, in: tx)
        try forget(id, in: tx)
        let lines = try InvoiceStore.lines(of: id, in: tx)
        let taxes = try InvoiceStore.taxes(of: id, in: tx)
        let organization = try tx.organization()
        try Books.post(.void(invoice, lines, taxes, organization: organization), in: tx)
        if invoice.discount.amount > 0 { try CouponStore.use(-1, invoice.total.currency, in: tx) }
        let moved = try changeBalance(
            by: invoice.creditApplied.amount, invoice.total.currency, .void, id.text, in: tx)
        try Books.post(.credit(invoice, "credit_returned", moved, organization: organization), in: tx)
        try Self.note("invoice.voided", "invoice", id, invoice.facts, in: tx)
    }

    /// Writes off what nobody will pay of an open invoice; its revenue stays, and the loss is an expense.
    func writeOff(_ id: InvoiceID, in tx: any Transaction) throws {
        guard let invoice = try InvoiceStore.find(id, in: tx), try InvoiceStore.markUncollectible(id, in: tx)
        else { return }
        try PaymentStore.closeOrders(of: id, in: tx)
        try endDunning(of: id, because: "the invoice is written off", in: tx)
        try Books.post(.writeOff(invoice, organization: try tx.organization()), in: tx)
        try Self.note("invoice.written_off", "invoice", id, invoice.facts, in: tx)
    }

    func customer(in tx: any Transaction) throws -> Party {
        if let details = try SubscriptionStore.details(in: tx) { return details }
        return Party(name: try SubscriptionStore.organizationName(in: tx))
    }

    /// Puts a change into the audit log and tells the organisation's programs, in the change's transaction.
    static func note(
        _ action: String, _ kind: String, _ id: some CustomStringConvertible, _ data: JSONValue = .object([]),
        in tx: any Transaction
    ) throws {
        try Audit.record(action, on: .init(kind, id), data, in: tx)
        try Events.publish(action, about: id, data, in: tx)
    }
}

extension Invoice {
    /// A draft, finalised.
    fileprivate init(_ draft: Invoice, number: String, use: BalanceUse, at now: Timestamp, terms: Milliseconds) {
        let currency = draft.total.currency
        id = draft.id
        self.number = number
        state = use.due > 0 ? .open : .paid
        plan = draft.plan
        interval = draft.interval
        periodStart = draft.periodStart
        periodEnd = draft.periodEnd
        discount = draft.discount
        subtotal = draft.subtotal
        tax = draft.tax
        total = draft.total
        creditApplied = Money(stored: use.applied, currency)
        amountDue = Money(stored: use.due, currency)
        seller = draft.seller
        customer = draft.customer
        placeOfSupply = draft.placeOfSupply
        taxNote = draft.taxNote
        memo = draft.memo
        link = draft.link
        createdAt = draft.createdAt
        issuedAt = now
        dueAt = now.adding(terms)
        paidAt = use.due > 0 ? nil : now
        voidedAt = nil
        writtenOffAt = nil
    }

    /// What audit log and events say of it.
    var facts: JSONValue {
        .object([
            "number": .string(number), "plan": plan.map { .string($0) } ?? .null, "amount": .integer(total.amount),
            "amount_due": .integer(amountDue.amount), "currency": .string(total.currency.code),
        ])
    }
}
