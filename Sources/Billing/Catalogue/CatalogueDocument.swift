// The catalogue as one document: what `raptorflow catalog` reads and writes, and what the console's forms change.
import Core
import Storage
import Web

/// Everything that is sold, as it should be. Plans, meters and features that it does not name stay as they are.
struct CatalogueDocument: Codable, Sendable, Hashable {
    var meters: [MeterEntry]?
    var features: [FeatureEntry]?
    var plans: [PlanEntry]?

    static let rules: [String: Rule] = [
        "meters": .length(0...200), "meters.code": code, "meters.name": .length(1...60), "meters.unit": .length(1...40),
        "features": .length(0...200), "features.code": code, "features.name": .length(1...60),
        "features.unit": .length(0...40), "plans": .length(0...100), "plans.code": code, "plans.name": .length(1...60),
        "plans.summary": .length(0...300), "plans.trial_days": .range(0...365), "plans.highlights": .length(0...20),
        "plans.prices": .length(0...100),
        "plans.entitlements": .note("The value of each feature: true or false, a number or \"unlimited\", or a text."),
        "plans.prices.amount": .range(0...Money.limit), "plans.prices.per": .range(1...Money.limit),
        "plans.prices.unit": .length(1...40), "plans.prices.tiers": .length(1...Pricing.tierLimit),
        "plans.prices.tiers.up_to": .range(1...Money.limit),
        "plans.prices.tiers.unit_amount": .range(0...Money.limit),
        "plans.prices.tiers.flat_amount": .range(0...Money.limit),
    ]

    private static let code = Rule.all([.length(2...40), .example("pro")])
}

/// A meter.
struct MeterEntry: Codable, Sendable, Hashable {
    var code: String
    var name: String
    var aggregation: Aggregation
    var unit: String
}

/// A feature.
struct FeatureEntry: Codable, Sendable, Hashable {
    var code: String
    var name: String
    var kind: FeatureKind
    var unit: String?
    var meter: String?
}

/// A plan. Prices that it does not list are taken off sale.
struct PlanEntry: Codable, Sendable, Hashable {
    var code: String
    var name: String
    var summary: String
    var trialDays: Int64?
    /// What stands on the plan's card.
    var highlights: [String]
    var entitlements: JSONValue?
    var prices: [PriceEntry]
    /// Sold no longer; those who have it keep it.
    var isRetired: Bool?

    enum CodingKeys: String, CodingKey {
        case code, name, summary, highlights, entitlements, prices
        case trialDays = "trial_days"
        case isRetired = "is_retired"
    }

    /// The value of each feature, sorted by it; nil when it is no object.
    var values: [(feature: String, value: JSONValue)]? {
        guard let entitlements, entitlements != .null else { return [] }
        guard case .object(let members) = entitlements else { return nil }
        return members.map { ($0.name, $0.value) }.sorted { $0.0 < $1.0 }
    }
}

/// A price, in minor units.
struct PriceEntry: Codable, Sendable, Hashable {
    var currency: Currency
    var interval: Interval
    var model: PriceModel
    var amount: Int64?
    var unit: String?
    var per: Int64?
    var tiers: [PriceTier]?
    /// What usage it is for; the price of the plan itself when there is none.
    var meter: String?

    /// Which of a plan's prices it is: there is one on sale for each.
    struct Place: Hashable {
        let currency: Currency
        let interval: Interval
        let meter: String?
    }

    var place: Place { Place(currency: currency, interval: interval, meter: meter) }

    var terms: PriceTerms {
        PriceTerms(model, currency, amount: amount, per: per ?? 1, unit: unit ?? "seat", tiers: tiers ?? [])
    }

    /// The terms, with the unit of the meter where none is given.
    func terms(_ meters: [String: MeterEntry]) -> PriceTerms {
        var filled = self
        filled.unit = unit ?? meter.flatMap { meters[$0]?.unit }
        return filled.terms
    }
}

extension PriceEntry {
    init(_ it: Price) {
        let isPlain = it.terms.unit == "seat"
        self.init(
            currency: it.currency, interval: it.interval, model: it.model, amount: it.terms.amount,
            unit: isPlain ? nil : it.terms.unit, per: it.terms.per == 1 ? nil : it.terms.per,
            tiers: it.terms.tiers.isEmpty ? nil : it.terms.tiers, meter: it.meter)
    }
}

extension CatalogueDocument {
    /// The catalogue as it is.
    static func current(in tx: any Transaction) throws -> CatalogueDocument {
        let features = try EntitlementStore.features(in: tx)
        let kinds = Dictionary(features.map { ($0.code, $0.kind) }) { first, _ in first }
        return CatalogueDocument(
            meters: try UsageStore.meters(in: tx).map {
                MeterEntry(code: $0.code, name: $0.name, aggregation: $0.aggregation, unit: $0.unit)
            },
            features: features.map {
                FeatureEntry(
                    code: $0.code, name: $0.name, kind: $0.kind, unit: $0.unit.isEmpty ? nil : $0.unit,
                    meter: $0.meter)
            },
            plans: try PlanStore.every(in: tx).map { plan in
                let values = plan.entitlements.sorted { $0.key < $1.key }.compactMap { code, stored in
                    kinds[code].flatMap { FeatureValue(stored: stored, $0) }.map { JSONValue.Member(code, $0.json) }
                }
                return PlanEntry(
                    code: plan.code, name: plan.name, summary: plan.summary,
                    trialDays: plan.trialDays == 0 ? nil : Int64(plan.trialDays), highlights: plan.features,
                    entitlements: .object(values), prices: plan.prices.map { PriceEntry($0) },
                    isRetired: plan.retiredAt == nil ? nil : true)
            })
    }
}
