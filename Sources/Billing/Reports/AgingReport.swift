// Receivables by age: what every customer owes, and for how long it has been due.
import Core
import Storage
import Web

/// An invoice that was not paid at some instant.
struct Receivable: Sendable {
    let customer: OrganizationID
    let name: String
    /// Of the invoice; `carried` for what is too small to be paid alone.
    let number: String
    /// What is left to pay.
    let amount: Money
    let dueAt: Timestamp
}

/// What one customer owes in one currency, in minor units.
struct AgingRow: Codable, Sendable {
    let customer: OrganizationID
    let name: String
    let currency: Currency
    var invoices: Int64 = 0
    var current: Int64 = 0
    var days1To30: Int64 = 0
    var days31To60: Int64 = 0
    var days61To90: Int64 = 0
    var over90: Int64 = 0
    var total: Int64 = 0

    enum CodingKeys: String, CodingKey {
        case customer, name, currency, invoices, current, total
        case days1To30 = "days_1_30"
        case days31To60 = "days_31_60"
        case days61To90 = "days_61_90"
        case over90 = "over_90"
    }

    mutating func add(_ it: Receivable, at instant: Timestamp) {
        let amount = it.amount.amount
        invoices += 1
        total = Self.sum(total, amount)
        // The day after the due date is day 1.
        switch instant.since(it.dueAt).count {
        case ...0: current = Self.sum(current, amount)
        case ...Milliseconds.days(30).count: days1To30 = Self.sum(days1To30, amount)
        case ...Milliseconds.days(60).count: days31To60 = Self.sum(days31To60, amount)
        case ...Milliseconds.days(90).count: days61To90 = Self.sum(days61To90, amount)
        default: over90 = Self.sum(over90, amount)
        }
    }

    mutating func add(_ it: AgingRow) {
        invoices += it.invoices
        current = Self.sum(current, it.current)
        days1To30 = Self.sum(days1To30, it.days1To30)
        days31To60 = Self.sum(days31To60, it.days31To60)
        days61To90 = Self.sum(days61To90, it.days61To90)
        over90 = Self.sum(over90, it.over90)
        total = Self.sum(total, it.total)
    }

    private static func sum(_ left: Int64, _ right: Int64) -> Int64 { Int64(total: Int128(left) + Int128(right)) }

    fileprivate var cells: [ReportSheet.Cell] {
        [
            .text(currency.code), .count(invoices), .money(current, currency), .money(days1To30, currency),
            .money(days31To60, currency), .money(days61To90, currency), .money(over90, currency),
            .money(total, currency),
        ]
    }
}

/// Receivables by age at one instant.
struct AgingReport: Report {
    let at: Timestamp
    /// One row for each customer and currency, the largest first.
    let customers: [AgingRow]
    /// One row for each currency.
    let totals: [AgingRow]

    init(_ receivables: [Receivable], at instant: Timestamp) {
        var rows: [String: AgingRow] = [:]
        var totals: [String: AgingRow] = [:]
        for it in receivables {
            let currency = it.amount.currency
            rows[
                "\(it.customer) \(currency)",
                default: AgingRow(customer: it.customer, name: it.name, currency: currency)
            ].add(it, at: instant)
        }
        for row in rows.values {
            totals[
                row.currency.code,
                default: AgingRow(customer: OrganizationID(stored: ""), name: "All customers", currency: row.currency)
            ].add(row)
        }
        at = instant
        customers = rows.values.sorted { ($1.total, $0.name, $0.customer.text) < ($0.total, $1.name, $1.customer.text) }
        self.totals = totals.values.sorted { $0.currency.code < $1.currency.code }
    }

    var sheet: ReportSheet {
        ReportSheet(
            name: "Receivables by age", columns: ["Customer"] + Self.columns,
            rows: customers.map { [.link($0.name, href: "/operator/orgs/\($0.customer)")] + $0.cells },
            empty: "Nobody owes anything")
    }

    var totalSheet: ReportSheet {
        ReportSheet(
            name: "Receivables by currency", columns: Self.columns, rows: totals.map(\.cells),
            empty: "Nobody owes anything")
    }

    private static let columns: [Column] = [
        "Currency", .number("Invoices"), .number("Not due"), .number("1–30 days"), .number("31–60 days"),
        .number("61–90 days"), .number("Over 90 days"), .number("Total"),
    ]
}
