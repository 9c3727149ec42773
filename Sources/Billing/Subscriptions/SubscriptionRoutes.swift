// The JSON operations of a subscription.
import Core
import Storage
import Web

/// Which plan to take.
struct NewSubscription: RequestBody {
    let plan: String
    let currency: Currency
    let interval: Interval
    let quantity: Int64?
    let trial: Bool?

    static let rules: [String: Rule] = [
        "plan": .length(2...40), "quantity": .range(1...1_000_000),
        "trial": .note("Start the plan's trial instead of paying now; given once to an organisation."),
    ]
}

/// What to have instead; what is left out stays as it is.
struct NewPlanWish: RequestBody {
    let plan: String?
    let interval: Interval?
    let quantity: Int64?
    let when: ChangeTime?
    let expectedTotal: Int64?

    enum CodingKeys: String, CodingKey {
        case plan, interval, quantity, when
        case expectedTotal = "expected_total"
    }

    static let rules: [String: Rule] = [
        "plan": .length(2...40), "quantity": .range(1...1_000_000),
        "when": .note("Left out: now when it costs more by the month, at the end of the period when it costs less."),
        "expected_total": .note("The total that a preview named, in minor units; refused when it is another by now."),
    ]

    var wish: PlanWish { PlanWish(plan: plan, interval: interval, quantity: quantity, when: when) }
}

/// What becomes of the days that are paid for.
struct NewEnd: RequestBody {
    let credit: Bool

    static let rules: [String: Rule] = [
        "credit": .note("Put what was not used onto the organisation's balance, for its next invoices.")
    ]
}

/// Whose days count.
struct NewTimeZone: RequestBody {
    let timeZone: String

    enum CodingKeys: String, CodingKey { case timeZone = "time_zone" }

    static let rules: [String: Rule] = ["time_zone": .all([.length(3...40), .example("Asia/Kolkata")])]
}

extension Billing {
    func addSubscriptionRoutes(to routes: inout Routes) {
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
                plan: body.plan, currency: body.currency, interval: body.interval, wantsTrial: body.trial ?? false,
                quantity: body.quantity ?? 1)
            return try await takeAndOrder(choice, of: try call.organization(), by: call.actor)
        }
        addChangeRoutes(to: &routes)
        addEndRoutes(to: &routes)
        addDunningRoutes(to: &routes)
    }

    private static let changeProblems = [
        "no_plan", "invoice_unpaid", "subscription_ending", "nothing_to_change", "cancel_instead", "preview_outdated",
    ]

    private func addChangeRoutes(to routes: inout Routes) {
        routes.post(
            "/v1/orgs/{org}/subscription/preview", "previewChange",
            "See what a change of plan, interval or quantity would come to; nothing is changed", tag: "billing",
            allow: .member(.billingManage), body: NewPlanWish.self, returns: ChangePreview.self,
            problems: Self.changeProblems
        ) { call, tx in try preview(call.body.wish, in: tx) }
        routes.act(
            "/v1/orgs/{org}/subscription/change", "changePlan", "Change plan, interval or quantity", tag: "billing",
            allow: .member(.billingManage), body: NewPlanWish.self, returns: ChangeResult.self,
            requiresIdempotencyKey: true,
            problems: Self.changeProblems + ["payment_provider_refused", "payment_provider_unavailable"]
        ) { call in
            let body = call.body
            return try await ordering(of: try call.organization(), by: call.actor) { tx in
                try self.change(body.wish, expecting: body.expectedTotal, in: tx)
            }
        }
        routes.post(
            "/v1/orgs/{org}/subscription/time-zone", "setTimeZone", "Say in which time zone days and periods end",
            tag: "billing", allow: .member(.billingManage), body: NewTimeZone.self, returns: SubscriptionResource.self
        ) { call, tx in SubscriptionResource(try setZone(call.body.timeZone, in: tx)) }
    }

    private func addEndRoutes(to routes: inout Routes) {
        routes.post(
            "/v1/orgs/{org}/subscription/cancel", "cancelSubscription",
            "Cancel: a paid plan at the end of its period, anything else now", tag: "billing",
            allow: .member(.billingManage), body: NoBody.self, returns: SubscriptionResource.self,
            problems: ["nothing_to_cancel"]
        ) { _, tx in SubscriptionResource(try cancel(in: tx)) }
        routes.post(
            "/v1/orgs/{org}/subscription/end", "endSubscription", "End the plan now", tag: "billing",
            allow: .member(.billingManage), body: NewEnd.self, returns: SubscriptionResource.self,
            requiresIdempotencyKey: true, problems: ["nothing_to_cancel"]
        ) { call, tx in
            SubscriptionResource(try cancel(isImmediate: true, givesCredit: call.body.credit, in: tx))
        }
        routes.post(
            "/v1/orgs/{org}/subscription/pause", "pauseSubscription", "Pause at the end of what is paid for",
            tag: "billing", allow: .member(.billingManage), body: NoBody.self, returns: SubscriptionResource.self,
            problems: ["not_pausable"]
        ) { _, tx in SubscriptionResource(try pause(in: tx)) }
        routes.act(
            "/v1/orgs/{org}/subscription/resume", "resumeSubscription",
            "Take back a cancellation or a pause, or begin again after one", tag: "billing",
            allow: .member(.billingManage), body: NoBody.self, returns: ChangeResult.self, requiresIdempotencyKey: true,
            problems: ["nothing_to_resume", "payment_provider_refused", "payment_provider_unavailable"]
        ) { call in
            try await ordering(of: try call.organization(), by: call.actor) { tx in try self.resume(in: tx).1 }
        }
        routes.post(
            "/v1/operator/orgs/{organization}/subscription/unpark", "unparkSubscription",
            "Let billing of a subscription go on that was stopped because something was wrong", tag: "operator",
            allow: .operators, body: NoBody.self, returns: SubscriptionResource.self, problems: ["not_parked"]
        ) { call, tx in
            try tx.scoped(to: .organization(try call.id("organization"))) { tx in
                SubscriptionResource(try unpark(in: tx))
            }
        }
    }

    func preview(_ wish: PlanWish, in tx: any Transaction) throws -> ChangePreview {
        let planned = try work(wish, on: try subscription(in: tx), in: tx)
        let none = DraftTotal(subtotal: 0, tax: 0, total: 0, credit: 0, due: 0)
        return ChangePreview(planned, try planned.draft.map { try total(of: $0, in: tx) } ?? none)
    }

    /// Does something that may leave an invoice, and makes the order if there is something to pay.
    private func ordering(
        of organization: OrganizationID, by actor: Actor,
        _ work: @escaping @Sendable (any Transaction) throws -> Invoice?
    ) async throws -> ChangeResult {
        let (subscription, invoice) = try await database.write(in: .organization(organization), by: actor) { tx in
            let invoice = try work(tx)
            return (try self.subscription(in: tx), invoice)
        }
        var checkout: CheckoutResource?
        if let invoice, invoice.state == .open {
            checkout = try await self.checkout(invoice.id, of: organization, by: actor)
        }
        return ChangeResult(
            subscription: SubscriptionResource(subscription), invoiceID: invoice?.id, checkout: checkout)
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
        if let invoice, invoice.state == .open {
            checkout = try await self.checkout(invoice.id, of: organization, by: actor)
        }
        return SubscriptionChange(subscription: SubscriptionResource(subscription), checkout: checkout)
    }
}
