// Finalising an invoice: number, lines, taxes, receivable, all in one transaction.
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
        _ plan: Plan, _ price: Price, from start: Timestamp, anchor: Int? = nil, in tx: any Transaction
    ) throws -> Invoice {
        let customer = try customer(in: tx)
        let taxes = GST.lines(on: price.amount, seller: settings.seller, customer: customer)
        let tax = taxes.reduce(Int64(0)) { $0 + $1.amount.amount }
        guard let taxTotal = Money(tax, price.amount.currency),
            let total = Money(price.amount.amount + tax, price.amount.currency), total.amount > 0
        else { throw BillingProblem.notSold }
        let invoice = Invoice(
            id: InvoiceID(at: tx.now), number: try DocumentNumber.take(.invoice, in: tx), state: .open,
            plan: plan.code, interval: price.interval, periodStart: start,
            periodEnd: start.adding(price.interval, anchor: anchor), subtotal: price.amount, tax: taxTotal,
            total: total, seller: settings.seller, customer: customer,
            placeOfSupply: GST.placeOfSupply(price.amount.currency, seller: settings.seller, customer: customer),
            issuedAt: tx.now, dueAt: tx.now.adding(Self.termsOfPayment), paidAt: nil, voidedAt: nil)
        let line = InvoiceLine(
            description: "\(plan.name), \(price.interval.adverb)", sac: GST.serviceCode, quantity: 1,
            unitPrice: price.amount, amount: price.amount)
        try InvoiceStore.insert(invoice, lines: [line], taxes: taxes, in: tx)
        try Books.post(.invoice(invoice, taxes, organization: try tx.organization()), in: tx)
        try Self.note("invoice.finalised", "invoice", invoice.id, invoice.facts, in: tx)
        try mail(.invoice(invoice), in: tx)
        return invoice
    }

    /// Voids an open invoice: its entry is mirrored, its orders are closed. Nothing happens when it is not open.
    func void(_ id: InvoiceID, in tx: any Transaction) throws {
        guard let invoice = try InvoiceStore.find(id, in: tx), try InvoiceStore.markVoid(id, in: tx) else { return }
        try PaymentStore.closeOrders(of: id, in: tx)
        let taxes = try InvoiceStore.taxes(of: id, in: tx)
        try Books.post(.void(invoice, taxes, organization: try tx.organization()), in: tx)
        try Self.note("invoice.voided", "invoice", id, invoice.facts, in: tx)
    }

    private func customer(in tx: any Transaction) throws -> Party {
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
    /// What audit log and events say of it.
    var facts: JSONValue {
        .object([
            "number": .string(number), "plan": .string(plan), "amount": .integer(total.amount),
            "currency": .string(total.currency.code),
        ])
    }
}
