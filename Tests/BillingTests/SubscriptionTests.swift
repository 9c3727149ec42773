// How a subscription may move, and when periods end.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct SubscriptionTests {
    @Test func `nobody who took nothing is on a paid plan`() async throws {
        let shop = try await Shop()
        #expect(try shop.subscription().plan == "free")
        #expect(try !shop.subscription().isPaid)
    }

    @Test func `taking a plan waits for the money`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        #expect(try shop.subscription().plan == "free")
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        let subscription = try shop.subscription()
        #expect(subscription.plan == "pro")
        #expect(subscription.state == .active)
        #expect(subscription.periodEnd == invoice.periodEnd)
        #expect(try shop.invoice(invoice.id).state == .paid)
    }

    @Test func `asking twice gives one invoice, asking for another voids the first`() async throws {
        let shop = try await Shop()
        let (first, _) = try await shop.takePro()
        let (second, _) = try await shop.takePro()
        #expect(first.id == second.id)
        let (third, _) = try await shop.takePro(.usd)
        #expect(try shop.invoice(first.id).state == .void)
        #expect(try shop.invoice(third.id).state == .open)
        #expect(try shop.balances()["1100"] == third.total.amount)
    }

    @Test func `a plan that is in force is not taken again, and not changed for another`() async throws {
        let shop = try await Shop()
        _ = try await shop.paidPro()
        await #expect(throws: BillingProblem.alreadyOnPlan) { try await shop.takePro() }
        let billing = shop.billing
        for (plan, problem) in [("enterprise", "plan_in_force"), ("free", "cancel_instead")] {
            let choice = PlanChoice(plan: plan, currency: .inr, interval: .month, wantsTrial: false)
            await #expect { _ = try await shop.write { try billing.take(choice, in: $0) } } throws: { error in
                (error as? BillingProblem)?.problem.code == problem
            }
        }
    }

    @Test func `a trial is given once and ends with an invoice`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let trial = PlanChoice(plan: "pro", currency: .inr, interval: .month, wantsTrial: true)
        #expect(try await shop.write { try billing.take(trial, in: $0) } == nil)
        #expect(try shop.subscription().state == .trialing)
        shop.clock.advance(by: .days(13))
        try await billing.turnAll(by: Shop.owner)
        #expect(try shop.subscription().state == .trialing)
        shop.clock.advance(by: .days(1))
        try await billing.turnAll(by: Shop.owner)
        try await billing.turnAll(by: Shop.owner)
        let subscription = try shop.subscription()
        #expect(subscription.state == .pastDue)
        #expect(try shop.entries("invoice") == 1)
        #expect(throws: BillingProblem.trialUsed) {
            var again = subscription
            try again.cancel(at: shop.clock.clock.now)
            let plans = try shop.read { try PlanStore.all(in: $0) }
            guard let pro = plans.first(where: { $0.code == "pro" }), let price = pro.prices.first else { return }
            try again.startTrial(pro, price, at: shop.clock.clock.now)
        }
        guard let open = subscription.openInvoice else { throw Shop.Missing() }
        let order = try await billing.order(for: open, of: shop.organization, by: Shop.owner)
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        #expect(try shop.subscription().state == .active)
    }

    @Test func `what is paid for stays until its end when it is cancelled`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        _ = try await shop.paidPro()
        let cancelled = try await shop.write { try billing.cancel(in: $0) }
        #expect(cancelled.state == .active)
        #expect(cancelled.cancelsAt == cancelled.periodEnd)
        await #expect(throws: BillingProblem.nothingToCancel) { try await shop.write { try billing.cancel(in: $0) } }
        shop.clock.advance(by: .days(40))
        try await billing.turnAll(by: Shop.owner)
        #expect(try shop.subscription().state == .cancelled)
        #expect(try shop.subscription().planInForce == "free")
        #expect(try shop.entries("invoice") == 1)
    }

    @Test func `a machine that slept for months bills the next period once`() async throws {
        let shop = try await Shop()
        let (first, _) = try await shop.paidPro()
        shop.clock.advance(by: .days(100))
        try await shop.billing.turnAll(by: Shop.owner)
        try await shop.billing.turnAll(by: Shop.owner)
        let subscription = try shop.subscription()
        #expect(subscription.state == .pastDue)
        guard let open = subscription.openInvoice else { throw Shop.Missing() }
        #expect(try shop.invoice(open).periodStart == first.periodEnd)
        #expect(try shop.entries("invoice") == 2)
    }

    @Test func `a plan that nobody paid for is given up after the due date`() async throws {
        let shop = try await Shop()
        let (invoice, _) = try await shop.takePro()
        shop.clock.advance(by: .days(8))
        try await shop.billing.remindAll(by: Shop.owner)
        #expect(try shop.invoice(invoice.id).state == .void)
        #expect(try shop.subscription().openInvoice == nil)
        #expect(try shop.balances().isEmpty)
    }

    @Test func `no state is left for one that may not follow`() {
        for state in SubscriptionState.allCases { #expect(!state.next.isEmpty) }
        #expect(!SubscriptionState.cancelled.next.contains(.pastDue))
        #expect(!SubscriptionState.pastDue.next.contains(.trialing))
    }

    @Test func `periods that begin on the 31st come back to it`() {
        let days = ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]
        var instant = Timestamp("2027-01-31T10:00:00Z") ?? Shop.start
        for day in days {
            #expect("\(CivilDate(instant))" == day)
            instant = instant.adding(.month, anchor: 31)
        }
        let leap = Timestamp("2028-02-29T00:00:00Z") ?? Shop.start
        #expect("\(CivilDate(leap.adding(.year)))" == "2029-02-28")
        #expect("\(CivilDate(leap.adding(.year).adding(.year, anchor: 29)))" == "2030-02-28")
        let december = Timestamp("2026-12-31T23:59:59.999Z") ?? Shop.start
        #expect(december.adding(.month).description == "2027-01-31T23:59:59.999Z")
    }
}
