// Which taxes apply: GST for a seller in India, else what the operator's table of rates says.
import Core
import Storage

/// One row of the table of rates.
struct TaxRate: Sendable, Hashable {
    let id: TaxRateID
    /// Of the customer; for a seller in India, `IN` sets the rates of GST.
    let country: String
    /// Empty: the whole country.
    let region: String
    let category: String
    let name: String
    /// Basis points.
    let rate: Int64
    let isInclusive: Bool
    /// Businesses of another country account for it themselves.
    let isReverseCharged: Bool
    let startsAt: Timestamp
    let endsAt: Timestamp?
}

enum TaxRateKind: IdentifierKind { static let prefix = "txr" }
typealias TaxRateID = Identifier<TaxRateKind>

/// The taxes of one sale: who sells to whom, when, in which currency.
struct TaxSituation: Sendable {
    let currency: Currency
    let seller: Party
    let customer: Party
    /// The rates in force that may apply.
    let rates: [TaxRate]

    static let reverseCharge = "Reverse charge: the customer accounts for the tax."

    /// What applies to lines of a category. One that has no rate of its own is taxed as `standard`.
    func rule(for category: String) -> TaxRule {
        if category == TaxCategory.exempt { return .none }
        if seller.country == "IN" {
            let rate = applicable(to: category).first
            return GST.rule(
                currency, seller: seller, customer: customer, rate: rate?.rate ?? GST.rate,
                isInclusive: rate?.isInclusive ?? false)
        }
        let found = applicable(to: category).filter { !isReverseCharged($0) }
        return TaxRule(
            components: found.map { TaxComponent(kind: .other, name: $0.name, rate: $0.rate) },
            isInclusive: found.contains { $0.isInclusive })
    }

    private func applicable(to category: String) -> [TaxRate] {
        let own = rates.filter { $0.category == category }
        return own.isEmpty ? rates.filter { $0.category == TaxCategory.standard } : own
    }

    private func isReverseCharged(_ rate: TaxRate) -> Bool {
        rate.isReverseCharged && customer.country != seller.country && !customer.taxID.isEmpty
    }

    /// What the invoice says of its taxes beside their amounts.
    var note: String {
        if seller.country == "IN" {
            return GST.isExport(currency, customer)
                ? "Export of services, zero-rated: no Indian tax is charged." : "Tax is not payable on reverse charge."
        }
        return rates.contains(where: isReverseCharged) ? Self.reverseCharge : ""
    }

    var placeOfSupply: String {
        if seller.country == "IN" { return GST.placeOfSupply(currency, seller: seller, customer: customer) }
        return customer.state.isEmpty ? customer.country : "\(customer.country)-\(customer.state)"
    }
}
