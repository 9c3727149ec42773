// A plan and its prices as JSON.
import Core
import Web

/// A plan with its prices.
struct PlanResource: Codable, Sendable {
    let code: String
    let name: String
    let summary: String
    let version: Int64
    let features: [String]
    let trialDays: Int
    let callsPerMinute: Int?
    let prices: [PriceResource]

    enum CodingKeys: String, CodingKey {
        case code, name, summary, version, features, prices
        case trialDays = "trial_days"
        case callsPerMinute = "calls_per_minute"
    }

    init(_ plan: Plan) {
        code = plan.code
        name = plan.name
        summary = plan.summary
        version = plan.version
        features = plan.features
        trialDays = plan.trialDays
        callsPerMinute = plan.callsPerMinute
        prices = plan.prices.map(PriceResource.init)
    }
}

/// A price: `amount` is for `per` units; prices in tiers have their amounts there.
struct PriceResource: Codable, Sendable {
    let id: PriceID
    let interval: Interval
    let currency: Currency
    let model: PriceModel
    let amount: Money?
    let unit: String
    let per: Int64
    let tiers: [PriceTier]
    let meter: String?
    /// In words: `₹100.00 a seat up to 10 seats, then ₹80.00`.
    let text: String

    init(_ price: Price) {
        id = price.id
        interval = price.interval
        currency = price.currency
        model = price.model
        amount = price.terms.amount.map { Money(stored: $0, price.currency) }
        unit = price.terms.unit
        per = price.terms.per
        tiers = price.terms.tiers
        meter = price.meter
        text = price.terms.words
    }
}

/// All plans on sale; there are few, so there are no pages.
struct PlanList: Codable, Sendable {
    let data: [PlanResource]
}
