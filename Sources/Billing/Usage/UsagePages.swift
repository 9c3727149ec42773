// The usage page of an organisation: every meter in the present period, day by day, against its quota.
import Core
import Storage
import Web

extension Billing {
    func addUsagePages(to pages: inout Pages) {
        pages.page("/orgs/{org}/usage", "usage", allow: .member(.billingRead)) { _, tx in
            let meters = try UsageStore.meters(in: tx)
            let used = try usage(in: tx)
            let parts = try zip(meters, used).map { meter, usage in
                Self.part(meter, usage, try Self.days(of: meter, in: tx))
            }
            let period = try Self.usagePeriod(in: tx)
            guard !parts.isEmpty else {
                return PageView(
                    "Usage", section: "usage",
                    HTML.emptyState(
                        "Nothing is metered",
                        "What is used stands here, day by day, once whoever runs this instance has made a meter."))
            }
            return PageView(
                "Usage", section: "usage",
                lead: "From \(HTML.time(period.start)) to \(HTML.time(period.end)), in UTC.",
                "\(HTML.stats(used.map(Self.stat)))\(parts)")
        }
    }

    private static func stat(_ it: UsageResource) -> Stat {
        var stat = Stat(it.name, it.quantity.grouped)
        guard let limit = it.limit else {
            stat.note = it.cost.map { "\($0.formatted) so far, without tax" } ?? "no quota"
            return stat
        }
        stat.tone = reaches(it.quantity, 100, of: limit) ? .bad : reaches(it.quantity, 80, of: limit) ? .warn : .good
        stat.change = percent(it.quantity, of: limit)
        stat.note = "of \(limit.grouped)" + (it.cost.map { ", \($0.formatted) so far" } ?? "")
        return stat
    }

    private static func percent(_ used: Int64, of limit: Int64) -> String? {
        guard limit > 0 else { return nil }
        return "\(Int64(clamping: Int128(used) * 100 / Int128(limit)).grouped) %"
    }

    private static func part(_ meter: Meter, _ usage: UsageResource, _ days: [UsageDay]) -> HTML {
        let labels = days.map { String($0.day.suffix(5)) }
        let quota = usage.limit
        let chart: HTML
        if meter.aggregation == .count || meter.aggregation == .sum, let quota {
            // Against a quota it matters what the period has come to, so the days are added up.
            var running = 0.0
            let sums = days.map { day -> Double? in
                running += Double(day.quantity)
                return running
            }
            chart = HTML.lineChart(
                "\(meter.name), added up", labels: labels,
                series: [
                    Series("Used", sums),
                    Series("Quota", days.map { _ in Double(quota) }, tone: .bad),
                ])
        } else {
            let line = quota.map { limit in [Series("Quota", days.map { _ in Double(limit) }, tone: .bad)] } ?? []
            let bars = Series(meter.name, days.map { Double($0.quantity) })
            chart =
                line.isEmpty
                ? HTML.barChart("\(meter.name) by day", labels: labels, series: [bars])
                : HTML.lineChart("\(meter.name) by day", labels: labels, series: [bars] + line)
        }
        return HTML.section(meter.name, lead: "Counts \(meter.aggregation.words).", HTML.panel(chart))
    }
}
