// The JSON operations of usage: reporting it, and reading what it came to.
import Core
import Storage
import Web

/// What one meter came to in the present period.
struct UsageResource: Codable, Sendable {
    let meter: String
    let name: String
    let aggregation: Aggregation
    let unit: String
    let periodStart: Timestamp
    let periodEnd: Timestamp
    let quantity: Int64
    /// The quota of the plan in force; null when there is none.
    let limit: Int64?
    /// What it costs so far, without tax; null when the plan has no price for it.
    let cost: Money?

    enum CodingKeys: String, CodingKey {
        case meter, name, aggregation, unit, quantity, limit, cost
        case periodStart = "period_start"
        case periodEnd = "period_end"
    }
}

/// What all meters came to; there are few, so there are no pages.
struct UsageList: Codable, Sendable {
    let data: [UsageResource]
}

/// What a meter said on one day, in UTC.
struct UsageDay: Codable, Sendable, Hashable {
    let day: String
    let quantity: Int64
}

/// A meter day by day.
struct UsageDays: Codable, Sendable {
    let usage: UsageResource
    let days: [UsageDay]
}

extension Billing {
    func addUsageRoutes(to routes: inout Routes) {
        routes.post(
            "/v1/orgs/{org}/usage", "reportUsage",
            "Report up to 1,000 events of usage; the same event again changes nothing", tag: "usage",
            allow: .member(.usageWrite), body: UsageBatch.self, returns: UsageReceipt.self
        ) { call, tx in try ingest(call.body.events, in: tx) }
        routes.get(
            "/v1/orgs/{org}/usage", "listUsage", "Read what every meter came to in the present period", tag: "usage",
            allow: .member(.billingRead), returns: UsageList.self
        ) { _, tx in UsageList(data: try usage(in: tx)) }
        routes.get(
            "/v1/orgs/{org}/usage/{meter}", "getUsage", "Read a meter day by day", tag: "usage",
            allow: .member(.billingRead), returns: UsageDays.self
        ) { call, tx in
            guard let meter = try UsageStore.meter(call.parameter("meter"), in: tx) else {
                throw Problem.notFound("meter")
            }
            return UsageDays(usage: try usage(of: meter, in: tx), days: try Self.days(of: meter, in: tx))
        }
    }

    func usage(in tx: any Transaction) throws -> [UsageResource] {
        try UsageStore.meters(in: tx).map { try usage(of: $0, in: tx) }
    }

    private func usage(of meter: Meter, in tx: any Transaction) throws -> UsageResource {
        let period = try Self.usagePeriod(in: tx)
        let features = try EntitlementStore.features(in: tx).filter { $0.meter == meter.code }
        let limit = try features.compactMap { try Self.entitlement($0.code, in: tx)?.limit }.first
        let bought = try subscription(in: tx).price.flatMap { try PriceStore.find($0, in: tx) }
        let line = try bought.flatMap { price in
            try usageLines(under: price, period, in: tx).first { $0.meter == meter }
        }
        return UsageResource(
            meter: meter.code, name: meter.name, aggregation: meter.aggregation, unit: meter.unit,
            periodStart: period.start, periodEnd: period.end,
            quantity: try UsageStore.quantity(of: meter, period, in: tx), limit: limit, cost: line?.amount)
    }

    /// Every day of the present period up to today.
    static func days(of meter: Meter, in tx: any Transaction) throws -> [UsageDay] {
        let period = try usagePeriod(in: tx)
        let (first, last) = (day(of: period.start), day(of: min(period.end.adding(.seconds(-1)), tx.now)))
        var found: [Int64: Int64] = [:]
        if meter.aggregation == .uniqueCount {
            found = try UsageStore.uniqueKeysByDay(of: meter, period, in: tx)
        } else {
            var sums: [Int64: UsageSum] = [:]
            for (hour, sum) in try UsageStore.sums(of: meter, period, in: tx) {
                sums[floorDivided(hour, 24), default: UsageSum()].add(sum)
            }
            found = sums.mapValues { $0.quantity(meter.aggregation, unique: 0) }
        }
        guard first <= last, last - first < 400 else { return [] }
        return (first...last).map { day in
            UsageDay(
                day: "\(CivilDate(Timestamp(milliseconds: day * 86_400_000)))", quantity: found[day] ?? 0)
        }
    }

    private static func day(of instant: Timestamp) -> Int64 { floorDivided(UsageRollup.hour(of: instant), 24) }
}
