// The console's pages of journal entries and of verification.
import Core
import Storage
import Web

extension Ledger {
    func addEntryPages(to pages: inout Pages) {
        let base = "/orgs/{org}/ledger/journal-entries"
        pages.page(base, "journal-entries", allow: .member(.ledgerRead), query: [Self.before]) { call, tx in
            try Self.entriesPage(call, in: tx)
        }
        pages.page(base + "/{entry}", "journal-entry", allow: .member(.ledgerRead)) { call, tx in
            try Self.entryPage(call, in: tx)
        }
        pages.action(base + "/{entry}/reverse", "reverse-journal-entry", allow: .member(.ledgerPost)) { call, tx in
            let mirror = try Self.reverse(try call.id("entry"), in: tx)
            return .redirect(
                to: "\(try Self.address(call))/journal-entries/\(mirror.id)",
                flash: Message("The entry is reversed: this is its mirror.").flash)
        }
    }

    func addVerificationPage(to pages: inout Pages) {
        let base = "/orgs/{org}/ledger/verification"
        pages.page(base, "ledger-verification", allow: .member(.ledgerRead)) { call, tx in
            try Self.verificationPage(call, in: tx)
        }
        pages.actionAct(base, "verify-ledger", allow: .member(.ledgerRead), cost: 50) { call in
            let report = try await verify(organization: try call.organization())
            return .redirect(
                to: "\(try Self.address(call))/verification", flash: Self.message(report).flash)
        }
    }

    private static func entriesPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let base = try address(call)
        let rows = try LedgerStore.entries(
            before: call.query("before").flatMap { Int64($0) }, limit: pageSize + 1, in: tx)
        let shown = rows.prefix(pageSize)
        let older = rows.count > pageSize ? shown.last?.sequence : nil
        let table = HTML.table(
            "Journal entries",
            columns: [.number("No."), "Description", "Kind", .date("Effective"), .number("Amount")],
            rows: shown.map { entry in
                [
                    HTML.rowLink(String(entry.sequence), href: "\(base)/journal-entries/\(entry.id)"),
                    "\(entry.description)", HTML.badge(entry.kind), HTML.time(entry.effectiveAt),
                    HTML.money(entry.amount),
                ]
            },
            empty: HTML.emptyState(
                "No entries yet", "The first one appears when an invoice is finalised, or is posted through the API."))
        return PageView(
            "Ledger", section: "ledger",
            lead: "Every amount that moves, in double entry. Nothing in it is ever changed.",
            tabs: tabs(base, current: "entries"),
            "\(table)\(HTML.pagination(next: older.map { "\(base)/journal-entries?before=\($0)" }))")
    }

    private static func entryPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let base = try address(call)
        let entry = try entry(try call.id("entry"), in: tx)
        let lines = try entry.postings.map { line(entry, $0, try account($0.account, in: tx), at: base) }
        let total = HTML.money(entry.amount)
        let table = HTML.table(
            "Postings", columns: ["Account", "Name", .number("Debit"), .number("Credit")], rows: lines,
            footer: ["Sum", .empty, total, total])
        let mayReverse = call.role?.allows(.ledgerPost) ?? false
        let reversing = HTML.confirm(
            id: "reverse", button: "Reverse", title: "Reverse entry \(entry.sequence)?",
            text: "Its mirror is posted as a new entry. Neither can be removed afterwards.",
            action: "\(base)/journal-entries/\(entry.id)/reverse")
        let json = (try? JSONParser.parse(JSONCoding.encode(entry)))?.prettyText ?? ""
        return PageView(
            "Entry \(entry.sequence)", section: "ledger",
            crumbs: [Link("Ledger", base), Link("Journal", base + "/journal-entries")],
            badge: entry.reversedBy == nil ? HTML.badge("Posted", .good) : HTML.badge("Reversed", .warn),
            lead: "\(entry.description)", actions: mayReverse && entry.reversedBy == nil ? [reversing] : [],
            HTML.columns(
                main: HTML.section("Postings", table) + HTML.section("JSON", HTML.codeBlock(json, label: "JSON")),
                aside: HTML.panel("Entry", details(entry, at: base))))
    }

    private static func line(
        _ entry: JournalEntry, _ posting: Posting, _ account: LedgerAccount, at base: String
    ) -> [HTML] {
        let amount = HTML.money(Money(stored: posting.amount, entry.currency))
        return [
            HTML.link(account.code, href: "\(base)/accounts/\(account.id)"), "\(account.name)",
            posting.direction == .debit ? amount : .empty, posting.direction == .credit ? amount : .empty,
        ]
    }

    private static func details(_ entry: JournalEntry, at base: String) -> HTML {
        let link = { (id: JournalEntryID) in HTML.link(id.text, href: "\(base)/journal-entries/\(id)") }
        var pairs: [(String, HTML)] = [
            ("Effective", HTML.time(entry.effectiveAt)), ("Booked", HTML.time(entry.bookedAt)),
            ("Kind", "\(entry.kind)"),
        ]
        if let source = entry.source { pairs.append(("Source", "\(source.type) \(HTML.code(source.id))")) }
        if let group = entry.group { pairs.append(("Group", HTML.code(group))) }
        if let reverses = entry.reverses { pairs.append(("Reverses", link(reverses))) }
        if let mirror = entry.reversedBy { pairs.append(("Reversed by", link(mirror))) }
        pairs += [("Identifier", HTML.copyable(entry.id.text)), ("Hash", HTML.copyable(entry.hash))]
        return HTML.details(pairs)
    }

    private static func verificationPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let base = try address(call)
        let head = try LedgerStore.head(of: try tx.organization(), in: tx)
        let closed = try LedgerStore.closedThrough(of: try tx.organization(), in: tx)
        let mayClose = call.role?.allows(.ledgerManage) ?? false
        let isClosed = (closed?.milliseconds ?? 0) > 0
        let facts = HTML.details([
            ("Entries", "\(head?.sequence ?? 0)"),
            ("Head", head.map { HTML.copyable("\($0.sequence):\(Hex.encode($0.hash))") } ?? HTML.muted("none yet")),
            ("Closed through", isClosed ? closed.map(HTML.time) ?? .empty : HTML.muted("nothing is closed")),
        ])
        return PageView(
            "Ledger", section: "ledger", lead: "Keep the head elsewhere: it proves every entry up to it.",
            actions: (mayClose ? [HTML.linkButton("Close a period", href: base + "/closing")] : [])
                + [HTML.postButton("Verify now", action: base + "/verification", style: .primary)],
            tabs: tabs(base, current: "verification"),
            HTML.panel("The book", facts)
                + HTML.panel(
                    "What is verified",
                    """
                    <p>Every entry from the first: that none is missing, that each follows the one before it and is as \
                    it was written, that it balances; that the accounts hold exactly its postings and their balances \
                    are the sums; and that the tables and triggers which enforce this are unaltered.</p>
                    """))
    }

    private static func message(_ report: LedgerReport) -> Message {
        if let problem = report.firstProblem { return Message("The book was touched: \(problem).", .bad) }
        let entries = HTML.grouped(Int(clamping: report.entries))
        return Message("All \(entries) entries balance and are as they were written.")
    }
}
