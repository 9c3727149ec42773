// The console's pages of holds, and of closing a period.
import Core
import Storage
import Web

extension Ledger {
    func addHoldPages(to pages: inout Pages) {
        let base = "/orgs/{org}/ledger/holds"
        pages.page(base, "ledger-holds", allow: .member(.ledgerRead), query: [Self.before]) { call, tx in
            try Self.holdsPage(call, in: tx)
        }
        for (verb, name) in [("post", "post-ledger-hold"), ("void", "void-ledger-hold")] {
            pages.action("\(base)/{hold}/\(verb)", name, allow: .member(.ledgerPost)) { call, tx in
                let id: HoldID = try call.id("hold")
                _ = verb == "post" ? try Self.post(id, in: tx) : try Self.void(id, in: tx)
                let words = verb == "post" ? "What was held is posted." : "The hold is given up; nothing moved."
                return .redirect(to: "\(try Self.address(call))/holds", flash: Message(words).flash)
            }
        }
    }

    func addClosingPage(to pages: inout Pages) {
        pages.form(
            "/orgs/{org}/ledger/closing", "close-ledger", allow: .member(.ledgerManage),
            show: { call, state, tx in try Self.closingPage(call, state, in: tx) },
            submit: { call, tx in
                let text = call.body["through"]
                // A day is meant whole: up to the last millisecond before the next one.
                let day = Timestamp(text + "T00:00:00Z")?.adding(.days(1)).adding(Milliseconds(-1))
                guard let instant = Timestamp(text) ?? day else {
                    throw Problem.invalid([FieldProblem("/through", "format", "Write a day: 2026-10-31.")])
                }
                try Self.close(through: instant, in: tx)
                return .redirect(
                    to: "\(try Self.address(call))/closing", flash: Message("The book is closed for that time.").flash)
            })
    }

    private static func holdsPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let base = try address(call)
        let rows = try HoldsStore.holds(before: call.query("before"), limit: pageSize + 1, in: tx)
        let shown = rows.prefix(pageSize)
        let mayPost = call.role?.allows(.ledgerPost) ?? false
        let table = HTML.table(
            "Holds", columns: ["For", "State", .number("Amount"), .number("Posted"), .date("Expires"), .actions],
            rows: shown.map { hold in
                let isOpen = mayPost && hold.state == .pending
                return [
                    hold.entry.map { HTML.rowLink(hold.description, href: "\(base)/journal-entries/\($0)") }
                        ?? "\(hold.description)", badge(hold.state), HTML.money(hold.amount),
                    hold.posted.map(HTML.money) ?? .empty, HTML.time(hold.expiresAt),
                    isOpen ? HTML.actions(buttons(hold, at: base)) : .empty,
                ]
            },
            empty: HTML.emptyState(
                "No holds yet", "The API holds an amount on two accounts; it is posted, voided or expires."))
        let next = rows.count > pageSize ? shown.last.map { "\(base)/holds?before=\($0.id)" } : nil
        return PageView(
            "Ledger", section: "ledger",
            lead: "Amounts that are promised. They lessen what is available, and move when they are posted.",
            tabs: tabs(base, current: "holds"), "\(table)\(HTML.pagination(next: next))")
    }

    private static func buttons(_ hold: Hold, at base: String) -> [HTML] {
        [
            HTML.postButton("Post", action: "\(base)/holds/\(hold.id)/post"),
            HTML.postButton("Void", action: "\(base)/holds/\(hold.id)/void"),
        ]
    }

    private static func badge(_ state: HoldState) -> HTML {
        switch state {
        case .pending: HTML.badge("Pending", .warn)
        case .posted: HTML.badge("Posted", .good)
        case .voided: HTML.badge("Voided")
        case .expired: HTML.badge("Expired")
        }
    }

    private static func closingPage(
        _ call: Call<NoBody>, _ state: FormState, in tx: any Transaction
    ) throws -> PageView {
        let base = try address(call)
        let book = try Self.state(in: tx)
        let field = HTML.textField(
            "through", label: "Close through", state: state, hint: "A day in UTC, such as 2026-10-31; all of it.")
        return PageView(
            "Close a period", section: "ledger", crumbs: [Link("Ledger", base)],
            lead: book.closedThrough.map { "Closed through \(HTML.time($0))" } ?? "Nothing is closed yet",
            HTML.columns(
                main: HTML.panel(
                    HTML.form(
                        action: base + "/closing", submit: "Close", state: state, cancel: base + "/verification", field)
                ),
                aside: HTML.panel(
                    "What closing means",
                    """
                    <p>Nothing that is effective at or before that time is posted any more, by anybody: reports for it \
                    by effective time stay as they are. What turns up later is posted with a later effective time. \
                    It can't be undone.</p>
                    """)))
    }
}
