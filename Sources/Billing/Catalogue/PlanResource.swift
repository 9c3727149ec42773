// A plan as JSON.
import Core
import Web

/// A plan with its prices.
struct PlanResource: Codable, Sendable {
    let code: String
    let name: String
    let summary: String
    let features: [String]
    let trialDays: Int
    let callsPerMinute: Int?
    let prices: [Price]

    enum CodingKeys: String, CodingKey {
        case code, name, summary, features, prices
        case trialDays = "trial_days"
        case callsPerMinute = "calls_per_minute"
    }

    init(_ plan: Plan) {
        code = plan.code
        name = plan.name
        summary = plan.summary
        features = plan.features
        trialDays = plan.trialDays
        callsPerMinute = plan.callsPerMinute
        prices = plan.prices
    }
}

/// All plans on sale; there are few, so there are no pages.
struct PlanList: Codable, Sendable {
    let data: [PlanResource]
}
