// Prices stay what they were when they were bought, whatever happens to the catalogue.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct PriceTests {
    @Test func `the price that was bought is pinned, and renews after it and its plan went off sale`() async throws {
        let shop = try await Shop()
        let (first, _) = try await shop.paidPro()
        let bought = try #require(try shop.subscription().price)
        try await shop.writeInstance { tx in
            #expect(try PriceStore.retire(bought, in: tx))
            #expect(try !PriceStore.retire(bought, in: tx))
            let dearer = try Price(
                id: PriceID(at: tx.now), plan: "pro", version: 1, interval: .month,
                terms: PriceTerms(.flat, .inr, amount: 999_900), createdAt: tx.now)
            try PriceStore.insert(dearer, in: tx)
            try tx.run("UPDATE plans SET retired_at = \(tx.now) WHERE code = 'pro'")
        }
        shop.clock.advance(by: .days(31))
        try await shop.billing.turnAll(by: Shop.owner)
        let open = try #require(try shop.subscription().openInvoice)
        #expect(try shop.invoice(open).subtotal == first.subtotal)
        #expect(try shop.subscription().price == bought)
    }

    @Test func `nothing of a price changes, and none is deleted`() async throws {
        let shop = try await Shop()
        for change: SQL in [
            "UPDATE prices SET amount = 1 WHERE plan_code = 'pro'", "UPDATE prices SET currency = 'EUR'",
            "DELETE FROM prices", "UPDATE plan_versions SET features = '[]'", "DELETE FROM plan_versions",
        ] {
            await #expect(throws: StorageError.self) { _ = try await shop.writeInstance { try $0.run(change) } }
        }
    }

    @Test func `there is one price on sale for a currency, an interval and a meter`() async throws {
        let shop = try await Shop()
        await #expect(throws: StorageError.self) {
            try await shop.writeInstance { tx in
                let second = try Price(
                    id: PriceID(at: tx.now), plan: "pro", version: 1, interval: .month,
                    terms: PriceTerms(.flat, .inr, amount: 1), createdAt: tx.now)
                try PriceStore.insert(second, in: tx)
            }
        }
    }

    @Test func `what is not sold any more is not taken`() async throws {
        let shop = try await Shop()
        _ = try await shop.writeInstance { try $0.run("UPDATE plans SET retired_at = 1 WHERE code = 'pro'") }
        await #expect(throws: BillingProblem.notSold) { try await shop.takePro() }
    }

    @Test func `an invoice shows which seats cost what, and its lines add up to the price`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let steps = [PriceTier(upTo: 10, unitAmount: 10_000), PriceTier(upTo: nil, unitAmount: 8_000)]
        let invoice = try await shop.write { tx in
            guard let plan = try PlanStore.find("pro", in: tx) else { throw Shop.Missing() }
            let price = try Price(
                id: PriceID(at: tx.now), plan: "pro", version: 1, interval: .quarter,
                terms: PriceTerms(.graduated, .inr, tiers: steps), createdAt: tx.now)
            return try billing.finalise(plan, price, quantity: 12, from: tx.now, in: tx)
        }
        #expect(invoice.subtotal.amount == 116_000)
        let lines = try shop.read { try InvoiceStore.lines(of: invoice.id, in: $0) }
        #expect(
            lines.map(\.description) == [
                "Pro, quarterly: Seats 1 to 10, ₹100.00 each", "Pro, quarterly: Seats 11 to 12, ₹80.00 each",
            ])
        #expect(lines.map(\.amount.amount) == [100_000, 16_000])
    }

    @Test func `a price is read as it was written, tiers included`() async throws {
        let shop = try await Shop()
        let steps = [PriceTier(upTo: 5, unitAmount: 1, flatAmount: 2), PriceTier(upTo: nil, unitAmount: 0)]
        let terms = PriceTerms(.volume, Currency(stored: "KWD"), per: 10, unit: "call", tiers: steps)
        let price = try Price(
            id: PriceID(at: Shop.start), plan: "pro", version: 1, interval: .quarter, terms: terms,
            createdAt: Shop.start)
        try await shop.writeInstance { try PriceStore.insert(price, in: $0) }
        #expect(try shop.read { try PriceStore.find(price.id, in: $0) } == price)
        #expect(try shop.read { try PlanStore.find("pro", in: $0) }?.prices.contains(price) == true)
    }

    @Test func `a quarter is three months, and keeps its day`() throws {
        let start = try #require(Timestamp("2026-11-30T10:00:00Z"))
        #expect(start.adding(.quarter).description == "2027-02-28T10:00:00.000Z")
        #expect(start.adding(.quarter).adding(.quarter, anchor: 30).description == "2027-05-30T10:00:00.000Z")
    }
}
