// Changing what was bought: the preview, the invoice, the revenue and the balance agree to the paisa.
import Core
import Storage
import Testing

@testable import Billing

/// A shop whose customer changes its plan.
extension Shop {
    /// Changes the plan as an admin does; returns the invoice, if one was made.
    @discardableResult
    func change(_ wish: PlanWish) async throws -> Invoice? {
        let billing = billing
        return try await write { try billing.change(wish, in: $0) }
    }

    func preview(_ wish: PlanWish) async throws -> ChangePreview {
        let billing = billing
        return try await write { try billing.preview(wish, in: $0) }
    }

    /// Makes prices by the seat and by the tier, beside the plans that are there.
    func sellSeats() async throws {
        _ = try await writeInstance { tx in
            for (code, amount) in [("team", Int64(33_333)), ("crew", 77_777)] {
                try tx.run(
                    """
                    INSERT INTO plans (code, name, summary, trial_days, position) VALUES (\(code), \(code), '', 14, 9)
                    """)
                try tx.run(
                    """
                    INSERT INTO plan_versions (plan_code, version, features, created_at)
                    VALUES (\(code), 1, '[]', \(tx.now))
                    """)
                for interval in Interval.allCases {
                    let price = try Price(
                        id: PriceID(at: tx.now), plan: code, version: 1, interval: interval,
                        terms: PriceTerms(.perUnit, .inr, amount: amount * Int64(interval.months)), createdAt: tx.now)
                    try PriceStore.insert(price, in: tx)
                }
            }
            return true
        }
    }

    /// Takes a number of seats and pays.
    func takeSeats(_ quantity: Int64, of plan: String = "team") async throws {
        let billing = billing
        let choice = PlanChoice(
            plan: plan, currency: .inr, interval: .month, wantsTrial: false, quantity: quantity)
        guard let invoice = try await write({ try billing.take(choice, in: $0) }) else { throw Missing() }
        try await pay(invoice)
    }

    /// Pays what is left of an invoice.
    func pay(_ invoice: Invoice) async throws {
        guard invoice.state == .open else { return }
        let order = try await billing.order(for: invoice.id, of: organization, by: Self.owner)
        let id = "pay_\(invoice.id.text.suffix(14))"
        let fact = payment(id, order, .captured)
        scripted.put(fact)
        try await apply(.payment(fact))
    }

    func payWhatIsOpen() async throws {
        let open = try read { try InvoiceStore.page(before: nil, limit: 100, in: $0) }.filter { $0.state == .open }
        for invoice in open { try await pay(invoice) }
    }

    func revenue() throws -> [RevenueSchedule] { try read { try RevenueStore.newest(limit: 1000, in: $0) } }

    /// Recognised, deferred and released are what was invoiced, and the books say the same.
    func checkRevenue() throws {
        let schedules = try revenue()
        for it in schedules where it.amount.amount > 0 {
            #expect(it.recognised >= 0 && it.released >= 0 && it.deferred >= 0, "\(it)")
        }
        let balances = try balances()
        #expect(balances["2000", default: 0] == -schedules.reduce(0) { $0 + $1.deferred })
        #expect(balances["4000", default: 0] == -schedules.reduce(0) { $0 + $1.recognised })
    }
}

@Suite struct ChangeTests {
    @Test func `an upgrade on day 11 of 30 costs two thirds of the difference`() async throws {
        let shop = try await Shop()
        try await shop.sellSeats()
        try await shop.takeSeats(3)  // ₹999.99, from 23 November for 30 days
        shop.clock.advance(by: .days(10))
        let wish = PlanWish(quantity: 9)  // ₹2,999.97
        let preview = try await shop.preview(wish)
        #expect(preview.lines.map(\.amount.amount) == [-66_666, 199_998])
        let made = try await shop.change(wish)
        let invoice = try #require(made)
        #expect(invoice.total == preview.total)
        #expect(invoice.subtotal.amount == 133_332)
        #expect(try shop.subscription().quantity == 9)
        try shop.checkRevenue()
        #expect(try shop.balances()["4000"] == -33_333)
    }

    @Test func `a downgrade comes with the next period unless it is to come now, and can be withdrawn`() async throws {
        let shop = try await Shop()
        try await shop.sellSeats()
        try await shop.takeSeats(9)
        #expect(try await shop.change(PlanWish(quantity: 2)) == nil)
        #expect(try shop.subscription().quantity == 9)
        #expect(try shop.subscription().schedule.nextQuantity == 2)
        #expect(try await shop.change(PlanWish(quantity: 9)) == nil)
        #expect(try shop.subscription().schedule.nextQuantity == nil)
        #expect(try await shop.change(PlanWish(quantity: 2)) == nil)
        shop.clock.advance(by: .days(31))
        try await shop.billing.turnAll(by: Shop.owner)
        #expect(try shop.subscription().quantity == 2)
        let open = try #require(try shop.subscription().openInvoice)
        #expect(try shop.invoice(open).subtotal.amount == 66_666)
    }

    @Test func `case 26: a credit larger than the next invoices is carried until it is used up`() async throws {
        let shop = try await Shop()
        try await shop.sellSeats()
        try await shop.takeSeats(100, of: "crew")
        shop.clock.advance(by: .days(1))
        let made = try await shop.change(PlanWish(plan: "team", quantity: 1, when: .now))
        let invoice = try #require(made)
        #expect(invoice.state == .paid && invoice.amountDue.amount == 0)
        let creations = shop.scripted.creations
        for _ in 0..<3 {
            shop.clock.advance(by: .days(31))
            try await shop.billing.turnAll(by: Shop.owner)
            #expect(try shop.subscription().state == .active)
        }
        #expect(shop.scripted.creations == creations, "a paid invoice needs no order")
        try await shop.billing.recogniseAll(by: Shop.owner)
        try shop.checkRevenue()
        #expect(try shop.balances()["2200", default: 0] < 0)
    }

    @Test func `what a preview says is what the change invoices, over random changes`() async throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<6 {
            let shop = try await Shop()
            try await shop.sellSeats()
            try await shop.takeSeats(Int64.random(in: 1...20, using: &random))
            for _ in 0..<8 {
                shop.clock.advance(by: .hours(Int64.random(in: 0...200, using: &random)))
                try await shop.billing.turnAll(by: Shop.owner)
                try await shop.payWhatIsOpen()
                let wish = PlanWish(
                    plan: ["team", "crew"].randomElement(using: &random),
                    interval: Interval.allCases.randomElement(using: &random),
                    quantity: Int64.random(in: 1...20, using: &random), when: .now)
                let preview: ChangePreview
                do { preview = try await shop.preview(wish) } catch BillingProblem.nothingToChange { continue }
                let made = try await shop.change(wish)
                let invoice = try #require(made)
                #expect(invoice.total == preview.total && invoice.tax == preview.tax)
                #expect(invoice.amountDue == preview.due)
                let lines = try shop.read { try InvoiceStore.lines(of: invoice.id, in: $0) }
                #expect(lines.map(\.taxable) == preview.lines.map(\.amount))
                try await shop.payWhatIsOpen()
                try await shop.billing.recogniseAll(by: Shop.owner)
                try shop.checkRevenue()
            }
        }
    }

    @Test func `a change is refused when it has become another one than the preview`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        try await shop.sellSeats()
        try await shop.takeSeats(3)
        let wish = PlanWish(quantity: 9)
        let preview = try await shop.preview(wish)
        shop.clock.advance(by: .days(2))
        await #expect(throws: BillingProblem.previewOutdated) {
            try await shop.write { try billing.change(wish, expecting: preview.total.amount, in: $0) }
        }
        #expect(try shop.subscription().quantity == 3)
    }

    @Test
    func `case 39: upgrade, downgrade, quantity and cancel in one second have one order and sum exactly`() async throws
    {
        let shop = try await Shop()
        let billing = shop.billing
        try await shop.sellSeats()
        try await shop.takeSeats(3)
        shop.clock.advance(by: .days(7))
        let wishes = [
            PlanWish(plan: "crew", quantity: 5, when: .now), PlanWish(plan: "team", quantity: 7, when: .now),
            PlanWish(quantity: 11, when: .now), PlanWish(plan: "crew", quantity: 2, when: .now),
        ]
        await withTaskGroup(of: Void.self) { group in
            for wish in wishes {
                group.addTask { _ = try? await shop.change(wish) }
            }
            group.addTask { _ = try? await shop.write { try billing.cancel(in: $0) } }
        }
        let subscription = try shop.subscription()
        #expect(subscription.state == .active && subscription.cancelsAt == subscription.periodEnd)
        // Whatever the order was: seven days of the first, the other 23 of what is had now.
        let amount: Int64 = (subscription.plan == "team" ? 33_333 : 77_777) * subscription.quantity
        let expected = Proration.cumulative(99_999, 7, of: 30) + amount - Proration.cumulative(amount, 7, of: 30)
        let invoices = try shop.read { try InvoiceStore.page(before: nil, limit: 100, in: $0) }
        #expect(invoices.reduce(0) { $0 + $1.subtotal.amount } == expected)
        try shop.checkRevenue()
    }

    @Test func `pausing and cancelling can be taken back before they come, and a paused plan begins anew`() async throws
    {
        let shop = try await Shop()
        let billing = shop.billing
        try await shop.sellSeats()
        try await shop.takeSeats(3)
        _ = try await shop.write { try billing.cancel(in: $0) }
        _ = try await shop.write { try billing.resume(in: $0).1 }
        #expect(try shop.subscription().cancelsAt == nil)
        _ = try await shop.write { try billing.pause(in: $0) }
        shop.clock.advance(by: .days(40))
        try await billing.turnAll(by: Shop.owner)
        #expect(try shop.subscription().state == .paused)
        #expect(try shop.subscription().planInForce == "free")
        #expect(try shop.entries("invoice") == 1)
        let resumed = try await shop.write { try billing.resume(in: $0).1 }
        try await shop.pay(try #require(resumed))
        let again = try shop.subscription()
        #expect(again.state == .active && again.plan == "team" && again.quantity == 3)
        await #expect(throws: BillingProblem.nothingToResume) { try await shop.write { try billing.resume(in: $0).1 } }
    }

    @Test func `ending now gives back what was not used, to the paisa`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        try await shop.sellSeats()
        try await shop.takeSeats(3)
        shop.clock.advance(by: .days(10))
        let ended = try await shop.write { try billing.cancel(isImmediate: true, givesCredit: true, in: $0) }
        #expect(ended.state == .cancelled)
        let balances = try shop.balances()
        #expect(balances["4000"] == -33_333)
        #expect(balances["2000", default: 0] == 0)
        #expect(balances["2200"] == -(66_666 + 12_000))
        try await shop.takeSeats(2)
        #expect(try shop.subscription().state == .active, "the period that was given back can be sold again")
    }
}
