// Invoices of one customer as whoever sells sees them: writing one, and what can be done with it.
import Core
import Storage
import Web

extension Billing {
    private static let path = "/operator/orgs/{org}/invoices"
    /// Lines that the form has; over the API there may be more.
    private static let formLines = 1...4

    func addOperatorInvoicePages(to pages: inout Pages) {
        pages.page(Self.path, "operatorInvoices", allow: .operators) { call, tx in
            try operatorList(try call.organization(), in: tx)
        }
        pages.form(
            "\(Self.path)/new", "operatorNewInvoice", allow: .operators,
            show: { call, state, tx in
                try operatorForm(try call.organization(), state, in: tx)
            },
            submit: { call, tx in
                let organization = try call.organization()
                let draft = try Self.draft(call.body)
                let invoice = try inScope(organization, tx) { tx in
                    let invoice = try save(draft, in: tx)
                    try Self.note("invoice.drafted", "invoice", invoice.id, invoice.facts, in: tx)
                    return invoice
                }
                return .redirect(
                    to: "/operator/orgs/\(organization)/invoices/\(invoice.id)", flash: "The draft is stored.")
            })
        pages.page("\(Self.path)/{invoice}", "operatorInvoice", allow: .operators) { call, tx in
            let organization = try call.organization()
            return try inScope(organization, tx) { try operatorPage(try call.id("invoice"), organization, in: $0) }
        }
        addOperatorActs(to: &pages)
    }

    private func addOperatorActs(to pages: inout Pages) {
        act("finalise", "The invoice is finalised and mailed.", to: &pages) { invoice, tx in
            guard invoice.state == .draft else { throw BillingProblem.notADraft }
            _ = try finalise(invoice, terms: Self.termsOfPayment, in: tx)
        }
        act("void", "The invoice is void.", to: &pages) { invoice, tx in
            guard invoice.state == .open else { throw BillingProblem.notPayable }
            try void(invoice.id, in: tx)
        }
        act("write-off", "The invoice is written off.", to: &pages) { invoice, tx in
            guard invoice.state == .open else { throw BillingProblem.notPayable }
            try writeOff(invoice.id, in: tx)
        }
        act("send", "The invoice is mailed once more.", to: &pages) { invoice, tx in
            guard invoice.state == .open else { throw BillingProblem.notPayable }
            try mail(.invoice(invoice), in: tx)
            try Self.note("invoice.sent", "invoice", invoice.id, invoice.facts, in: tx)
        }
        pages.actionAct("\(Self.path)/{invoice}/credit", "operatorCreditInvoice", allow: .operators) { call in
            let organization = try call.organization()
            let id: InvoiceID = try call.id("invoice")
            let amount = call.body["amount"]
            let minor = amount.isEmpty ? nil : Self.minorUnits(amount)
            guard amount.isEmpty || minor != nil, (1...300).contains(call.body["reason"].count) else {
                throw Problem.invalid([
                    FieldProblem("/amount", "format", "Write an amount such as 499.00, and a reason.")
                ])
            }
            let wish = CreditWish(
                invoice: id, amount: minor, reason: call.body["reason"],
                destination: CreditDestination(rawValue: call.body["destination"]) ?? .balance)
            let note = try await creditAndRefund(wish, of: organization, by: call.actor)
            return .redirect(
                to: "/operator/orgs/\(organization)/invoices/\(id)", flash: "Credit note \(note.number) is issued.")
        }
    }

    /// A button on an invoice.
    private func act(
        _ name: String, _ flash: String, to pages: inout Pages,
        _ body: @escaping @Sendable (Invoice, any Transaction) throws -> Void
    ) {
        pages.action("\(Self.path)/{invoice}/\(name)", "operatorInvoice-\(name)", allow: .operators) { call, tx in
            let organization = try call.organization()
            let id: InvoiceID = try call.id("invoice")
            try inScope(organization, tx) { tx in try body(try invoice(id, in: tx), tx) }
            return .redirect(to: "/operator/orgs/\(organization)/invoices/\(id)", flash: flash)
        }
    }

    /// Goes on in the scope of an organisation. Throws 404 when there is none.
    func inScope<Value>(
        _ organization: OrganizationID, _ tx: any Transaction, _ body: (any Transaction) throws -> Value
    ) throws -> Value {
        guard try InvoiceStore.isCustomer(organization, in: tx) else { throw Problem.notFound("organization") }
        return try tx.scoped(to: .organization(organization), body)
    }

    /// The draft that a form describes; amounts with two decimals, in rupees or another currency of the form.
    private static func draft(_ form: Form) throws -> InvoiceDraft {
        var problems: [FieldProblem] = []
        let currency = Currency(form["currency"]) ?? .inr
        var draft = InvoiceDraft(currency)
        draft.memo = form["memo"]
        for index in formLines {
            let description = form["description\(index)"]
            guard !description.isEmpty else { continue }
            let quantity = form["quantity\(index)"].isEmpty ? 1 : Int64(form["quantity\(index)"])
            let typed = form["price\(index)"]
            let magnitude = minorUnits(typed.hasPrefix("-") ? String(typed.dropFirst()) : typed)
            guard let quantity, quantity >= 0, let magnitude,
                var line = DraftLine(description, quantity: quantity, at: typed.hasPrefix("-") ? -magnitude : magnitude)
            else {
                problems.append(FieldProblem("/price\(index)", "format", "Write an amount such as 499.00."))
                continue
            }
            line.code = form["code\(index)"].isEmpty ? GST.serviceCode : form["code\(index)"]
            draft.lines.append(line)
        }
        if draft.lines.isEmpty, problems.isEmpty {
            problems.append(FieldProblem("/description1", "length", "Write at least one line."))
        }
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        return draft
    }

    private func operatorList(_ organization: OrganizationID, in tx: any Transaction) throws -> PageView {
        let base = "/operator/orgs/\(organization)"
        return try inScope(organization, tx) { tx in
            let invoices = try InvoiceStore.page(before: nil, limit: 100, withDrafts: true, in: tx)
            let balances = try BalanceStore.all(in: tx).filter { $0.amount != 0 }
            let notice: HTML? =
                balances.isEmpty
                ? nil : HTML.notice("Balance: \(balances.map(\.formatted).joined(separator: ", "))", .info)
            let table = HTML.table(
                "Invoices", columns: ["Number", "State", .number("Total"), .number("To pay"), .date("Issued")],
                rows: invoices.map { it in
                    [
                        HTML.rowLink(it.title, href: "\(base)/invoices/\(it.id)"), it.badge(now: tx.now),
                        HTML.money(it.total), HTML.money(it.amountDue), HTML.date(it.issuedAt),
                    ]
                },
                empty: HTML.emptyState("No invoices yet", "Plans make them by themselves; you can write one too."))
            return PageView(
                "Invoices", section: "operator",
                crumbs: [Link("Instance", "/operator"), Link(try customer(in: tx).name, base)],
                lead: "The 100 newest of this customer.",
                actions: [HTML.linkButton("New invoice", href: "\(base)/invoices/new", style: .primary)],
                "\(notice)\(table)")
        }
    }

    private func operatorForm(
        _ organization: OrganizationID, _ state: FormState, in tx: any Transaction
    ) throws -> PageView {
        let base = "/operator/orgs/\(organization)/invoices"
        let lines = Self.formLines.html { index in
            HTML.pair(
                HTML.textField(
                    "description\(index)", label: "Line \(index)", state: state, required: index == 1),
                HTML.pair(
                    HTML.textField(
                        "quantity\(index)", label: "Quantity", state: state, default: "1", required: false),
                    HTML.textField(
                        "price\(index)", label: "Price without tax", state: state, required: index == 1,
                        placeholder: "499.00")))
        }
        let name = try inScope(organization, tx) { try customer(in: $0).name }
        let form = HTML.form(
            action: "\(base)/new", submit: "Store draft", state: state, cancel: base,
            """
            \(HTML.select("currency", label: "Currency",
                options: [Choice("INR", "Indian rupee"), Choice("USD", "US dollar"), Choice("EUR", "Euro")],
                state: state))\
            \(lines)\
            \(HTML.textArea("memo", label: "Note on the invoice", state: state))
            """)
        return PageView(
            "New invoice", section: "operator", crumbs: [Link("Instance", "/operator"), Link("Invoices", base)],
            lead: "For \(name). A negative price is a credit. Taxes are added; nothing is sent before you finalise it.",
            form)
    }

    private func operatorPage(
        _ id: InvoiceID, _ organization: OrganizationID, in tx: any Transaction
    ) throws -> PageView {
        let base = "/operator/orgs/\(organization)/invoices"
        let sheet = try sheet(of: id, in: tx)
        let it = sheet.invoice
        var actions: [HTML] = []
        if it.state == .draft {
            actions.append(HTML.postButton("Finalise", action: "\(base)/\(id)/finalise", style: .primary))
        } else {
            actions.append(HTML.linkButton("Public page", href: Self.publicPath(it)))
        }
        if it.state == .open {
            actions.append(HTML.postButton("Mail again", action: "\(base)/\(id)/send"))
            actions.append(
                HTML.confirm(
                    id: "void", button: "Void", title: "Void \(it.number)?",
                    text: "Its entry is mirrored, and nobody can pay it any more.", action: "\(base)/\(id)/void",
                    confirm: "Void the invoice"))
            actions.append(
                HTML.confirm(
                    id: "write-off", button: "Write off", title: "Write \(it.number) off?",
                    text: "\(it.amountDue.formatted) is booked as bad debt.", action: "\(base)/\(id)/write-off",
                    confirm: "Write it off"))
        }
        return PageView(
            it.title, section: "operator", crumbs: [Link("Instance", "/operator"), Link("Invoices", base)],
            badge: it.badge(now: tx.now), lead: "\(it.customer.name), \(sheet.state.words)", actions: actions,
            """
            \(HTML.panel("<div class=\"stack\">\(parties(sheet))\(table(sheet))\(foot(sheet))</div>"))\
            \(creditNotes(sheet.notes))\(creditForm(it, action: "\(base)/\(id)/credit"))
            """)
    }

    private func creditForm(_ it: Invoice, action: String) -> HTML {
        guard [.open, .paid].contains(it.state), it.total.amount > 0 else { return .empty }
        let destinations = [Choice("balance", "Onto the customer's balance"), Choice("refund", "Refund the payment")]
        let choice: HTML? =
            it.state == .paid ? HTML.select("destination", label: "Where to", options: destinations) : nil
        return HTML.section(
            "Credit note",
            HTML.panel(
                HTML.form(
                    action: action, submit: "Issue credit note", style: .plain,
                    """
                    \(HTML.textField("amount", label: "Amount with tax", hint: "Empty: all that is left.",
                        required: false, placeholder: "499.00"))\
                    \(HTML.textField("reason", label: "Why"))\(choice)
                    """)))
    }
}
