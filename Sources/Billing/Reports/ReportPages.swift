// The reports in the console of whoever runs the instance: a chart, the table behind it, and the file to take away.
import Core
import Storage
import Web

extension Billing {
    private static let tabs: [(name: String, title: String)] = [
        ("mrr", "Recurring revenue"), ("aging", "Receivables"), ("gst", "GST"), ("revenue", "Revenue"),
        ("reconciliation", "Reconciliation"), ("stuck", "Stuck objects"),
    ]

    func addReportPages(to pages: inout Pages) {
        addReportPage("mrr", "Recurring revenue", query: ReportQuery.period, to: &pages) { query, tx in
            let report = try mrr(query, in: tx)
            return (
                "What subscriptions bring a month, from the prices that were bought. Trials do not count.",
                Self.body(of: report)
            )
        }
        addReportPage("aging", "Receivables", query: ReportQuery.instant, to: &pages) { query, tx in
            let report = try aging(query, in: tx)
            return (
                "What customers owe now, by how long it has been due.",
                "\(Self.chart(of: report))\(report.totalSheet.html)\(HTML.section("By customer", report.sheet.html))"
            )
        }
        addReportPage("gst", "GST", query: ReportQuery.period, to: &pages) { query, tx in
            let report = try gst(query, in: tx)
            let checks = HTML.section(
                "Against the ledger", lead: "Documents and the tax accounts have to agree in every month.",
                report.checkSheet.html)
            return ("Tax of invoices, less what voiding and credit notes took back.", "\(report.sheet.html)\(checks)")
        }
        addReportPage("revenue", "Revenue", query: ReportQuery.period, to: &pages) { query, tx in
            let report = try revenue(query, in: tx)
            return (
                "From the ledger: what was earned in each month, and what is paid for and not earned yet.",
                "\(Self.chart(of: report))\(report.sheet.html)"
            )
        }
        addReportPage("reconciliation", "Reconciliation", query: ReportQuery.instant, to: &pages) { query, tx in
            let report = try reconciliation(query, in: tx)
            let state =
                report.isReconciled
                ? HTML.notice("Every balance is explained.", .good)
                : HTML.notice("\(report.differences.count) differences have to be looked at.", .bad)
            let differences = HTML.section("Differences, one by one", report.differenceSheet.html)
            return (
                "The ledger beside open invoices, the provider's own balance, and what is not earned yet.",
                "\(state)\(report.sheet.html)\(differences)"
            )
        }
        addStuckPage(to: &pages)
    }

    /// Adds the page of one report. It may read the whole book, so it runs beside the requests.
    func addReportPage(
        _ name: String, _ title: String, query: [QueryParameter], to pages: inout Pages,
        _ show: @escaping @Sendable (ReportQuery, any Transaction) throws -> (lead: HTML, body: HTML)
    ) {
        pages.pageAtLength(
            "/operator/reports/\(name)", "report \(name)", allow: .operators, query: query, on: database
        ) { call, tx in
            let (lead, body) = try show(try ReportQuery(call, now: tx.now), tx)
            let file = HTML.linkButton("CSV", href: "/v1/operator/reports/\(name).csv\(Self.queryText(call, query))")
            return PageView(
                title, section: "operator", crumbs: [Link("Instance", "/operator")], lead: lead, actions: [file],
                tabs: Self.tabs.map { tab in
                    Tab(tab.title, "/operator/reports/\(tab.name)", isCurrent: tab.name == name)
                }, body)
        }
    }

    /// The page's own query, for the file that shows the same.
    private static func queryText(_ call: Call<NoBody>, _ parameters: [QueryParameter]) -> String {
        let given = parameters.compactMap { it in call.query(it.name).map { "\(it.name)=\($0)" } }
        let isPlain = given.allSatisfy { text in
            text.utf8.allSatisfy { "-:=.".utf8.contains($0) || RazorpayWire.isAlphanumeric($0) }
        }
        return given.isEmpty || !isPlain ? "" : "?" + given.joined(separator: "&")
    }

    private static func body(of report: MRRReport) -> HTML {
        var parts: [HTML] = []
        for currency in Set(report.rows.map(\.currency)).sorted(by: { $0.code < $1.code }) {
            let rows = report.rows.filter { $0.currency == currency }
            if let last = rows.last { parts.append(stats(last, report.lifetime.first { $0.currency == currency })) }
            parts.append(
                HTML.barChart(
                    "Movements in \(currency.code)", labels: rows.map(\.month.description),
                    series: [
                        series("New", rows.map(\.new), .good), series("Expansion", rows.map(\.expansion), .accent),
                        series("Reactivation", rows.map(\.reactivation), .info),
                        series("Contraction", rows.map(\.contraction), .warn), series("Churn", rows.map(\.churn), .bad),
                    ], format: words(currency)))
        }
        return "\(parts)\(report.sheet.html)\(HTML.section("Cohorts", report.cohortSheet.html))"
    }

    private static func stats(_ last: MRRRow, _ lifetime: LifetimeValue?) -> HTML {
        func money(_ amount: Int64) -> String { Money(stored: amount, last.currency).formatted }
        func percent(_ share: Int64?) -> String {
            share.map { "\(ReportSheet.Cell.decimal($0, .inr)) %" } ?? "none"
        }
        return HTML.stats([
            Stat("MRR", money(last.end), note: "at the end of \(last.month)"),
            Stat("ARR", money(last.annual), note: "twelve times that"),
            Stat("Customers", "\(last.customers)", note: "\(last.customersLost) left in the month"),
            Stat("Churn", percent(last.logoChurn), note: "\(percent(last.revenueChurn)) of revenue"),
            Stat("Lifetime value", lifetime?.value.map(money) ?? "none", note: "for each customer"),
        ])
    }

    private static func chart(of report: AgingReport) -> HTML {
        let parts = report.totals.map { it in
            HTML.barChart(
                "Owed in \(it.currency.code)",
                labels: ["Not due", "1–30 days", "31–60 days", "61–90 days", "Over 90 days"],
                series: [
                    series("Owed", [it.current, it.days1To30, it.days31To60, it.days61To90, it.over90], .accent)
                ], format: words(it.currency))
        }
        return "\(parts)"
    }

    private static func chart(of report: RevenueReport) -> HTML {
        let parts = Set(report.rows.map(\.currency)).sorted { $0.code < $1.code }.map { currency in
            let rows = report.rows.filter { $0.currency == currency }
            return HTML.barChart(
                "Billed and earned in \(currency.code)", labels: rows.map(\.month.description),
                series: [
                    series("Earned", rows.map(\.recognised), .good),
                    series("Not earned yet", rows.map { $0.billed - $0.recognised }, .info),
                ], format: words(currency))
        }
        return "\(parts)"
    }

    static func series(_ name: String, _ amounts: [Int64], _ tone: Tone) -> Series {
        // A bar's height is not money; the table behind the chart is exact up to 2^53.
        Series(name, amounts.map { Double($0) }, tone: tone)
    }

    static func words(_ currency: Currency) -> (Double) -> String {
        { value in
            Money(stored: Int64(exactly: value.rounded()) ?? 0, currency).formatted
        }
    }
}
