// An invoice as JSON.
import Core
import Web

/// An invoice in full.
struct InvoiceResource: Codable, Sendable {
    let id: InvoiceID
    /// Missing for a draft.
    let number: String?
    let state: InvoiceState
    let plan: String?
    let interval: Interval?
    let periodStart: Timestamp?
    let periodEnd: Timestamp?
    let lines: [InvoiceLine]
    let discount: Money
    let subtotal: Money
    let taxes: [TaxLine]
    let tax: Money
    let taxNote: String
    let total: Money
    let creditApplied: Money
    let amountDue: Money
    let seller: Party
    let customer: Party
    let placeOfSupply: String
    let memo: String
    let createdAt: Timestamp
    /// Missing for a draft.
    let issuedAt: Timestamp?
    let dueAt: Timestamp?
    let paidAt: Timestamp?
    let voidedAt: Timestamp?
    let writtenOffAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, number, state, plan, interval, lines, discount, subtotal, taxes, tax, total, seller, customer, memo
        case periodStart = "period_start"
        case periodEnd = "period_end"
        case taxNote = "tax_note"
        case creditApplied = "credit_applied"
        case amountDue = "amount_due"
        case placeOfSupply = "place_of_supply"
        case createdAt = "created_at"
        case issuedAt = "issued_at"
        case dueAt = "due_at"
        case paidAt = "paid_at"
        case voidedAt = "voided_at"
        case writtenOffAt = "written_off_at"
    }

    init(_ it: Invoice, lines: [InvoiceLine], taxes: [TaxLine]) {
        let isDraft = it.state == .draft
        id = it.id
        number = isDraft ? nil : it.number
        state = it.state
        plan = it.plan
        interval = it.interval
        periodStart = it.periodStart
        periodEnd = it.periodEnd
        self.lines = lines
        discount = it.discount
        subtotal = it.subtotal
        self.taxes = taxes
        tax = it.tax
        taxNote = it.taxNote
        total = it.total
        creditApplied = it.creditApplied
        amountDue = it.amountDue
        seller = it.seller
        customer = it.customer
        placeOfSupply = it.placeOfSupply
        memo = it.memo
        createdAt = it.createdAt
        issuedAt = isDraft ? nil : it.issuedAt
        dueAt = isDraft ? nil : it.dueAt
        paidAt = it.paidAt
        voidedAt = it.voidedAt
        writtenOffAt = it.writtenOffAt
    }
}
