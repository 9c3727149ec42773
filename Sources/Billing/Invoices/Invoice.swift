// An invoice as it was finalised.
package import Core
import Storage

/// Names invoices: `inv_…`.
package enum InvoiceKind: IdentifierKind { package static let prefix = "inv" }
package typealias InvoiceID = Identifier<InvoiceKind>

/// Where an invoice stands; from `open` it moves once.
package enum InvoiceState: String, CaseIterable, Codable, Sendable, SQLBindable {
    case open
    case paid
    case void
}

/// One finalised invoice; nothing but its state changes after that.
package struct Invoice: Sendable, Hashable {
    package let id: InvoiceID
    /// Rule 46 of the CGST Rules: at most 16 characters, without gaps in a series and fiscal year.
    package let number: String
    package let state: InvoiceState
    let plan: String
    let interval: Interval
    /// The first instant of what was sold.
    let periodStart: Timestamp
    /// The instant after the last one of what was sold.
    let periodEnd: Timestamp
    /// Without tax.
    let subtotal: Money
    let tax: Money
    /// With tax: what has to be paid.
    package let total: Money
    let seller: Party
    let customer: Party
    /// The state (of India) or country whose tax applies.
    let placeOfSupply: String
    let issuedAt: Timestamp
    let dueAt: Timestamp
    let paidAt: Timestamp?
    let voidedAt: Timestamp?
}

/// Seller or customer, as printed on an invoice.
package struct Party: Codable, Sendable, Hashable {
    package var name: String
    package var address: String
    /// ISO 3166-1 alpha-2: `IN`.
    package var country: String
    /// The two digits of an Indian state for GST (`29` for Karnataka); empty elsewhere or when it is not known.
    package var state: String
    /// The GST registration, empty when there is none.
    package var gstin: String

    package init(name: String, address: String = "", country: String = "IN", state: String = "", gstin: String = "") {
        self.name = name
        self.address = address
        self.country = country
        self.state = state
        self.gstin = gstin
    }
}

/// One line of an invoice.
struct InvoiceLine: Sendable, Hashable, Codable {
    let description: String
    /// Service accounting code of GST.
    let sac: String
    let quantity: Int64
    let unitPrice: Money
    /// Quantity times unit price, without tax.
    let amount: Money

    enum CodingKeys: String, CodingKey {
        case description, sac, quantity, amount
        case unitPrice = "unit_price"
    }
}

/// What takes back a part of an invoice, with a number of its own series.
struct CreditNote: Sendable, Hashable {
    let id: CreditNoteID
    let number: String
    let invoice: InvoiceID
    let refund: RefundID
    let subtotal: Money
    let tax: Money
    let total: Money
    let issuedAt: Timestamp
}
