// The JSON operations of a subscription.
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
                plan: body.plan, currency: body.currency, interval: body.interval, wantsTrial: body.trial ?? false)
            return try await takeAndOrder(choice, of: try call.organization(), by: call.actor)
        }
        routes.post(
            "/v1/orgs/{org}/subscription/cancel", "cancelSubscription",
            "Cancel: a paid plan at the end of its period, anything else now", tag: "billing",
            allow: .member(.billingManage), body: NoBody.self, returns: SubscriptionResource.self,
            problems: ["nothing_to_cancel"]
        ) { _, tx in SubscriptionResource(try cancel(in: tx)) }
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
