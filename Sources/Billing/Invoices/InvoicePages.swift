// An invoice to read, print and pay.
import Core
import Storage
import Web

extension Billing {
    func addInvoicePages(to pages: inout Pages) {
        pages.page("/orgs/{org}/invoices/{invoice}", "invoice", allow: .member(.billingRead)) { call, tx in
            let invoice = try invoice(try call.id("invoice"), in: tx)
            return try page(invoice, canPay: call.role?.allows(.billingManage) ?? false, in: tx)
        }
        pages.actionAct("/orgs/{org}/invoices/{invoice}/pay", "pay an invoice", allow: .member(.billingManage)) {
            call in
            let organization = try call.organization()
            let order = try await order(for: try call.id("invoice"), of: organization, by: call.actor)
            let invoice = try database.read(in: .organization(organization)) { try self.invoice(order.invoice, in: $0) }
            return try await livePage(of: order, invoice) ?? .redirect(to: checkoutPath(order))
        }
    }

    private func page(_ it: Invoice, canPay: Bool, in tx: any Transaction) throws -> PageView {
        let base = "/orgs/\(try tx.organization())"
        let lines = try InvoiceStore.lines(of: it.id, in: tx)
        let taxes = try InvoiceStore.taxes(of: it.id, in: tx)
        let payments = try PaymentStore.payments(of: it.id, in: tx)
        let notes = try InvoiceStore.creditNotes(of: it.id, in: tx)
        let pay: [HTML] =
            it.state == .open && canPay
            ? [
                HTML.postButton(
                    "Pay \(it.amountDue.formatted)", action: "\(base)/invoices/\(it.id)/pay", style: .primary)
            ]
            : []
        let body: HTML = """
            \(HTML.panel("<div class=\"stack\">\(parties(it))\(table(it, lines, taxes))\(foot(it))</div>"))\
            \(creditNotes(notes))\
            \(HTML.section("What happened", HTML.timeline(history(it, payments, base))))
            """
        return PageView(
            it.number, section: "billing", crumbs: [Link("Billing", "\(base)/billing")], badge: it.badge(now: tx.now),
            lead: "\(it.total.formatted), \(it.state == .paid ? "paid" : "due") \(HTML.date(it.paidAt ?? it.dueAt))",
            actions: pay, body)
    }

    private func parties(_ it: Invoice) -> HTML {
        HTML.pair(
            HTML.details([
                ("From", party(it.seller)), (it.tax.amount > 0 ? "Tax invoice" : "Invoice", "\(it.number)"),
                ("Date", HTML.date(it.issuedAt)),
            ]),
            HTML.details([
                ("To", party(it.customer)), ("Place of supply", "\(it.placeOfSupply)"), ("Due", HTML.date(it.dueAt)),
            ]))
    }

    private func party(_ it: Party) -> HTML {
        let address: HTML? = it.address.isEmpty ? nil : "<br>\(it.address)"
        let gstin: HTML? = it.gstin.isEmpty ? nil : "<br>GSTIN \(it.gstin)"
        return "<b>\(it.name)</b>\(address)\(gstin)"
    }

    private func table(_ it: Invoice, _ lines: [InvoiceLine], _ taxes: [TaxLine]) -> HTML {
        var rows: [[HTML]] = lines.map { line in
            [
                "<b>\(line.description)</b>\(period(of: line))", line.sac.isEmpty ? .empty : HTML.code(line.sac),
                "\(line.quantity)", line.unitPrice.map { HTML.money($0) } ?? .empty, HTML.money(line.amount),
            ]
        }
        if it.discount.amount > 0 {
            let discount = Money(stored: -it.discount.amount, it.discount.currency)
            rows.append(["Discount", .empty, .empty, .empty, HTML.money(discount)])
        }
        rows.append(["Without tax", .empty, .empty, .empty, HTML.money(it.subtotal)])
        for tax in taxes {
            rows.append([
                "\(tax.name) \(Self.percent(tax.rate))\(tax.isInclusive ? ", in the prices" : "")", .empty, .empty,
                .empty, HTML.money(tax.amount),
            ])
        }
        return HTML.table(
            "Lines", columns: ["Description", "SAC", .number("Quantity"), .number("Price"), .number("Amount")],
            rows: rows, footer: ["Total", .empty, .empty, .empty, "<b>\(it.total.formatted)</b>"])
    }

    /// `9 %` for 900 basis points.
    static func percent(_ rate: Int64) -> String {
        let rest = rate % 100
        return rest == 0 ? "\(rate / 100) %" : "\(rate / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }

    /// What a line is for, as its first and its last day.
    private func period(of line: InvoiceLine) -> HTML {
        guard let start = line.periodStart, let end = line.periodEnd else { return .empty }
        // The last instant that is paid for lies just before the end.
        let last = end.adding(Milliseconds(-1))
        return "<br><span class=\"muted\">\(HTML.date(start)) to \(HTML.date(last))</span>"
    }

    private func foot(_ it: Invoice) -> HTML {
        it.taxNote.isEmpty ? .empty : "<p class=\"muted small\">\(it.taxNote)</p>"
    }

    private func creditNotes(_ notes: [CreditNote]) -> HTML {
        guard !notes.isEmpty else { return .empty }
        return HTML.section(
            "Credit notes",
            HTML.table(
                "Credit notes",
                columns: ["Number", .number("Without tax"), .number("Tax"), .number("Total"), .date("Issued")],
                rows: notes.map { note in
                    [
                        HTML.code(note.number), HTML.money(note.subtotal), HTML.money(note.tax),
                        HTML.money(note.total), HTML.date(note.issuedAt),
                    ]
                }))
    }

    private func history(_ it: Invoice, _ payments: [Payment], _ base: String) -> [TimelineItem] {
        var items = [TimelineItem("Finalised as \(it.number)", at: it.issuedAt)]
        for payment in payments.reversed() {
            let link = HTML.link(payment.remoteID, href: "\(base)/payments/\(payment.id)")
            items.append(
                TimelineItem(
                    "Payment \(link) \(payment.badge)", at: payment.capturedAt ?? payment.createdAt,
                    tone: payment.state == .failed ? .bad : .info))
        }
        if let paid = it.paidAt { items.append(TimelineItem("<b>Paid</b>", at: paid, tone: .good)) }
        if let voided = it.voidedAt { items.append(TimelineItem("Voided", at: voided)) }
        return items.reversed()
    }
}
