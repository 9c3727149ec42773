// The JSON operations of disputes, payment links and settlements.
import Core
import Storage
import Web

/// A payment that a customer's bank takes back, or tries to.
struct DisputeResource: Codable, Sendable {
    let id: DisputeID
    let paymentID: PaymentID
    let providerID: String
    let state: DisputeState
    let phase: String
    let reason: String
    let amount: Money
    /// Whether the provider holds the money until it is decided.
    let isHeld: Bool
    let fee: Money?
    let respondBy: Timestamp?
    let createdAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, state, phase, reason, amount, fee
        case paymentID = "payment_id"
        case providerID = "provider_id"
        case isHeld = "is_held"
        case respondBy = "respond_by"
        case createdAt = "created_at"
    }

    init(_ it: Dispute) {
        id = it.id
        paymentID = it.payment
        providerID = it.remoteID
        state = it.state
        phase = it.phase
        reason = it.reason
        amount = it.amount
        isHeld = it.isHeld
        fee = it.fee.map { Money(stored: $0, it.amount.currency) }
        respondBy = it.respondBy
        createdAt = it.createdAt
    }
}

/// Where somebody without an account can pay an invoice.
struct PaymentLinkResource: Codable, Sendable {
    let invoiceID: InvoiceID
    let url: String
    let amount: Money

    enum CodingKeys: String, CodingKey {
        case url, amount
        case invoiceID = "invoice_id"
    }
}

/// Money that went from the provider to the bank, compared with what it consists of.
struct SettlementResource: Codable, Sendable {
    let provider: String
    let providerID: String
    let state: SettlementState
    let amount: Money
    let reference: String?
    let createdAt: Timestamp
    /// What the lines of the report add up to, and what of the amount they do not explain.
    let reported: Money
    let lines: Int64
    let difference: Money

    enum CodingKeys: String, CodingKey {
        case provider, state, amount, reference, reported, lines, difference
        case providerID = "provider_id"
        case createdAt = "created_at"
    }

    init(_ it: Settlement, net: Int64, lines: Int64) {
        provider = it.provider
        providerID = it.remoteID
        state = it.state
        amount = it.amount
        reference = it.reference
        createdAt = it.createdAt
        reported = Money(stored: net, it.amount.currency)
        self.lines = lines
        difference = Money(stored: it.amount.amount - net, it.amount.currency)
    }
}

/// Settlements of this instance, newest first.
struct SettlementList: Codable, Sendable {
    let data: [SettlementResource]
}

extension Billing {
    func addDisputeRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/disputes", "listDisputes", "List disputes, newest first", tag: "billing",
            allow: .member(.billingRead), query: QueryParameter.paging, returns: Page<DisputeResource>.self
        ) { call, tx in
            let rows = try DisputeStore.page(before: call.page.after, limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { $0.id.text }).map(DisputeResource.init)
        }
        routes.get(
            "/v1/orgs/{org}/disputes/{dispute}", "getDispute", "Read a dispute", tag: "billing",
            allow: .member(.billingRead), returns: DisputeResource.self
        ) { call, tx in DisputeResource(try dispute(try call.id("dispute"), in: tx)) }
        routes.act(
            "/v1/orgs/{org}/invoices/{invoice}/payment-link", "createPaymentLink",
            "Get a link by which anybody can pay an invoice", tag: "billing", allow: .member(.billingManage),
            body: NoBody.self, returns: PaymentLinkResource.self, requiresIdempotencyKey: true,
            problems: [
                "invoice_not_open", "no_payment_links", "payment_provider_refused", "payment_provider_unavailable",
            ]
        ) { call in
            let order = try await link(for: try call.id("invoice"), of: try call.organization(), by: call.actor)
            return PaymentLinkResource(invoiceID: order.invoice, url: order.url ?? "", amount: order.amount)
        }
        routes.get(
            "/v1/settlements", "listSettlements", "List settlements of the instance, newest first", tag: "billing",
            allow: .operators, returns: SettlementList.self
        ) { _, tx in
            SettlementList(
                data: try SettlementStore.newest(limit: 100, in: tx).map { it in
                    let total = try SettlementStore.total(of: it, in: tx)
                    return SettlementResource(it, net: total.net, lines: total.count)
                })
        }
    }

    func dispute(_ id: DisputeID, in tx: any Transaction) throws -> Dispute {
        guard let dispute = try DisputeStore.find(id, in: tx) else { throw Problem.notFound("dispute") }
        return dispute
    }
}
