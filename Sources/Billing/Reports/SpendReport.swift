// What an organisation was invoiced, paid and got back, month by month: for its own people.
import Core
import Storage
import Web

/// One month in one currency, in minor units and with tax.
struct SpendRow: Codable, Sendable {
    let month: ReportMonth
    let currency: Currency
    let invoiced: Int64
    let paid: Int64
    let refunded: Int64
}

/// The spending of one organisation.
struct SpendReport: Report {
    let rows: [SpendRow]

    /// Something that moved money on a day.
    struct Movement: Sendable {
        let at: Timestamp
        let currency: Currency
        let invoiced: Int64
        let paid: Int64
        let refunded: Int64
    }

    init(_ movements: [Movement], months: [ReportMonth]) {
        struct Slot: Hashable {
            let month: ReportMonth
            let currency: Currency
        }
        var invoiced = Totals<Slot>()
        var paid = Totals<Slot>()
        var refunded = Totals<Slot>()
        for it in movements {
            let slot = Slot(month: ReportMonth(it.at), currency: it.currency)
            invoiced.add(it.invoiced, to: slot)
            paid.add(it.paid, to: slot)
            refunded.add(it.refunded, to: slot)
        }
        let currencies = Set(movements.map(\.currency)).sorted { $0.code < $1.code }
        rows = currencies.flatMap { currency in
            months.map { month in
                let slot = Slot(month: month, currency: currency)
                return SpendRow(
                    month: month, currency: currency, invoiced: invoiced[slot], paid: paid[slot],
                    refunded: refunded[slot])
            }
        }
    }

    var sheet: ReportSheet {
        ReportSheet(
            name: "Spending by month",
            columns: ["Month", "Currency", .number("Invoiced"), .number("Paid"), .number("Given back")],
            rows: rows.map {
                [
                    .text($0.month.description), .text($0.currency.code), .money($0.invoiced, $0.currency),
                    .money($0.paid, $0.currency), .money($0.refunded, $0.currency),
                ]
            }, empty: "Nothing was invoiced yet")
    }
}

extension Billing {
    func addSpendRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/spending", "getSpending", "Read what the organisation spent, by month", tag: "billing",
            allow: .member(.billingRead), query: ReportQuery.period, returns: SpendReport.self
        ) { call, tx in try spending(try ReportQuery(call, now: tx.now), in: tx) }
    }

    func addSpendPage(to pages: inout Pages) {
        pages.page(
            "/orgs/{org}/billing/spending", "spending", allow: .member(.billingRead), query: ReportQuery.period
        ) { call, tx in
            let report = try spending(try ReportQuery(call, now: tx.now), in: tx)
            let charts = Set(report.rows.map(\.currency)).sorted { $0.code < $1.code }.map { currency in
                let rows = report.rows.filter { $0.currency == currency }
                return HTML.barChart(
                    "Paid in \(currency.code)", labels: rows.map(\.month.description),
                    series: [Self.series("Paid", rows.map(\.paid), .accent)], format: Self.words(currency))
            }
            return PageView(
                "Spending", section: "billing", crumbs: [Link("Billing", "/orgs/\(try tx.organization())/billing")],
                lead: "What was invoiced, paid and given back, with tax.", "\(charts)\(report.sheet.html)")
        }
    }

    func spending(_ query: ReportQuery, in tx: any Transaction) throws -> SpendReport {
        SpendReport(
            try ReportStore.spending(from: query.from, to: query.to, in: tx), months: query.months)
    }

    func mrr(_ query: ReportQuery, in tx: any Transaction) throws -> MRRReport {
        MRRReport(try MRRStore.all(before: query.to, in: tx), months: query.months)
    }
}
