// The JSON operations by which whoever sells writes invoices: drafts, finalising, voiding, writing off, crediting.
import Core
import Storage
import Web

/// One line to put on an invoice.
struct NewInvoiceLine: Codable, Sendable {
    let description: String
    let quantity: Int64?
    let unitAmount: Int64
    let code: String?
    let taxCategory: String?
    let periodStart: Timestamp?
    let periodEnd: Timestamp?

    enum CodingKeys: String, CodingKey {
        case description, quantity, code
        case unitAmount = "unit_amount"
        case taxCategory = "tax_category"
        case periodStart = "period_start"
        case periodEnd = "period_end"
    }

    /// The line of a draft; nil when the amount is more than money can be, or the period has no length.
    var line: DraftLine? {
        var period: Range<Timestamp>?
        if let start = periodStart, let end = periodEnd {
            guard start < end else { return nil }
            period = start..<end
        }
        var line = DraftLine(description, quantity: quantity ?? 1, at: unitAmount, period: period)
        if let code { line?.code = code }
        if let taxCategory { line?.taxCategory = taxCategory }
        return line
    }
}

/// What a draft is to hold.
struct NewInvoice: RequestBody {
    let currency: Currency
    let lines: [NewInvoiceLine]
    let memo: String?

    static let rules: [String: Rule] = [
        "lines": .note("1 to 500 lines; unit_amount in minor units without tax, negative for a credit."),
        "memo": .length(0...1000),
    ]

    /// Refuses lines that no money can be.
    func draft() throws -> InvoiceDraft {
        var draft = InvoiceDraft(currency)
        draft.memo = memo ?? ""
        for (index, new) in lines.enumerated() {
            guard let line = new.line else {
                throw Problem.invalid([
                    FieldProblem(
                        "/lines/\(index)/unit_amount", "range",
                        "Quantity times price is more than \(Money.limit), or the period ends before it starts.")
                ])
            }
            draft.lines.append(line)
        }
        return draft
    }
}

/// What to take back of an invoice.
struct NewCreditNote: RequestBody {
    let amount: Int64?
    let reason: String
    let destination: CreditDestination?

    static let rules: [String: Rule] = [
        "amount": .all([.range(1...Money.limit), .note("Minor units with tax; all that is left unless given.")]),
        "reason": .length(1...300),
        "destination": .note("For a paid invoice: the customer's balance unless given, or a refund."),
    ]
}

/// A credit note as JSON.
struct CreditNoteResource: Codable, Sendable {
    let id: CreditNoteID
    let number: String
    let invoiceID: InvoiceID
    let subtotal: Money
    let tax: Money
    let total: Money
    let toInvoice: Int64
    let toBalance: Int64
    let toRefund: Int64
    let reason: String
    let issuedAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, number, subtotal, tax, total, reason
        case invoiceID = "invoice_id"
        case toInvoice = "to_invoice"
        case toBalance = "to_balance"
        case toRefund = "to_refund"
        case issuedAt = "issued_at"
    }

    init(_ it: CreditNote) {
        id = it.id
        number = it.number
        invoiceID = it.invoice
        subtotal = it.subtotal
        tax = it.tax
        total = it.total
        toInvoice = it.toInvoice
        toBalance = it.toBalance
        toRefund = it.toRefund
        reason = it.reason
        issuedAt = it.issuedAt
    }
}

/// The credit notes of one invoice.
struct CreditNoteList: Codable, Sendable { let data: [CreditNoteResource] }

extension Billing {
    private static let invoices = "/v1/operator/orgs/{organization}/invoices"

    func addOperatorInvoiceRoutes(to routes: inout Routes) {
        routes.post(
            Self.invoices, "createInvoice", "Draft an invoice for an organisation", tag: "billing", allow: .operators,
            body: NewInvoice.self, returns: InvoiceResource.self, status: 201
        ) { call, tx in
            let draft = try call.body.draft()
            return try inCustomer(call, tx) { tx in
                let invoice = try save(draft, in: tx)
                try Self.note("invoice.drafted", "invoice", invoice.id, invoice.facts, in: tx)
                return try resource(invoice, in: tx)
            }
        }
        routes.patch(
            "\(Self.invoices)/{invoice}", "updateInvoice", "Write a draft anew", tag: "billing", allow: .operators,
            body: NewInvoice.self, returns: InvoiceResource.self, problems: ["invoice_not_a_draft"]
        ) { call, tx in
            let draft = try call.body.draft()
            return try inCustomer(call, tx) { tx in
                let old = try self.draft(try call.id("invoice"), in: tx)
                guard old.total.currency == draft.currency else {
                    throw Problem.invalid([FieldProblem("/currency", "fixed", "A draft keeps its currency.")])
                }
                let invoice = try save(draft, as: old.id, in: tx)
                try Self.note("invoice.changed", "invoice", invoice.id, invoice.facts, in: tx)
                return try resource(invoice, in: tx)
            }
        }
        routes.delete(
            "\(Self.invoices)/{invoice}", "deleteInvoice", "Delete a draft", tag: "billing", allow: .operators,
            problems: ["invoice_not_a_draft"]
        ) { call, tx in
            try inCustomer(call, tx) { tx in
                let draft = try self.draft(try call.id("invoice"), in: tx)
                _ = try InvoiceStore.delete(draft.id, in: tx)
                try Self.note("invoice.deleted", "invoice", draft.id, draft.facts, in: tx)
            }
        }
        addInvoiceActs(to: &routes)
        addCreditNoteRoutes(to: &routes)
        addAllocationRoute(to: &routes)
    }

    private func addInvoiceActs(to routes: inout Routes) {
        routes.post(
            "\(Self.invoices)/{invoice}/finalise", "finaliseInvoice",
            "Finalise a draft: it gets its number, is booked and mailed", tag: "billing", allow: .operators,
            body: NoBody.self, returns: InvoiceResource.self, problems: ["invoice_not_a_draft"]
        ) { call, tx in
            try inCustomer(call, tx) { tx in
                let draft = try self.draft(try call.id("invoice"), in: tx)
                return try resource(try finalise(draft, terms: Self.termsOfPayment, in: tx), in: tx)
            }
        }
        routes.post(
            "\(Self.invoices)/{invoice}/void", "voidInvoice", "Void an open invoice", tag: "billing",
            allow: .operators, body: NoBody.self, returns: InvoiceResource.self, problems: ["invoice_not_open"]
        ) { call, tx in try end(call, tx) { try void($0, in: $1) } }
        routes.post(
            "\(Self.invoices)/{invoice}/write-off", "writeOffInvoice", "Write off an open invoice that nobody will pay",
            tag: "billing", allow: .operators, body: NoBody.self, returns: InvoiceResource.self,
            problems: ["invoice_not_open"]
        ) { call, tx in try end(call, tx) { try writeOff($0, in: $1) } }
        routes.post(
            "\(Self.invoices)/{invoice}/send", "sendInvoice", "Mail an open invoice with its link once more",
            tag: "billing", allow: .operators, body: NoBody.self, returns: InvoiceResource.self,
            problems: ["invoice_not_open"]
        ) { call, tx in
            try end(call, tx) { id, tx in
                let invoice = try self.invoice(id, in: tx)
                try mail(.invoice(invoice), in: tx)
                try Self.note("invoice.sent", "invoice", id, invoice.facts, in: tx)
            }
        }
    }

    private func addCreditNoteRoutes(to routes: inout Routes) {
        routes.act(
            "\(Self.invoices)/{invoice}/credit-notes", "createCreditNote",
            "Credit an invoice: less to pay, onto the balance, or a refund", tag: "billing", allow: .operators,
            body: NewCreditNote.self, returns: CreditNoteResource.self, status: 201, requiresIdempotencyKey: true,
            problems: ["invoice_not_creditable", "credit_too_large", "nothing_to_refund"]
        ) { call in
            let wish = CreditWish(
                invoice: try call.id("invoice"), amount: call.body.amount, reason: call.body.reason,
                destination: call.body.destination ?? .balance)
            return CreditNoteResource(
                try await creditAndRefund(wish, of: try call.id("organization"), by: call.actor))
        }
    }

    func addAllocationRoute(to routes: inout Routes) {
        routes.post(
            "/v1/operator/orgs/{organization}/payments/{payment}/allocate", "allocatePayment",
            "Make a payment that paid nothing the customer's credit", tag: "billing", allow: .operators,
            body: NoBody.self, returns: PaymentResource.self, requiresIdempotencyKey: true,
            problems: ["payment_not_unapplied"]
        ) { call, tx in
            try inCustomer(call, tx) { PaymentResource(try allocate(try call.id("payment"), in: $0)) }
        }
    }

    /// Ends an open invoice in the scope of its customer.
    private func end(
        _ call: Call<NoBody>, _ tx: any Transaction, _ act: (InvoiceID, any Transaction) throws -> Void
    ) throws -> InvoiceResource {
        try inCustomer(call, tx) { tx in
            let id: InvoiceID = try call.id("invoice")
            guard try invoice(id, in: tx).state == .open else { throw BillingProblem.notPayable }
            try act(id, tx)
            return try resource(try invoice(id, in: tx), in: tx)
        }
    }

    private func draft(_ id: InvoiceID, in tx: any Transaction) throws -> Invoice {
        let invoice = try invoice(id, in: tx)
        guard invoice.state == .draft else { throw BillingProblem.notADraft }
        return invoice
    }

    /// Goes on in the scope of the organisation that the path names. Throws 404 when there is none.
    private func inCustomer<Body, Value>(
        _ call: Call<Body>, _ tx: any Transaction, _ body: (any Transaction) throws -> Value
    ) throws -> Value {
        let id: OrganizationID = try call.id("organization")
        guard try InvoiceStore.isCustomer(id, in: tx) else { throw Problem.notFound("organization") }
        return try tx.scoped(to: .organization(id), body)
    }
}
