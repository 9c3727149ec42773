// Revenue month by month, and what is taken back of it.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct RecognitionTests {
    @Test func `a paid month is earned by days, at the end of each calendar month`() async throws {
        let shop = try await Shop()
        let (invoice, _) = try await shop.paidPro()  // 23 November to 23 December, ₹2,499.00
        try await shop.billing.recogniseAll(by: Shop.owner)
        #expect(try shop.entries("recognise") == 0)
        shop.clock.advance(by: .days(8))
        try await shop.billing.recogniseAll(by: Shop.owner)
        #expect(try shop.balances()["4000"] == -Proration.cumulative(249_900, 8, of: 30))
        shop.clock.advance(by: .days(60))
        try await shop.billing.recogniseAll(by: Shop.owner)
        try await shop.billing.recogniseAll(by: Shop.owner)
        #expect(try shop.entries("recognise") == 2)
        #expect(try shop.balances()["4000"] == -invoice.subtotal.amount)
        #expect(try shop.balances()["2000", default: 0] == 0)
    }

    @Test func `nothing is earned of a plan that nobody has paid for`() async throws {
        let shop = try await Shop()
        _ = try await shop.takePro()
        shop.clock.advance(by: .days(6))
        try await shop.billing.recogniseAll(by: Shop.owner)
        #expect(try shop.entries("recognise") == 0)
        #expect(try shop.balances()["4000", default: 0] == 0)
    }

    @Test func `a renewal is earned while it waits for its payment, and never was when it is void`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        _ = try await shop.paidPro()
        shop.clock.advance(by: .days(30))
        try await billing.turnAll(by: Shop.owner)
        shop.clock.advance(by: .days(12))
        try await billing.recogniseAll(by: Shop.owner)
        #expect(try shop.balances()["4000"] == -249_900 - Proration.cumulative(249_900, 9, of: 31))
        _ = try await shop.write { try billing.cancel(in: $0) }
        #expect(try shop.balances()["4000"] == -249_900)
        #expect(try shop.balances()["2000", default: 0] == 0)
        #expect(try shop.balances()["1100", default: 0] == 0)
    }

    @Test func `case 21: a refund after the end takes what was earned from 4900 and the rest from 2000`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, payment) = try await shop.paidPro()
        shop.clock.advance(by: .days(10))
        _ = try await shop.write { try billing.cancel(in: $0) }
        let wish = RefundWish(payment: payment.id, amount: nil, reason: "unhappy", isOperator: true)
        let refund = try await billing.refund(wish, of: shop.organization, by: Shop.owner)
        #expect(refund.amount == invoice.total)
        let balances = try shop.balances()
        #expect(balances["2000", default: 0] == 0)
        #expect(balances["4900"] == 83_300)
        #expect(balances["4000"] == -83_300)
        shop.clock.advance(by: .days(90))
        try await billing.recogniseAll(by: Shop.owner)
        #expect(try shop.balances()["4000"] == -83_300, "what was given back is not earned later")
    }

    @Test
    func `property d: recognised, deferred and credited are what was invoiced, whatever happens`() async throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5 {
            let shop = try await Shop()
            let billing = shop.billing
            try await shop.sellSeats()
            try await shop.takeSeats(Int64.random(in: 1...9, using: &random))
            for _ in 0..<14 {
                shop.clock.advance(by: .hours(Int64.random(in: 0...400, using: &random)))
                try await billing.workAll(by: Shop.owner)
                switch Int.random(in: 0...5, using: &random) {
                case 0, 1: try await shop.payWhatIsOpen()
                case 2:
                    let wish = PlanWish(quantity: Int64.random(in: 1...9, using: &random), when: .now)
                    _ = try? await shop.change(wish)
                case 3:
                    let paid = try shop.payments().filter { $0.state == .captured && $0.isApplied }
                    if let payment = paid.randomElement(using: &random) {
                        let amount = Int64.random(in: 100...5000, using: &random)
                        let wish = RefundWish(payment: payment.id, amount: amount, reason: "", isOperator: true)
                        _ = try? await billing.refund(wish, of: shop.organization, by: Shop.owner)
                    }
                case 4: _ = try? await shop.write { try billing.resume(in: $0).1 }
                default: _ = try? await shop.write { try billing.cancel(in: $0) }
                }
                try shop.checkRevenue()
            }
            shop.clock.advance(by: .days(500))
            try await billing.workAll(by: Shop.owner)
            try shop.checkRevenue()
        }
    }
}
