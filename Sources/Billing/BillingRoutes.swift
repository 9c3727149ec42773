// The JSON operations of billing.
import Core
import Storage
import Web

/// Which plan to take.
struct NewSubscription: RequestBody {
    let plan: String
    let currency: Currency
    let interval: Interval
    let trial: Bool?

    static let rules: [String: Rule] = [
        "plan": .length(2...40),
        "trial": .note("Start the plan's trial instead of paying now; given once to an organisation."),
    ]
}

/// What stands on invoices beside the plan.
struct NewBillingDetails: RequestBody {
    let name: String
    let address: String
    let country: String
    let state: String
    let gstin: String

    static let rules: [String: Rule] = [
        "name": .length(1...100), "address": .length(0...300), "country": .length(2...2),
        "state": .oneOf([""] + GST.states.map(\.code)), "gstin": .length(0...15),
    ]
}

/// What a checkout brought.
struct NewConfirmation: RequestBody {
    let orderID: String
    let paymentID: String
    let signature: String

    enum CodingKeys: String, CodingKey {
        case orderID = "razorpay_order_id"
        case paymentID = "razorpay_payment_id"
        case signature = "razorpay_signature"
    }

    static let rules: [String: Rule] = [
        "razorpay_order_id": .length(1...40), "razorpay_payment_id": .length(1...40),
        "razorpay_signature": .length(64...64),
    ]
}

/// How much to give back.
struct NewRefund: RequestBody {
    let amount: Int64?
    let reason: String?

    static let rules: [String: Rule] = [
        "amount": .all([.range(100...Money.limit), .note("Minor units; all that is left unless given.")]),
        "reason": .length(1...300),
    ]
}

/// Refunds of one payment.
struct RefundList: Codable, Sendable {
    let data: [RefundResource]
}

extension Billing {
    func addSubscriptionRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/plans", "listPlans", "List the plans on sale", tag: "billing", allow: .anyone, returns: PlanList.self
        ) { _, tx in PlanList(data: try PlanStore.all(in: tx).map(PlanResource.init)) }
        routes.get(
            "/v1/orgs/{org}/subscription", "getSubscription", "Read the organisation's subscription", tag: "billing",
            allow: .member(.billingRead), returns: SubscriptionResource.self
        ) { _, tx in SubscriptionResource(try subscription(in: tx)) }
        routes.act(
            "/v1/orgs/{org}/subscription", "takePlan", "Take a plan: free, on trial, or against an invoice",
            tag: "billing", allow: .member(.billingManage), body: NewSubscription.self,
            returns: SubscriptionChange.self, requiresIdempotencyKey: true,
            problems: [
                "already_on_plan", "plan_in_force", "cancel_instead", "no_trial", "trial_used",
                "payment_provider_refused", "payment_provider_unavailable",
            ]
        ) { call in
            let body = call.body
            let choice = PlanChoice(
                plan: body.plan, currency: body.currency, interval: body.interval, wantsTrial: body.trial ?? false)
            return try await takeAndOrder(choice, of: try call.organization(), by: call.actor)
        }
        routes.post(
            "/v1/orgs/{org}/subscription/cancel", "cancelSubscription",
            "Cancel: a paid plan at the end of its period, anything else now", tag: "billing",
            allow: .member(.billingManage), body: NoBody.self, returns: SubscriptionResource.self,
            problems: ["nothing_to_cancel"]
        ) { _, tx in SubscriptionResource(try cancel(in: tx)) }
        addDetailsRoutes(to: &routes)
    }

    private func addDetailsRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/billing-details", "getBillingDetails", "Read what invoices say of the organisation",
            tag: "billing", allow: .member(.billingRead), returns: Party.self
        ) { _, tx in try billingDetails(in: tx) }
        routes.post(
            "/v1/orgs/{org}/billing-details", "setBillingDetails", "Set what the next invoices say", tag: "billing",
            allow: .member(.billingManage), body: NewBillingDetails.self, returns: Party.self
        ) { call, tx in try setDetails(call.body, in: tx) }
    }

    func billingDetails(in tx: any Transaction) throws -> Party {
        try SubscriptionStore.details(in: tx) ?? Party(name: try SubscriptionStore.organizationName(in: tx))
    }

    /// Sets what the next invoices say; those that are finalised keep what they have.
    func setDetails(_ new: NewBillingDetails, in tx: any Transaction) throws -> Party {
        var validation = Validation()
        validation.require(
            Currency(new.country + "X") != nil, "/country", "format", "Write the two capital letters of the country.")
        validation.require(
            new.gstin.isEmpty || new.gstin.utf8.count == 15 && new.gstin.utf8.allSatisfy(RazorpayWire.isAlphanumeric),
            "/gstin", "format", "A GSTIN has 15 letters and digits.")
        validation.require(
            new.gstin.isEmpty || new.gstin.hasPrefix(new.state), "/gstin", "state",
            "A GSTIN begins with the code of its state.")
        try validation.check()
        let party = Party(
            name: new.name, address: new.address, country: new.country, state: new.state, gstin: new.gstin)
        try SubscriptionStore.save(party, in: tx)
        try Self.note("billing_details.changed", "organization", try tx.organization(), in: tx)
        return party
    }

    /// Takes a plan, and makes the order if there is something to pay.
    func takeAndOrder(
        _ choice: PlanChoice, of organization: OrganizationID, by actor: Actor
    ) async throws -> SubscriptionChange {
        let (subscription, invoice) = try await database.write(in: .organization(organization), by: actor) { tx in
            let invoice = try self.take(choice, in: tx)
            return (try self.subscription(in: tx), invoice)
        }
        var checkout: CheckoutResource?
        if let invoice { checkout = try await self.checkout(invoice.id, of: organization, by: actor) }
        return SubscriptionChange(subscription: SubscriptionResource(subscription), checkout: checkout)
    }

    /// What is needed to pay an invoice.
    func checkout(
        _ invoice: InvoiceID, of organization: OrganizationID, by actor: Actor
    ) async throws -> CheckoutResource {
        let order = try await order(for: invoice, of: organization, by: actor)
        return CheckoutResource(
            invoiceID: invoice, amount: order.amount, orderID: order.remoteID ?? "", keyID: provider.account,
            url: settings.publicURL + checkoutPath(order))
    }

    func addInvoiceRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/invoices", "listInvoices", "List invoices, newest first", tag: "billing",
            allow: .member(.billingRead), query: QueryParameter.paging, returns: Page<InvoiceResource>.self
        ) { call, tx in
            let rows = try InvoiceStore.page(before: call.page.after, limit: call.page.limit + 1, in: tx)
            return try call.page.page(rows, key: { $0.id.text }).map { try resource($0, in: tx) }
        }
        routes.get(
            "/v1/orgs/{org}/invoices/{invoice}", "getInvoice", "Read an invoice", tag: "billing",
            allow: .member(.billingRead), returns: InvoiceResource.self
        ) { call, tx in try resource(try invoice(try call.id("invoice"), in: tx), in: tx) }
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

    private func resource(_ invoice: Invoice, in tx: any Transaction) throws -> InvoiceResource {
        InvoiceResource(
            invoice, lines: try InvoiceStore.lines(of: invoice.id, in: tx),
            taxes: try InvoiceStore.taxes(of: invoice.id, in: tx))
    }
}
