// The catalogue as a document: applying it, applying it again, and what is never altered by it.
import Core
import Storage
import Testing
import Web

@testable import Billing

@Suite struct CatalogueTests {
    private func apply(_ shop: Shop, _ document: CatalogueDocument, isDry: Bool = false) async throws -> [String] {
        try await shop.writeInstance { try Billing.apply(document, isDry: isDry, in: $0) }
    }

    private func current(_ shop: Shop) throws -> CatalogueDocument {
        try shop.readInstance { try CatalogueDocument.current(in: $0) }
    }

    private func pro(_ shop: Shop) throws -> PlanEntry {
        try #require(try current(shop).plans?.first { $0.code == "pro" })
    }

    @Test func `an exported catalogue changes nothing when it is applied`() async throws {
        let shop = try await Shop()
        let text = try shop.readInstance { try Billing.exportCatalogue(in: $0) }
        let changes = try await shop.writeInstance {
            try Billing.applyCatalogue(Array(text.utf8), isDry: false, in: $0)
        }
        #expect(changes == [])
        #expect(text.contains("\"members\": \"unlimited\""))
    }

    @Test func `a dry run says what the run then does, and writes nothing`() async throws {
        let shop = try await Shop()
        var plan = try pro(shop)
        plan.prices[0].amount = 111_100
        plan.trialDays = 30
        plan.entitlements = .object([.init("members", .integer(30)), .init("api_keys", .string("unlimited"))])
        let before = try current(shop)
        let would = try await apply(shop, CatalogueDocument(plans: [plan]), isDry: true)
        #expect(try current(shop) == before)
        #expect(try await apply(shop, CatalogueDocument(plans: [plan])) == would)
        #expect(would.contains("Plan pro: Members 25 members → 30 members"))
        #expect(would.contains("Plan pro: Calls a minute no longer"))
        #expect(would.contains("Plan pro: trial 14 → 30 days"))
        #expect(would.contains("Plan pro: version 2 is sold from now on; those who have another keep it"))
        #expect(try await apply(shop, CatalogueDocument(plans: [plan])) == [])
    }

    @Test func `another price takes the place of the old one in the same version, and the others keep their ids`()
        async throws
    {
        let shop = try await Shop()
        let old = try shop.read { try PlanStore.find("pro", in: $0) }
        var plan = try pro(shop)
        let index = try #require(plan.prices.firstIndex { $0.currency == .inr && $0.interval == .month })
        plan.prices[index].amount = 300_000
        #expect(
            try await apply(shop, CatalogueDocument(plans: [plan]))
                == ["Plan pro: price INR monthly: ₹2,499.00 → ₹3,000.00"])
        let new = try shop.read { try PlanStore.find("pro", in: $0) }
        #expect(new?.version == 1)
        #expect(new?.price(.inr, .month)?.amount.amount == 300_000)
        #expect(new?.price(.inr, .year) == old?.price(.inr, .year))
        let pinned = try #require(old?.price(.inr, .month))
        #expect(try shop.read { try PriceStore.find(pinned.id, in: $0) }?.amount.amount == 249_900)
    }

    @Test func `a price for usage belongs to a version: another one is a new version`() async throws {
        let shop = try await Shop()
        let meters = [MeterEntry(code: "calls", name: "API calls", aggregation: .count, unit: "call")]
        var plan = try pro(shop)
        plan.prices.append(
            PriceEntry(currency: .inr, interval: .month, model: .perUnit, amount: 5, per: 10, meter: "calls"))
        #expect(try await apply(shop, CatalogueDocument(meters: meters, plans: [plan])).count == 3)
        let sold = try #require(try shop.read { try PlanStore.find("pro", in: $0) })
        #expect(sold.version == 2)
        #expect(sold.prices.count == 5)
        #expect(sold.prices.first { $0.meter != nil }?.terms.words == "₹0.05 for 10 calls")
        #expect(try await apply(shop, CatalogueDocument(meters: meters, plans: [plan])) == [])
    }

    @Test func `a retired plan is not sold, renews for who has it, and can be sold again`() async throws {
        let shop = try await Shop()
        _ = try await shop.paidPro()
        var plan = try pro(shop)
        plan.isRetired = true
        #expect(try await apply(shop, CatalogueDocument(plans: [plan])).count == 1)
        #expect(try shop.read { try PlanStore.all(in: $0) }.map(\.code) == ["free", "enterprise"])
        shop.clock.advance(by: .days(31))
        try await shop.billing.turnAll(by: Shop.owner)
        #expect(try shop.subscription().openInvoice != nil)
        plan.isRetired = nil
        #expect(try await apply(shop, CatalogueDocument(plans: [plan])) == ["Plan pro: sold again"])
    }

    @Test func `case 21: a refund works after the subscription ended and its plan was taken out of the catalogue`()
        async throws
    {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let billing = shop.billing
        _ = try await shop.write { try billing.cancel(in: $0) }
        var plan = try pro(shop)
        (plan.isRetired, plan.prices) = (true, [])
        _ = try await apply(shop, CatalogueDocument(plans: [plan]))
        // What was bought can't be deleted at all.
        await #expect(throws: StorageError.self) {
            _ = try await shop.writeInstance { try $0.run("DELETE FROM plans WHERE code = 'pro'") }
        }
        shop.clock.advance(by: .days(40))
        try await billing.turnAll(by: Shop.owner)
        #expect(try shop.subscription().state == .cancelled)
        let wish = RefundWish(payment: payment.id, amount: nil, reason: "asked for", isOperator: true)
        let refund = try await billing.refund(wish, of: shop.organization, by: Shop.owner)
        let fact = RefundFact(
            id: refund.remoteID ?? "rfnd_AAAAAAAAAAAAAA", paymentID: payment.remoteID, amount: refund.amount,
            state: .processed, receipt: refund.id.text)
        try await shop.apply(.refund(fact))
        #expect(refund.amount == payment.amount)
        let balances = try shop.balances()
        for account in ["1010", "1100", "2210", "2220"] { #expect(balances[account] == nil, "\(account)") }
    }

    @Test func `a change of the catalogue is in the audit log of the instance, in words`() async throws {
        let shop = try await Shop()
        var plan = try pro(shop)
        plan.name = "Professional"
        _ = try await apply(shop, CatalogueDocument(plans: [plan]))
        let details = try shop.readInstance { tx in
            try tx.rows("SELECT details FROM audit_events WHERE action = 'catalogue.changed'") { try $0.text(0) }
        }
        #expect(details == [#"{"changes":["Plan pro: name Pro → Professional"]}"#])
    }

    @Test func `amounts are typed in the currency's own units, exactly`() {
        let (yen, dinar) = (Currency(stored: "JPY"), Currency(stored: "KWD"))
        let typed: [(String, Currency, Int64?)] = [
            ("2499", .inr, 249_900), ("2,499.5", .inr, 249_950), ("2,499.50", .inr, 249_950), ("0", .inr, 0),
            ("500", yen, 500), ("500.0", yen, nil), ("1.255", dinar, 1255), ("1.2555", dinar, nil),
            ("", .inr, nil), (".50", .inr, nil), ("5.", .inr, nil), ("-1", .inr, nil), ("1e3", .inr, nil),
            ("90071992547409.91", .inr, Money.limit), ("90071992547409.92", .inr, nil),
            ("99999999999999999999", .inr, nil), ("٣", .inr, nil),
        ]
        for (text, currency, wanted) in typed {
            #expect(MoneyText.minorUnits(text, currency) == wanted, "\(text) \(currency)")
        }
        #expect(MoneyText.text(249_905, .inr) == "2499.05")
        #expect(MoneyText.text(5, dinar) == "0.005")
        #expect(MoneyText.text(500, yen) == "500")
    }

    @Test func `tiers are typed one a line`() {
        let tiers = MoneyText.tiers("10: 100\n\n1,000: 80.50 + 500\nmore: 0", .inr)
        #expect(
            tiers == [
                PriceTier(upTo: 10, unitAmount: 10_000), PriceTier(upTo: 1000, unitAmount: 8050, flatAmount: 50_000),
                PriceTier(upTo: nil, unitAmount: 0),
            ])
        for wrong in ["", "10", "10: x", "x: 10", "10: 1 + 2 + 3", "10: 1 +"] {
            #expect(MoneyText.tiers(wrong, .inr) == nil, "\(wrong)")
        }
    }
}
