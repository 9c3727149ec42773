// An invoice: a draft that may change, and after that what was finalised.
package import Core
import Storage

/// Names invoices: `inv_…`.
package enum InvoiceKind: IdentifierKind { package static let prefix = "inv" }
package typealias InvoiceID = Identifier<InvoiceKind>

/// Where an invoice stands: it is finalised once, and from `open` it moves once.
package enum InvoiceState: String, CaseIterable, Codable, Sendable, SQLBindable {
    case draft
    case open
    case paid
    case void
    /// Nobody will pay it: written off.
    case uncollectible

    /// Those that a customer sees.
    static let issued = allCases.filter { $0 != .draft }
}

/// One invoice; once it is finalised nothing changes but its state and what is left to pay.
package struct Invoice: Sendable, Hashable {
    package let id: InvoiceID
    /// Rule 46 of the CGST Rules: at most 16 characters, without gaps in a series and fiscal year; empty for a draft.
    package let number: String
    package var state: InvoiceState
    /// The plan that it sells a period of; nil for a one-off invoice.
    let plan: String?
    let interval: Interval?
    /// The first instant of what was sold.
    let periodStart: Timestamp?
    /// The instant after the last one of what was sold.
    let periodEnd: Timestamp?
    /// What coupons took off, without tax.
    let discount: Money
    /// After discounts, without tax.
    let subtotal: Money
    let tax: Money
    /// With tax; negative when its credits exceed what it charges.
    package let total: Money
    /// What the customer's balance paid of it; negative when it went onto the balance instead.
    var creditApplied: Money
    /// What is left to pay.
    package var amountDue: Money
    let seller: Party
    let customer: Party
    /// The state (of India) or country whose tax applies.
    let placeOfSupply: String
    /// Why there is no tax, or who owes it; empty when there is nothing to say.
    let taxNote: String
    /// What the seller wants to say beside the lines.
    let memo: String
    /// What opens the public page: whoever has it may read and pay.
    let link: String
    let createdAt: Timestamp
    /// The date of the invoice; of a draft, when it was made.
    let issuedAt: Timestamp
    let dueAt: Timestamp
    var paidAt: Timestamp?
    let voidedAt: Timestamp?
    let writtenOffAt: Timestamp?

    /// What people call it.
    var title: String { number.isEmpty ? "Draft" : number }
}

/// Seller or customer, as printed on an invoice.
package struct Party: Codable, Sendable, Hashable {
    package var name: String
    package var address: String
    /// ISO 3166-1 alpha-2: `IN`.
    package var country: String
    /// The two digits of an Indian state for GST (`29` for Karnataka), or a region elsewhere; empty when not known.
    package var state: String
    /// The GST registration, empty when there is none.
    package var gstin: String
    /// The registration for a tax of another country, such as VAT; empty when there is none.
    package var taxID: String

    package init(
        name: String, address: String = "", country: String = "IN", state: String = "", gstin: String = "",
        taxID: String = ""
    ) {
        self.name = name
        self.address = address
        self.country = country
        self.state = state
        self.gstin = gstin
        self.taxID = taxID
    }

    enum CodingKeys: String, CodingKey {
        case name, address, country, state, gstin
        case taxID = "tax_id"
    }

    /// Invoices of before there were other registrations have none.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        address = try container.decode(String.self, forKey: .address)
        country = try container.decode(String.self, forKey: .country)
        state = try container.decode(String.self, forKey: .state)
        gstin = try container.decode(String.self, forKey: .gstin)
        taxID = try container.decodeIfPresent(String.self, forKey: .taxID) ?? ""
    }
}

/// One line of an invoice.
struct InvoiceLine: Sendable, Hashable, Codable {
    let description: String
    /// Service accounting code or HSN code of GST.
    let sac: String
    let quantity: Int64
    /// Nil where the amount is not quantity times one price, as with tiers.
    let unitPrice: Money?
    /// As priced; negative for a credit.
    let amount: Money
    /// What coupons took off.
    let discount: Money
    /// After discount, without tax.
    let taxable: Money
    /// Its share of the invoice's taxes.
    let tax: Money
    let periodStart: Timestamp?
    let periodEnd: Timestamp?
    let taxCategory: String
    let revenue: RevenueKind

    enum CodingKeys: String, CodingKey {
        case description, sac, quantity, amount, discount, taxable, tax, revenue
        case unitPrice = "unit_price"
        case periodStart = "period_start"
        case periodEnd = "period_end"
        case taxCategory = "tax_category"
    }
}

/// When what a line sells is earned, and so where it is booked.
package enum RevenueKind: String, CaseIterable, Codable, Sendable, SQLBindable {
    /// Over the line's period: deferred until then (2000).
    case deferred
    /// Already used (4010).
    case usage
    /// At once (4000).
    case sale

    var account: Account {
        switch self {
        case .deferred: .deferredRevenue
        case .usage: .usageRevenue
        case .sale: .revenue
        }
    }
}

/// What takes back a part of an invoice, with a number of its own series.
struct CreditNote: Sendable, Hashable {
    let id: CreditNoteID
    let number: String
    let invoice: InvoiceID
    /// The refund that it was issued for; nil when it stands by itself.
    let refund: RefundID?
    let subtotal: Money
    let tax: Money
    let total: Money
    /// Where it went: less to pay, onto the customer's balance, owed as money; together the total.
    let toInvoice: Int64
    let toBalance: Int64
    let toRefund: Int64
    let reason: String
    let issuedAt: Timestamp
}
