// The console's pages of accounts.
import Core
import Storage
import Web

extension Ledger {
    static let pageSize = 50

    func addAccountPages(to pages: inout Pages) {
        let base = "/orgs/{org}/ledger"
        pages.page(base, "ledger", allow: .member(.ledgerRead), query: [Self.after]) { call, tx in
            try Self.accountsPage(call, in: tx)
        }
        pages.form(
            base + "/accounts/new", "open-ledger-account", allow: .member(.ledgerManage),
            show: { call, state, _ in try Self.openingPage(call, state) },
            submit: { call, tx in
                let account = try Self.open(try Self.account(from: call.body), in: tx)
                return .redirect(
                    to: "\(try Self.address(call))/accounts/\(account.id)", flash: Message("The account is open.").flash
                )
            })
        pages.page(
            base + "/accounts/{account}", "ledger-account", allow: .member(.ledgerRead), query: [Self.before]
        ) { call, tx in try Self.accountPage(call, in: tx) }
    }

    static let before = QueryParameter("before", "Older than this place in the book.")
    private static let after = QueryParameter("after", "Accounts after this identifier.")

    /// `/orgs/org_…/ledger`.
    static func address<Body>(_ call: Call<Body>) throws -> String { "/orgs/\(try call.organization())/ledger" }

    static func tabs(_ base: String, current: String) -> [Tab] {
        [
            Tab("Accounts", base, isCurrent: current == "accounts"),
            Tab("Journal", base + "/journal-entries", isCurrent: current == "entries"),
            Tab("Holds", base + "/holds", isCurrent: current == "holds"),
            Tab("Reports", base + "/reports", isCurrent: current == "reports"),
            Tab("Verification", base + "/verification", isCurrent: current == "verification"),
        ]
    }

    private static func accountsPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let base = try address(call)
        var after: (code: String, id: String)?
        if let id = call.query("after").flatMap({ LedgerAccountID($0) }) {
            let last = try account(id, in: tx)
            after = (last.code, last.id.text)
        }
        let rows = try LedgerStore.accounts(after: after, currency: nil, limit: pageSize + 1, in: tx)
        let shown = rows.prefix(pageSize)
        let next = rows.count > pageSize ? shown.last.map { "\(base)?after=\($0.id)" } : nil
        let mayOpen = call.role?.allows(.ledgerManage) ?? false
        let table = HTML.table(
            "Accounts", columns: ["Code", "Name", "Type", .number("Debits"), .number("Credits"), .number("Balance")],
            rows: shown.map { row($0, at: base) },
            empty: HTML.emptyState(
                "No accounts yet", "Billing opens the ones it books to. Others are opened here or through the API."))
        return PageView(
            "Ledger", section: "ledger",
            lead: "Every amount that moves, in double entry. Nothing in it is ever changed.",
            actions: mayOpen ? [HTML.linkButton("Open an account", href: base + "/accounts/new")] : [],
            tabs: tabs(base, current: "accounts"), "\(table)\(HTML.pagination(next: next))")
    }

    private static func row(_ account: LedgerAccount, at base: String) -> [HTML] {
        let closed = account.closedAt == nil ? HTML.empty : HTML.badge("Closed")
        let owner: HTML = account.ownerID.isEmpty ? .empty : HTML.code(account.ownerID)
        return [
            HTML.rowLink(account.code, href: "\(base)/accounts/\(account.id)"), "\(account.name) \(owner) \(closed)",
            "\(account.type.title)", HTML.money(Money(stored: account.debits, account.currency)),
            HTML.money(Money(stored: account.credits, account.currency)), HTML.money(account.balance),
        ]
    }

    private static func accountPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let base = try address(call)
        let account = try account(try call.id("account"), in: tx)
        let before = call.query("before").flatMap { Int64($0) } ?? .max
        let rows = try LedgerStore.statement(
            of: account.id, within: 0..<max(0, before), limit: pageSize + 1, in: tx)
        let lines = rows.prefix(pageSize).map { StatementLine($0, of: account) }
        let older = rows.count > pageSize ? lines.last?.sequence : nil
        let statement = HTML.table(
            "Statement",
            columns: [
                .number("No."), "Entry", .date("Effective"), .number("Debit"), .number("Credit"), .number("Balance"),
            ],
            rows: lines.map { line in
                let amount = HTML.money(line.amount)
                return [
                    HTML.rowLink(String(line.sequence), href: "\(base)/journal-entries/\(line.entry)"),
                    "\(line.description)", HTML.time(line.effectiveAt), line.direction == .debit ? amount : .empty,
                    line.direction == .credit ? amount : .empty, HTML.money(line.balance),
                ]
            }, empty: HTML.emptyState("Nothing posted yet", "Each posting appears here with the balance after it."))
        let next = older.map { "\(base)/accounts/\(account.id)?before=\($0)" }
        return PageView(
            "\(account.code) \(account.name)", section: "ledger", crumbs: [Link("Ledger", base)],
            badge: account.closedAt == nil ? HTML.badge("Open", .good) : HTML.badge("Closed"),
            lead: "Balance \(HTML.money(account.balance)), positive on the \(account.normalSide.rawValue) side",
            HTML.columns(
                main: HTML.section("Statement", "\(statement)\(HTML.pagination(next: next))"),
                aside: HTML.panel("Account", details(account))))
    }

    private static func details(_ account: LedgerAccount) -> HTML {
        HTML.details([
            ("Type", account.contra ? "\(account.type.title), contra" : "\(account.type.title)"),
            ("Currency", "\(account.currency)"),
            ("Owner", account.ownerID.isEmpty ? HTML.muted("shared") : HTML.code(account.ownerID)),
            ("Rule", "\(account.rule.title)"), ("Debits", HTML.money(Money(stored: account.debits, account.currency))),
            ("Credits", HTML.money(Money(stored: account.credits, account.currency))),
            ("Available", account.available.map(HTML.money) ?? HTML.muted("not kept for the past")),
            ("Opened", HTML.time(account.createdAt)), ("Identifier", HTML.copyable(account.id.text)),
        ])
    }

    private static func openingPage(_ call: Call<NoBody>, _ state: FormState) throws -> PageView {
        let base = try address(call)
        let fields: HTML = """
            \(HTML.textField("code", label: "Code", state: state, hint: "Such as 1100; unique within a currency."))\
            \(HTML.textField("name", label: "Name", state: state))\
            \(HTML.select("type", label: "Type", options: AccountType.allCases.map { Choice($0.rawValue, $0.title) },
                state: state, default: AccountType.asset.rawValue))\
            \(HTML.textField("currency", label: "Currency", state: state, default: "INR",
                hint: "Three letters, ISO 4217."))\
            \(HTML.select("rule", label: "Balance", options: BalanceRule.allCases.map { Choice($0.rawValue, $0.title) },
                state: state, default: BalanceRule.any.rawValue))
            """
        return PageView(
            "Open an account", section: "ledger", crumbs: [Link("Ledger", base)],
            HTML.panel(
                HTML.form(action: base + "/accounts/new", submit: "Open account", state: state, cancel: base, fields)))
    }

    private static func account(from form: Form) throws -> NewAccount {
        let type = AccountType(rawValue: form["type"])
        let currency = Currency(form["currency"])
        let rule = BalanceRule(rawValue: form["rule"])
        var validation = Validation()
        validation.require(type != nil, "/type", "choice", "Choose a type.")
        validation.require(currency != nil, "/currency", "format", "Write three capital letters: INR.")
        validation.require(rule != nil, "/rule", "choice", "Choose where the balance may lie.")
        try validation.check()
        return NewAccount(
            code: form["code"], name: form["name"], type: type ?? .asset, currency: currency ?? .inr, rule: rule ?? .any
        )
    }
}

extension AccountType {
    /// Capitalised for people.
    var title: String {
        switch self {
        case .asset: "Asset"
        case .liability: "Liability"
        case .equity: "Equity"
        case .income: "Income"
        case .expense: "Expense"
        }
    }
}

extension BalanceRule {
    /// For people.
    var title: String {
        switch self {
        case .any: "Either side"
        case .debitOnly: "Debit side only"
        case .creditOnly: "Credit side only"
        }
    }
}
