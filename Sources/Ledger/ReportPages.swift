// The console's page of reports: for owners their own book, for operators the instance's.
import Core
import Storage
import Web

extension Ledger {
    /// What the page shows.
    private struct Reports: Sendable {
        let trial: TrialBalance
        let sheet: BalanceSheet
        let result: ProfitAndLoss
    }

    /// What the page was asked for, and what was wrong with it.
    private struct ReportForm: Sendable {
        var state = FormState()
        var from: Timestamp?
        var to: Timestamp?
        var basis = TimeBasis.effective

        init(_ call: Call<NoBody>) {
            for name in ["from", "to", "basis"] { state.values[name] = call.query(name) ?? "" }
            from = read("from")
            to = read("to")
            basis = TimeBasis(rawValue: state.values["basis"] ?? "") ?? .effective
        }

        /// A day, or an instant; days begin at midnight in UTC.
        private mutating func read(_ name: String) -> Timestamp? {
            guard let text = state.values[name], !text.isEmpty else { return nil }
            if let instant = Timestamp(text) ?? Timestamp(text + "T00:00:00Z") { return instant }
            state.problems.append(FieldProblem("/\(name)", "format", "Write a day: 2026-11-30."))
            return nil
        }
    }

    private struct PagePlace {
        let path: String
        let name: String
        let allow: Access
        let section: String
    }

    func addReportPages(to pages: inout Pages) {
        for place in [
            PagePlace(
                path: "/orgs/{org}/ledger/reports", name: "ledger-reports", allow: .member(.ledgerRead),
                section: "ledger"),
            PagePlace(path: "/operator/ledger", name: "instance-ledger", allow: .operators, section: "operator"),
        ] {
            pages.pageAtLength(
                place.path, place.name, allow: place.allow,
                query: [
                    QueryParameter("from", "The first day."), QueryParameter("to", "The first day after it."),
                    QueryParameter("basis", "Which time counts."),
                ], on: database
            ) { call, tx in
                let reports = try tx.scoped(to: try Self.book(of: call)) { try Self.reports(ReportForm(call), in: $0) }
                return try Self.reportsPage(reports, call, place, in: tx)
            }
        }
    }

    private static func reports(_ form: ReportForm, in tx: any Transaction) throws -> Reports {
        let end = form.to ?? tx.now.adding(Milliseconds(1))
        let instant = end.adding(Milliseconds(-1))
        return Reports(
            trial: try trialBalance(at: instant, by: form.basis, in: tx),
            sheet: try balanceSheet(at: instant, by: form.basis, in: tx),
            result: try profitAndLoss(
                from: form.from ?? Timestamp(milliseconds: 0), to: end, by: form.basis, in: tx))
    }

    private static func reportsPage(
        _ reports: Reports, _ call: Call<NoBody>, _ place: PagePlace, in tx: any Transaction
    ) throws -> PageView {
        let isOwn = call.role != nil
        let base = isOwn ? try address(call) : "/operator/ledger"
        let api = "/v1" + base
        let form = ReportForm(call)
        let state = try tx.scoped(to: try book(of: call)) { try Self.state(in: $0) }
        let closed = state.closedThrough.map { HTML.time($0) } ?? HTML.muted("nothing is closed")
        let parts = reports.trial.currencies.map { part in
            currency(
                part, reports.sheet.currencies.first { $0.currency == part.currency },
                reports.result.currencies.first { $0.currency == part.currency })
        }
        let empty = HTML.emptyState("No accounts yet", "Reports appear here with the first account of the book.")
        let tables = parts.isEmpty ? "<div class=\"table-wrap\">\(empty)</div>" : "\(parts)" as HTML
        return PageView(
            isOwn ? "Ledger" : "Books of the instance", section: place.section,
            crumbs: isOwn ? [] : [Link("Instance", "/operator")],
            lead: isOwn
                ? "What was earned, what is owned and owed, and what every account comes to."
                : "What billing has earned and owes: the book that invoices and payments are posted to.",
            actions: BookFormat.allCases.map {
                HTML.linkButton($0.title, href: "\(api)/export?format=\($0.rawValue)")
            }, tabs: isOwn ? tabs(base, current: "reports") : [],
            """
            \(filters(at: isOwn ? base + "/reports" : base, form.state))\
            \(tables)\
            \(HTML.panel("The book", HTML.details([
                ("Closed through", closed),
                ("Head", state.head.map { HTML.copyable($0.text) } ?? HTML.muted("none yet")),
            ])))
            """)
    }

    private static func filters(at path: String, _ state: FormState) -> HTML {
        HTML.filters(
            action: path,
            """
            \(HTML.textField("from", label: "From", state: state, required: false, placeholder: "2026-04-01"))\
            \(HTML.textField("to", label: "Before", state: state, required: false, placeholder: "2027-04-01"))\
            \(HTML.select(
                "basis", label: "By",
                options: [Choice("effective", "Effective time"), Choice("booked", "Booking time")],
                state: state))
            """)
    }

    private static func currency(
        _ trial: TrialBalance.Part, _ sheet: BalanceSheet.Part?, _ result: ProfitAndLoss.Part?
    ) -> HTML {
        let money = { (amount: Int64) in HTML.money(Money(stored: amount, trial.currency)) }
        var tables: [HTML] = []
        if let result {
            tables.append(
                statement(
                    "Profit and loss, \(trial.currency)", [("Income", result.income), ("Expenses", result.expenses)],
                    [("Result", result.result)], money))
        }
        if let sheet {
            tables.append(
                statement(
                    "Balance sheet, \(trial.currency)",
                    [("Assets", sheet.assets), ("Liabilities", sheet.liabilities), ("Equity", sheet.equity)],
                    [("Result so far", sheet.result), ("Liabilities, equity and result", sheet.claims)], money))
        }
        tables.append(
            HTML.section(
                "Trial balance, \(trial.currency)",
                HTML.table(
                    "Trial balance in \(trial.currency)",
                    columns: ["Account", "Type", .number("Accounts"), .number("Debit"), .number("Credit")],
                    rows: trial.lines.map { line in
                        [
                            "\(line.code) \(line.name)", "\(line.type.title)\(line.contra ? ", contra" : "")",
                            "\(line.accounts)", line.debitBalance > 0 ? money(line.debitBalance) : .empty,
                            line.creditBalance > 0 ? money(line.creditBalance) : .empty,
                        ]
                    }, footer: ["Sum", .empty, .empty, money(trial.debits), money(trial.credits)])))
        return "\(tables)"
    }

    private static func statement(
        _ title: String, _ sections: [(String, StatementSection)], _ totals: [(String, Int64)],
        _ money: (Int64) -> HTML
    ) -> HTML {
        var rows: [[HTML]] = []
        for (name, section) in sections {
            rows += section.lines.map { ["\($0.code) \($0.name)", "\(name)", money($0.amount)] }
            rows.append(["<strong>\(name)</strong>", .empty, "<strong>\(money(section.total))</strong>"])
        }
        rows += totals.map { ["<strong>\($0.0)</strong>", .empty, "<strong>\(money($0.1))</strong>"] }
        return HTML.section(
            title, HTML.table(title, columns: ["Account", "Section", .number("Amount")], rows: rows))
    }
}

extension BookFormat {
    /// For people.
    var title: String {
        switch self {
        case .csv: "CSV"
        case .beancount: "Beancount"
        case .hledger: "hledger"
        }
    }
}
