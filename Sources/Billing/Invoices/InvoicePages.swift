// An invoice to read, print and pay.
import Core
import Storage
import Web

extension Billing {
    func addInvoicePages(to pages: inout Pages) {
        pages.page("/orgs/{org}/invoices/{invoice}", "invoice", allow: .member(.billingRead)) { call, tx in
            let invoice = try issued(try call.id("invoice"), in: tx)
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
        let sheet = try sheet(of: it.id, in: tx)
        let payments = try PaymentStore.payments(of: it.id, in: tx)
        var actions = [HTML.linkButton("PDF", href: "/v1\(base)/invoices/\(it.id)/pdf")]
        if it.state == .open, canPay {
            actions.append(
                HTML.postButton(
                    "Pay \(it.amountDue.formatted)", action: "\(base)/invoices/\(it.id)/pay", style: .primary))
        }
        let body: HTML = """
            \(HTML.panel("<div class=\"stack\">\(parties(sheet))\(table(sheet))\(foot(sheet))</div>"))\
            \(creditNotes(sheet.notes))\
            \(HTML.section("What happened", HTML.timeline(history(it, payments, base))))
            """
        return PageView(
            it.title, section: "billing", crumbs: [Link("Billing", "\(base)/billing")], badge: it.badge(now: tx.now),
            lead: "\(it.total.formatted), \(it.state == .paid ? "paid" : "due") \(HTML.date(it.paidAt ?? it.dueAt))",
            actions: actions, body)
    }

    /// `9 %` for 900 basis points.
    static func percent(_ rate: Int64) -> String {
        let rest = rate % 100
        return rest == 0 ? "\(rate / 100) %" : "\(rate / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }

    func creditNotes(_ notes: [CreditNote]) -> HTML {
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
        var items = [
            it.state == .draft
                ? TimelineItem("Drafted", at: it.createdAt)
                : TimelineItem("Finalised as \(it.number)", at: it.issuedAt)
        ]
        for payment in payments.reversed() {
            let link = HTML.link(payment.remoteID, href: "\(base)/payments/\(payment.id)")
            items.append(
                TimelineItem(
                    "Payment \(link) \(payment.badge)", at: payment.capturedAt ?? payment.createdAt,
                    tone: payment.state == .failed ? .bad : .info))
        }
        if let paid = it.paidAt { items.append(TimelineItem("<b>Paid</b>", at: paid, tone: .good)) }
        if let voided = it.voidedAt { items.append(TimelineItem("Voided", at: voided)) }
        if let lost = it.writtenOffAt { items.append(TimelineItem("Written off", at: lost, tone: .bad)) }
        return items.reversed()
    }
}
