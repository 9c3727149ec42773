// Recurring revenue by month, churn, customer lifetime value and cohorts: all from the movements.
import Core
import Web

/// One month in one currency. Money is in minor units, rounded from twelfths; the twelfths are exact.
struct MRRRow: Codable, Sendable {
    let month: ReportMonth
    let currency: Currency
    let start: Int64
    let new: Int64
    let expansion: Int64
    let reactivation: Int64
    let contraction: Int64
    let churn: Int64
    let end: Int64
    /// Twelve months of what there is at the end.
    let annual: Int64
    /// Customers at the start and at the end, and those who left in between.
    let customersAtStart: Int64
    let customers: Int64
    let customersLost: Int64
    /// Hundredths of a percent: customers lost of those at the start, and revenue lost of that at the start.
    let logoChurn: Int64?
    let revenueChurn: Int64?
    /// The end in twelfths of a minor unit, exactly.
    let endTwelfths: Int64

    enum CodingKeys: String, CodingKey {
        case month, currency, start, new, expansion, reactivation, contraction, churn, end, annual, customers
        case customersAtStart = "customers_at_start"
        case customersLost = "customers_lost"
        case logoChurn = "logo_churn"
        case revenueChurn = "revenue_churn"
        case endTwelfths = "end_twelfths"
    }
}

/// What a customer is worth on average: revenue a month divided by the share of customers lost a month.
struct LifetimeValue: Codable, Sendable {
    let currency: Currency
    /// Monthly revenue for each customer, at the end of the period.
    let perCustomer: Int64
    /// Null while nobody was lost.
    let value: Int64?

    enum CodingKeys: String, CodingKey {
        case currency, value
        case perCustomer = "per_customer"
    }
}

/// Customers who began in one month, and how many of them are still there months later.
struct Cohort: Codable, Sendable {
    let month: ReportMonth
    let currency: Currency
    let customers: Int64
    /// At the end of the first month, of the second, and so on.
    let retained: [Int64]
}

/// Recurring revenue of a period.
struct MRRReport: Report {
    let from: ReportMonth
    let to: ReportMonth
    let rows: [MRRRow]
    let lifetime: [LifetimeValue]
    let cohorts: [Cohort]

    /// - Parameter movements: all since the beginning, in order.
    init(_ movements: [MRRMovement], months: [ReportMonth]) {
        from = months.first ?? ReportMonth(Timestamp(milliseconds: 0))
        to = months.last ?? from
        let currencies = Set(movements.map(\.currency)).sorted { $0.code < $1.code }
        var rows: [MRRRow] = []
        var lifetime: [LifetimeValue] = []
        for currency in currencies {
            let own = movements.filter { $0.currency == currency }
            let part = Self.rows(own, currency, months)
            rows += part
            if let value = Self.lifetime(part, currency) { lifetime.append(value) }
        }
        self.rows = rows
        self.lifetime = lifetime
        cohorts = currencies.flatMap { currency in
            Self.cohorts(movements.filter { $0.currency == currency }, currency, months)
        }
    }

    /// Minor units from twelfths, rounded half up.
    static func minor(_ twelfths: Int128) -> Int64 {
        Int64(total: (twelfths >= 0 ? twelfths + 6 : twelfths - 6) / 12)
    }

    private static func rows(_ movements: [MRRMovement], _ currency: Currency, _ months: [ReportMonth]) -> [MRRRow] {
        var total: Int128 = 0
        var paying: Set<OrganizationID> = []
        var rest = movements[...]
        func take(before end: Timestamp) -> [MRRMovement] {
            let taken = rest.prefix { $0.at < end }
            rest = rest.dropFirst(taken.count)
            for it in taken {
                total += Int128(it.change)
                if it.after > 0 { paying.insert(it.organization) } else { paying.remove(it.organization) }
            }
            return Array(taken)
        }
        if let first = months.first { _ = take(before: first.start) }
        return months.map { month in
            let (start, customers) = (total, paying)
            let taken = take(before: month.end)
            let lost = Int64(customers.subtracting(paying).count)
            func sum(_ kind: MRRMovement.Kind) -> Int128 {
                taken.reduce(0) { $1.kind == kind ? $0 + Int128($1.change) : $0 }
            }
            return MRRRow(
                month: month, currency: currency, start: minor(start), new: minor(sum(.new)),
                expansion: minor(sum(.expansion)), reactivation: minor(sum(.reactivation)),
                contraction: minor(sum(.contraction)), churn: minor(sum(.churn)), end: minor(total),
                annual: Int64(total: total), customersAtStart: Int64(customers.count),
                customers: Int64(paying.count), customersLost: lost,
                logoChurn: basisPoints(lost, of: Int64(customers.count)),
                revenueChurn: basisPoints(Int64(total: -sum(.churn) - sum(.contraction)), of: Int64(total: start)),
                endTwelfths: Int64(total: total))
        }
    }

    /// Revenue for each customer, times months that a customer stays: customer-months divided by customers lost.
    private static func lifetime(_ rows: [MRRRow], _ currency: Currency) -> LifetimeValue? {
        guard let last = rows.last, last.customers > 0 else { return nil }
        let lost = rows.reduce(Int128(0)) { $0 + Int128($1.customersLost) }
        let starts = rows.reduce(Int128(0)) { $0 + Int128($1.customersAtStart) }
        let twelfths = Int128(last.endTwelfths)
        return LifetimeValue(
            currency: currency, perCustomer: minor(twelfths / Int128(last.customers)),
            value: lost > 0 ? minor(twelfths * starts / (Int128(last.customers) * lost)) : nil)
    }

    private static func cohorts(
        _ movements: [MRRMovement], _ currency: Currency, _ months: [ReportMonth]
    ) -> [Cohort] {
        guard let last = months.last else { return [] }
        var paying: Set<OrganizationID> = []
        var members: [ReportMonth: Set<OrganizationID>] = [:]
        var retained: [ReportMonth: [Int64]] = [:]
        var rest = movements[...]
        for month in (movements.first.map { ReportMonth($0.at) } ?? last).through(last) {
            let taken = rest.prefix { $0.at < month.end }
            rest = rest.dropFirst(taken.count)
            for it in taken {
                if it.kind == .new { members[month, default: []].insert(it.organization) }
                if it.after > 0 { paying.insert(it.organization) } else { paying.remove(it.organization) }
            }
            for (cohort, customers) in members {
                retained[cohort, default: []].append(Int64(customers.intersection(paying).count))
            }
        }
        return members.keys.filter { months.contains($0) }.sorted().map { month in
            Cohort(
                month: month, currency: currency, customers: Int64(members[month]?.count ?? 0),
                retained: retained[month] ?? [])
        }
    }

    var sheet: ReportSheet {
        ReportSheet(
            name: "Recurring revenue by month",
            columns: [
                "Month", "Currency", .number("Start"), .number("New"), .number("Expansion"), .number("Reactivation"),
                .number("Contraction"), .number("Churn"), .number("End"), .number("Customers"),
                .number("Customers lost"), .number("Revenue lost"),
            ],
            rows: rows.map { it in
                let money = [
                    it.start, it.new, it.expansion, it.reactivation, it.contraction, it.churn, it.end,
                ].map { ReportSheet.Cell.money($0, it.currency) }
                return [.text(it.month.description), .text(it.currency.code)] + money
                    + [.count(it.customers), .share(it.logoChurn), .share(it.revenueChurn)]
            }, empty: "No subscription was paid yet")
    }

    /// Of each month's new customers, how many were there at the end of the first month, the second, and so on.
    var cohortSheet: ReportSheet {
        let length = min(cohorts.map(\.retained.count).max() ?? 0, 12)
        let later: [Column] = (0..<length).map { .number("Month \($0 + 1)") }
        return ReportSheet(
            name: "Customers who stayed", columns: ["Began", "Currency", .number("Customers")] + later,
            rows: cohorts.map { it in
                let kept = it.retained.prefix(length).map { ReportSheet.Cell.share(basisPoints($0, of: it.customers)) }
                return [.text(it.month.description), .text(it.currency.code), .count(it.customers)] + kept
                    + Array(repeating: .text(""), count: length - kept.count)
            }, empty: "No subscription was paid yet")
    }
}
