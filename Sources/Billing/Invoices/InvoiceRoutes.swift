// The JSON operations of invoices.
import Core
import Storage
import Web

extension Billing {
    /// What is needed to pay an invoice.
    func checkout(
        _ invoice: InvoiceID, of organization: OrganizationID, by actor: Actor
    ) async throws -> CheckoutResource {
        let order = try await order(for: invoice, of: organization, by: actor)
        return CheckoutResource(
            invoiceID: invoice, amount: order.amount, orderID: order.remoteID ?? "", keyID: order.provider,
            url: settings.publicURL + checkoutPath(order))
    }

    func addInvoiceRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/invoices", "listInvoices", "List invoices, newest first", tag: "billing",
            allow: .member(.billingRead),
            query: QueryParameter.paging + [
                QueryParameter("state", "Invoices in this state.", .choice(InvoiceState.issued.map(\.rawValue)))
            ],
            returns: Page<InvoiceResource>.self
        ) { call, tx in
            let state = call.query("state").flatMap { InvoiceState(rawValue: $0) }
            let rows = try InvoiceStore.page(
                before: call.page.after, limit: call.page.limit + 1, state: state, in: tx)
            return try call.page.page(rows, key: { $0.id.text }).map { try resource($0, in: tx) }
        }
        routes.get(
            "/v1/orgs/{org}/invoices/{invoice}", "getInvoice", "Read an invoice", tag: "billing",
            allow: .member(.billingRead), returns: InvoiceResource.self
        ) { call, tx in try resource(try issued(try call.id("invoice"), in: tx), in: tx) }
        routes.get(
            "/v1/orgs/{org}/invoices/{invoice}/credit-notes", "listCreditNotes", "List the credit notes of an invoice",
            tag: "billing", allow: .member(.billingRead), returns: CreditNoteList.self
        ) { call, tx in
            let invoice = try issued(try call.id("invoice"), in: tx)
            return CreditNoteList(
                data: try InvoiceStore.creditNotes(of: invoice.id, in: tx).map(CreditNoteResource.init))
        }
        routes.add(
            Endpoint(
                method: "GET", path: "/v1/orgs/{org}/invoices/{invoice}/pdf", id: "getInvoicePDF",
                summary: "Read an invoice as PDF", tag: "billing", access: .member(.billingRead),
                output: .other(mediaType: "application/pdf", status: 200),
                work: .read { call, tx in try pdf(of: try issued(try call.id("invoice"), in: tx).id, in: tx) }))
        routes.act(
            "/v1/orgs/{org}/invoices/{invoice}/pay", "payInvoice", "Get what is needed to pay an invoice",
            tag: "billing", allow: .member(.billingManage), body: NoBody.self, returns: CheckoutResource.self,
            requiresIdempotencyKey: true,
            problems: ["invoice_not_open", "payment_provider_refused", "payment_provider_unavailable"]
        ) { call in
            try await checkout(try call.id("invoice"), of: try call.organization(), by: call.actor)
        }
    }

    func invoice(_ id: InvoiceID, in tx: any Transaction) throws -> Invoice {
        guard let invoice = try InvoiceStore.find(id, in: tx) else { throw Problem.notFound("invoice") }
        return invoice
    }

    /// An invoice that its customer may see: a draft is the seller's alone.
    func issued(_ id: InvoiceID, in tx: any Transaction) throws -> Invoice {
        let invoice = try invoice(id, in: tx)
        guard invoice.state != .draft else { throw Problem.notFound("invoice") }
        return invoice
    }

    func resource(_ invoice: Invoice, in tx: any Transaction) throws -> InvoiceResource {
        InvoiceResource(
            invoice, lines: try InvoiceStore.lines(of: invoice.id, in: tx),
            taxes: try InvoiceStore.taxes(of: invoice.id, in: tx))
    }
}
