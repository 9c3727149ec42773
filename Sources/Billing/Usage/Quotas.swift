// Quotas: a limit that a meter measures. Nothing is refused; the owners hear of it at 80 % and at 100 %, once a period.
import Core
package import Storage
import Web

extension Billing {
    /// Deletes a number of an organisation's reports of usage at most. For an organisation that is deleted.
    package static func eraseUsage(limit: Int, in tx: any Transaction) throws -> Int {
        try UsageStore.erase(limit: limit, in: tx)
    }

    static let quotaAlerts: [Int64] = [80, 100]

    /// Tells what shares of their quotas the meters have reached since.
    func checkQuotas(of meters: Set<String>, in tx: any Transaction) throws {
        let features = try EntitlementStore.features(in: tx).filter { $0.meter.map(meters.contains) ?? false }
        guard !features.isEmpty else { return }
        let period = try Self.usagePeriod(in: tx)
        for feature in features {
            guard let quota = try Self.entitlement(feature.code, in: tx), let limit = quota.limit,
                let used = quota.used
            else { continue }
            for percent in Self.quotaAlerts where Self.reaches(used, percent, of: limit) {
                guard try UsageStore.raise(percent, of: feature.code, period, in: tx) else { continue }
                try Self.note(
                    "usage.threshold_reached", "feature", feature.code,
                    .object([
                        "meter": .string(feature.meter ?? ""), "percent": .integer(percent), "used": .integer(used),
                        "limit": .integer(limit), "period_end": .string(period.end.description),
                    ]), in: tx)
                try mailQuota(feature, percent: percent, used: used, limit: limit, period, in: tx)
            }
        }
    }

    /// Whether used ÷ limit is at least so many per cent; a quota of nothing is reached by the first use.
    static func reaches(_ used: Int64, _ percent: Int64, of limit: Int64) -> Bool {
        used > 0 && Int128(used) * 100 >= Int128(limit) * Int128(percent)
    }
}
