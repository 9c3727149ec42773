// A draft: priced, taxed and stored, to be looked at and changed until it is finalised.
import Core
import Storage
import Web

extension Billing {
    /// Stores a draft for the customer of the transaction, with discounts and taxes as they would be now.
    func save(_ draft: InvoiceDraft, as id: InvoiceID? = nil, in tx: any Transaction) throws -> Invoice {
        try draft.check()
        let situation = try taxSituation(draft.currency, in: tx)
        let discounts = try discounts(on: draft, in: tx)
        let taxed = try TaxedLines(
            zip(draft.lines, discounts).map { ($0.amount - $1, situation.rule(for: $0.taxCategory)) }, draft.currency)
        let invoice = Invoice(draft, taxed, situation, discount: try TaxedLines.sum(discounts), id: id, at: tx.now)
        let lines = draft.lines.indices.map {
            InvoiceLine(
                draft.lines[$0], draft.currency, discount: discounts[$0], taxable: taxed.taxable[$0],
                tax: taxed.tax[$0])
        }
        try InvoiceStore.save(invoice, lines: lines, taxes: taxed.taxes, in: tx)
        return id == nil ? invoice : try self.invoice(invoice.id, in: tx)
    }

    /// Who sells to the transaction's customer, and the rates in force for them.
    func taxSituation(_ currency: Currency, in tx: any Transaction) throws -> TaxSituation {
        let customer = try customer(in: tx)
        let fallback = settings.seller
        return try tx.scoped(to: .instance) { tx in
            let seller = try TaxRateStore.seller(in: tx) ?? fallback
            let country = seller.country == "IN" ? "IN" : customer.country
            return TaxSituation(
                currency: currency, seller: seller, customer: customer,
                rates: try TaxRateStore.inForce(country: country, region: customer.state, in: tx))
        }
    }
}

extension Invoice {
    fileprivate init(
        _ draft: InvoiceDraft, _ taxed: TaxedLines, _ situation: TaxSituation, discount: Int64, id: InvoiceID?,
        at now: Timestamp
    ) {
        let none = Money(stored: 0, draft.currency)
        self.id = id ?? InvoiceID(at: now)
        number = ""
        state = .draft
        plan = draft.term?.plan
        interval = draft.term?.interval
        periodStart = draft.term?.start
        periodEnd = draft.term?.end
        self.discount = Money(stored: discount, draft.currency)
        subtotal = Money(stored: taxed.subtotal, draft.currency)
        tax = Money(stored: taxed.taxTotal, draft.currency)
        total = Money(stored: taxed.total, draft.currency)
        creditApplied = none
        amountDue = none
        seller = situation.seller
        customer = situation.customer
        placeOfSupply = situation.placeOfSupply
        taxNote = situation.note
        memo = draft.memo
        link = Base64URL.encode(Randomness.system.bytes(24))
        createdAt = now
        issuedAt = now
        dueAt = now
        paidAt = nil
        voidedAt = nil
        writtenOffAt = nil
    }
}

extension InvoiceLine {
    fileprivate init(_ it: DraftLine, _ currency: Currency, discount: Int64, taxable: Int64, tax: Int64) {
        description = it.description
        sac = it.code
        quantity = it.quantity
        unitPrice = it.unitAmount.map { Money(stored: $0, currency) }
        amount = Money(stored: it.amount, currency)
        self.discount = Money(stored: discount, currency)
        self.taxable = Money(stored: taxable, currency)
        self.tax = Money(stored: tax, currency)
        periodStart = it.period?.lowerBound
        periodEnd = it.period?.upperBound
        taxCategory = it.taxCategory
        revenue = it.revenue
    }
}
