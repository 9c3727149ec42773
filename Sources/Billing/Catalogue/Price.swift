// A price: what one version of a plan, or usage under it, costs in one currency for one interval. It never changes.
package import Core
import Storage

/// Names prices: `price_…`.
package enum PriceKind: IdentifierKind { package static let prefix = "price" }
package typealias PriceID = Identifier<PriceKind>

/// How an amount follows from a quantity.
enum PriceModel: String, CaseIterable, Codable, Sendable, SQLBindable {
    /// One amount, whatever the quantity.
    case flat
    /// So much for each unit (or for each `per` units, in proportion).
    case perUnit = "per_unit"
    /// So much for every `per` units begun.
    case package
    /// Each unit at the rate of the tier that it falls into.
    case graduated
    /// All units at the rate of the tier that the last one falls into.
    case volume

    var hasTiers: Bool { self == .graduated || self == .volume }
}

/// One step of a graduated or volume price.
struct PriceTier: Sendable, Hashable, Codable {
    /// The last unit of the tier; nil for the last tier, which has no end.
    let upTo: Int64?
    /// Minor units for each `per` units.
    let unitAmount: Int64
    /// Minor units that come once when the tier is entered.
    let flatAmount: Int64

    init(upTo: Int64?, unitAmount: Int64, flatAmount: Int64 = 0) {
        self.upTo = upTo
        self.unitAmount = unitAmount
        self.flatAmount = flatAmount
    }

    enum CodingKeys: String, CodingKey {
        case upTo = "up_to"
        case unitAmount = "unit_amount"
        case flatAmount = "flat_amount"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        upTo = try container.decodeIfPresent(Int64.self, forKey: .upTo)
        unitAmount = try container.decode(Int64.self, forKey: .unitAmount)
        flatAmount = try container.decodeIfPresent(Int64.self, forKey: .flatAmount) ?? 0
    }
}

/// The terms of a price: everything that decides an amount.
struct PriceTerms: Sendable, Hashable {
    let model: PriceModel
    let currency: Currency
    /// What is counted, in the singular: `seat`.
    let unit: String
    /// How many units the amounts are for; 1 unless the price says otherwise.
    let per: Int64
    /// Minor units; nil for prices in tiers.
    let amount: Int64?
    /// From the first to the one without end; empty for prices without tiers.
    let tiers: [PriceTier]

    init(
        _ model: PriceModel, _ currency: Currency, amount: Int64? = nil, per: Int64 = 1, unit: String = "seat",
        tiers: [PriceTier] = []
    ) {
        self.model = model
        self.currency = currency
        self.amount = amount
        self.per = per
        self.unit = unit
        self.tiers = tiers
    }
}

/// One price, as it was made and will be for ever.
package struct Price: Sendable, Hashable {
    package let id: PriceID
    let plan: String
    /// The version of the plan that it sells.
    let version: Int64
    /// The meter whose usage it is for; nil for the price of the plan itself.
    let meter: String?
    let interval: Interval
    let terms: PriceTerms
    let createdAt: Timestamp
    /// Since when it is sold no longer; those who bought it keep it.
    let retiredAt: Timestamp?
    /// What a quantity of one costs.
    let amount: Money

    init(
        id: PriceID, plan: String, version: Int64, meter: String? = nil, interval: Interval, terms: PriceTerms,
        createdAt: Timestamp, retiredAt: Timestamp? = nil
    ) throws(PricingProblem) {
        try Pricing.check(terms)
        amount = try Pricing.amount(of: terms, quantity: 1)
        self.id = id
        self.plan = plan
        self.version = version
        self.meter = meter
        self.interval = interval
        self.terms = terms
        self.createdAt = createdAt
        self.retiredAt = retiredAt
    }

    var currency: Currency { terms.currency }
    var model: PriceModel { terms.model }
}
