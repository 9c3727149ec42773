// An invoice as JSON.
import Core
import Web

/// An invoice in full.
struct InvoiceResource: Codable, Sendable {
    let id: InvoiceID
    let number: String
    let state: InvoiceState
    let plan: String
    let interval: Interval
    let periodStart: Timestamp
    let periodEnd: Timestamp
    let lines: [InvoiceLine]
    let subtotal: Money
    let taxes: [TaxLine]
    let tax: Money
    let total: Money
    let seller: Party
    let customer: Party
    let placeOfSupply: String
    let issuedAt: Timestamp
    let dueAt: Timestamp
    let paidAt: Timestamp?
    let voidedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, number, state, plan, interval, lines, subtotal, taxes, tax, total, seller, customer
        case periodStart = "period_start"
        case periodEnd = "period_end"
        case placeOfSupply = "place_of_supply"
        case issuedAt = "issued_at"
        case dueAt = "due_at"
        case paidAt = "paid_at"
        case voidedAt = "voided_at"
    }

    init(_ it: Invoice, lines: [InvoiceLine], taxes: [TaxLine]) {
        id = it.id
        number = it.number
        state = it.state
        plan = it.plan
        interval = it.interval
        periodStart = it.periodStart
        periodEnd = it.periodEnd
        self.lines = lines
        subtotal = it.subtotal
        self.taxes = taxes
        tax = it.tax
        total = it.total
        seller = it.seller
        customer = it.customer
        placeOfSupply = it.placeOfSupply
        issuedAt = it.issuedAt
        dueAt = it.dueAt
        paidAt = it.paidAt
        voidedAt = it.voidedAt
    }
}
