// What is sold: plans, in the version that is sold now.
import Core
import Storage

/// Something that organisations can subscribe to.
package struct Plan: Sendable, Hashable {
    /// Short and stable: `pro`.
    package let code: String
    package let name: String
    let summary: String
    /// The version that these features and prices are of; the newest, unless another was asked for.
    let version: Int64
    let features: [String]
    /// Days of trial that an organisation gets once; 0 for none.
    let trialDays: Int
    /// The stored values of features, by feature.
    let entitlements: [String: String]
    /// The prices of this version that are on sale, without tax; those for usage too.
    let prices: [Price]
    /// Since when it is sold no longer; those who have it keep it.
    let retiredAt: Timestamp?

    static let free = "free"

    /// How often an organisation may call; nil: as often as the instance's options say.
    var callsPerMinute: Int? { entitlements[Feature.callsPerMinute].flatMap { Int($0) } }

    /// The price in a currency for an interval; nil when it is not sold that way.
    func price(_ currency: Currency, _ interval: Interval) -> Price? {
        prices.first { $0.meter == nil && $0.currency == currency && $0.interval == interval }
    }
}
