// What an organisation may use now: the values of its plan's version, and what it was granted beside it.
import Core
package import Storage
import Web

/// Where the value of an entitlement comes from.
enum EntitlementSource: String, CaseIterable, Codable, Sendable {
    case plan
    case override
    /// The plan says nothing of the feature.
    case none
}

/// One feature, and what the organisation has of it.
struct Entitlement: Codable, Sendable, Hashable {
    let feature: String
    let name: String
    let kind: FeatureKind
    let unit: String
    /// Whether there is anything of it: a limit above 0, a text, a yes.
    let isEnabled: Bool
    /// Null when there is no limit, and for other kinds.
    let limit: Int64?
    let isUnlimited: Bool
    let text: String?
    let source: EntitlementSource
    /// The plan in force and its version.
    let plan: String
    let planVersion: Int64
    /// For quotas: how much of it is used in the present period, and how much is left.
    let used: Int64?
    let remaining: Int64?

    enum CodingKeys: String, CodingKey {
        case feature, name, kind, unit, limit, text, source, plan, used, remaining
        case isEnabled = "is_enabled"
        case isUnlimited = "is_unlimited"
        case planVersion = "plan_version"
    }

    init(
        _ it: Feature, _ value: FeatureValue?, _ source: EntitlementSource, of plan: (code: String, version: Int64),
        used: Int64?
    ) {
        (feature, name, kind, unit) = (it.code, it.name, it.kind, it.unit)
        self.source = source
        (self.plan, planVersion) = plan
        self.used = used
        var (limit, text, isUnlimited) = (Int64?.none, String?.none, false)
        switch value {
        case .flag(let flag): isEnabled = flag
        case .limit(let number):
            (limit, isUnlimited) = (number, number == nil)
            isEnabled = number != 0
        case .text(let words):
            text = words
            isEnabled = true
        case nil: isEnabled = false
        }
        (self.limit, self.text, self.isUnlimited) = (limit, text, isUnlimited)
        remaining = used.flatMap { used in limit.map { max(0, $0 - used) } }
    }
}

/// All entitlements of an organisation; there are few, so there are no pages.
struct EntitlementList: Codable, Sendable {
    let data: [Entitlement]
}

extension Billing {
    /// What an organisation may use now, in the scope of the organisation; answered from memory while nothing changes.
    static func entitlements(in tx: any Transaction) throws -> [Entitlement] {
        try tx.remembering("entitlements \(try tx.organization())") { try workOutEntitlements(in: tx) }
    }

    /// One of them; nil when there is no such feature.
    static func entitlement(_ feature: String, in tx: any Transaction) throws -> Entitlement? {
        try entitlements(in: tx).first { $0.feature == feature }
    }

    /// How many of something the organisation may have; nil when nothing limits it.
    package static func allowance(_ feature: String, in tx: any Transaction) throws -> Int64? {
        guard let found = try entitlement(feature, in: tx), found.source != .none else { return nil }
        return found.limit
    }

    private static func workOutEntitlements(in tx: any Transaction) throws -> [Entitlement] {
        let plan = try planInForce(in: tx)
        let granted = try EntitlementStore.values(plan: plan.code, version: plan.version, in: tx)
        let overrides = try EntitlementStore.overrides(in: tx)
        let period = try usagePeriod(in: tx)
        return try EntitlementStore.features(in: tx).map { feature in
            let own = overrides[feature.code].flatMap { FeatureValue(stored: $0, feature.kind) }
            let value = own ?? granted[feature.code].flatMap { FeatureValue(stored: $0, feature.kind) }
            let used = try feature.meter.flatMap { code in
                try UsageStore.meter(code, in: tx).map { try UsageStore.quantity(of: $0, period, in: tx) }
            }
            return Entitlement(
                feature, value, own != nil ? .override : value == nil ? .none : .plan, of: plan, used: used)
        }
    }

    /// The plan and the version of it that the organisation bought; the free plan as it is now when it bought nothing.
    static func planInForce(in tx: any Transaction) throws -> (code: String, version: Int64) {
        let subscription = try SubscriptionStore.find(in: tx) ?? .initial
        let code = subscription.planInForce
        if let price = try subscription.price.flatMap({ try PriceStore.find($0, in: tx) }), price.plan == code {
            return (code, price.version)
        }
        return (code, try PlanStore.find(code, in: tx)?.version ?? 1)
    }
}
