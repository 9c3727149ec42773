// The invoice behind its unguessable link: for whoever it was sent to, without an account.
import Core
import Storage
import Web

extension Billing {
    /// The page of an invoice that needs no account.
    static func publicPath(_ it: Invoice) -> String { "/i/\(it.link)" }

    func addPublicInvoicePages(to pages: inout Pages) {
        pages.page("/i/{link}", "public invoice", allow: .anyone) { call, tx in
            let (organization, id) = try find(call, in: tx)
            return try tx.scoped(to: .organization(organization)) { tx in
                publicPage(try sheet(of: id, in: tx), now: tx.now)
            }
        }
        pages.actionAct("/i/{link}/pay", "pay a public invoice", allow: .anyone) { call in
            let (organization, id) = try database.read(in: .instance) { try find(call, in: $0) }
            let order = try await order(for: id, of: organization, by: call.actor)
            let invoice = try database.read(in: .organization(organization)) { try self.invoice(id, in: $0) }
            return try await livePage(of: order, invoice)
                ?? .redirect(to: checkoutPath(order, from: Self.publicPath(invoice)))
        }
    }

    /// The PDF behind the same link.
    func addPublicInvoiceRoute(to routes: inout Routes) {
        routes.add(
            Endpoint(
                method: "GET", path: "/i/{link}/pdf", id: "getPublicInvoicePDF",
                summary: "Read an invoice as PDF by its public link", tag: "billing", access: .anyone,
                output: .other(mediaType: "application/pdf", status: 200),
                work: .read { call, tx in
                    let (organization, id) = try find(call, in: tx)
                    return try tx.scoped(to: .organization(organization)) { try pdf(of: id, in: $0) }
                }))
    }

    private func find<Body>(_ call: Call<Body>, in tx: any Transaction) throws -> (OrganizationID, InvoiceID) {
        let link = call.parameter("link")
        guard let found = try InvoiceStore.find(link: link, in: tx) else { throw Problem.notFound("invoice") }
        return found
    }

    private func publicPage(_ sheet: InvoiceSheet, now: Timestamp) -> PageView {
        let it = sheet.invoice
        let base = Self.publicPath(it)
        let pay: HTML? =
            it.state == .open
            ? HTML.postButton("Pay \(it.amountDue.formatted)", action: "\(base)/pay", style: .primary) : nil
        let file = HTML.linkButton("PDF", href: "\(base)/pdf")
        let body: HTML = """
            <main class="content"><div class="page-header"><div><p class="muted">\(it.seller.name)</p>\
            <h1>\(sheet.kind) \(it.number)</h1>\(it.badge(now: now))\
            <p class="lead">\(it.total.formatted), \(sheet.state.words)</p></div>\
            <div class="actions">\(file)\(pay)</div></div>\
            \(HTML.panel("<div class=\"stack\">\(parties(sheet))\(table(sheet))\(foot(sheet))</div>"))</main>
            """
        return PageView("\(sheet.kind) \(it.number)", isPlain: true, body)
    }

    func parties(_ sheet: InvoiceSheet) -> HTML {
        let it = sheet.invoice
        return HTML.pair(
            HTML.details([
                ("From", party(it.seller)), (sheet.kind, "\(it.title)"), ("Date", "\(sheet.day(it.issuedAt))"),
            ]),
            HTML.details([
                ("To", party(it.customer)), ("Place of supply", "\(it.placeOfSupply)"),
                ("Due", "\(sheet.day(it.dueAt))"),
            ]))
    }

    private func party(_ it: Party) -> HTML {
        let address: HTML? = it.address.isEmpty ? nil : "<br>\(it.address)"
        let gstin: HTML? = it.gstin.isEmpty ? nil : "<br>GSTIN \(it.gstin)"
        let taxID: HTML? = it.taxID.isEmpty ? nil : "<br>Tax number \(it.taxID)"
        return "<b>\(it.name)</b>\(address)\(gstin)\(taxID)"
    }

    func table(_ sheet: InvoiceSheet) -> HTML {
        var rows: [[HTML]] = sheet.lines.map { line in
            let period: HTML? = sheet.period(line).map { "<br><span class=\"muted\">\($0)</span>" }
            return [
                "<b>\(line.description)</b>\(period)", "<span class=\"nowrap\">\(line.sac)</span>",
                "\(line.quantity)", line.unitPrice.map { HTML.money($0) } ?? .empty, HTML.money(line.amount),
            ]
        }
        let sums = sheet.sums
        rows += sums.dropLast().map { ["\($0.words)", .empty, .empty, .empty, HTML.money($0.amount)] }
        let last = sums.last.map { sum -> [HTML] in
            ["\(sum.words)", .empty, .empty, .empty, "<b>\(sum.amount.formatted)</b>"]
        }
        return HTML.table(
            "Lines", columns: ["Description", "HSN/SAC", .number("Quantity"), .number("Price"), .number("Amount")],
            rows: rows, footer: last ?? [])
    }

    func foot(_ sheet: InvoiceSheet) -> HTML {
        let it = sheet.invoice
        let note: HTML? = it.taxNote.isEmpty ? nil : "<p class=\"muted small\">\(it.taxNote)</p>"
        let memo: HTML? = it.memo.isEmpty ? nil : "<p>\(it.memo)</p>"
        return "\(memo)\(note)"
    }
}
