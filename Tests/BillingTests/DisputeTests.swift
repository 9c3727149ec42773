// Money that a bank takes back: what is said and what moved, in any order; and refunds beside it.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct DisputeTests {
    static let id = "disp_AAAAAAAAAAAAAA"

    private func said(_ payment: Payment, _ state: DisputeState) -> Fact {
        .dispute(
            DisputeFact(
                id: Self.id, paymentID: payment.remoteID, amount: payment.amount, state: state, phase: "chargeback",
                reason: "goods_not_received"))
    }

    private func moved(_ payment: Payment, _ amount: Int64, fee: Int64 = 0) -> Fact {
        .line(
            SettlementLine(
                id: amount < 0 ? "adj_AAAAAAAAAAAAAA" : "adj_BBBBBBBBBBBBBB", kind: .adjustment,
                net: Money(stored: amount - fee, .inr), fee: fee, feeTax: fee * 18 / 118, gross: abs(amount),
                paymentID: payment.remoteID, disputeID: Self.id, createdAt: Shop.start))
    }

    private func refund(_ payment: Payment, _ amount: Int64? = nil) -> Fact {
        .refund(
            RefundFact(
                id: "rfnd_DDDDDDDDDDDDDD", paymentID: payment.remoteID,
                amount: Money(stored: amount ?? payment.amount.amount, .inr), state: .processed, receipt: nil))
    }

    @Test func `a dispute moves nothing in the books until the report shows money moving`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let before = try shop.balances()
        try await shop.apply(said(payment, .open))
        #expect(try shop.balances() == before)
        let amount = payment.amount.amount
        try await shop.apply(moved(payment, -amount, fee: 590))
        #expect(try shop.balances()["1030"] == amount)
        #expect(try shop.balances()["5010"] == 500)
        #expect(try shop.balances()["1010"] == -590)
        try await shop.apply(said(payment, .won))
        #expect(try shop.balances()["1030"] == nil)
        #expect(try shop.balances()["1010"] == amount - 590)
        #expect(try shop.alerts("dispute.won") == 1)
    }

    @Test(arguments: [DisputeState.won, .lost], 0..<4)
    func `what is said of a dispute and what moved end in the same books in any order`(
        end: DisputeState, seed: UInt64
    ) async throws {
        var random = Seeded(state: seed)
        var results: [[String: Int64]] = []
        for run in 0..<3 {
            let shop = try await Shop()
            let (_, payment) = try await shop.paidPro()
            let amount = payment.amount.amount
            var news = [said(payment, .open), moved(payment, -amount, fee: 1180), said(payment, end)]
            if end == .won { news.append(moved(payment, amount)) }
            if run > 0 {
                news += news
                news.shuffle(using: &random)
            }
            for fact in news { try await shop.apply(fact) }
            results.append(try shop.balances())
        }
        #expect(results[1] == results[0] && results[2] == results[0])
        #expect(results[0]["1030"] == nil)
        #expect(results[0]["4920"] == (end == .lost ? 294_882 : nil))
    }

    @Test func `case 22: a disputed payment is not refunded, and the dashboard's refund is told`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        try await shop.apply(said(payment, .underReview))
        let wish = RefundWish(payment: payment.id, amount: 1000, reason: "", isOperator: true)
        await #expect(throws: BillingProblem.disputed) {
            try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
        }
        try await shop.apply(refund(payment, 1000))
        #expect(try shop.balances()["2300"] == 1000)
        #expect(try shop.alerts("refund.unexplained") == 1)
        try await shop.apply(said(payment, .won))
        #expect(try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner).state == .pending)
    }

    @Test(arguments: [true, false], [true, false])
    func `case 23: a lost dispute and the refund that repeats it are booked once`(
        isHeld: Bool, refundFirst: Bool
    ) async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let amount = payment.amount.amount
        try await shop.apply(said(payment, .open))
        if isHeld { try await shop.apply(moved(payment, -amount)) }
        let news = [refund(payment), said(payment, .lost)]
        for fact in refundFirst ? news : news.reversed() { try await shop.apply(fact, fact) }
        let balances = try shop.balances()
        #expect(balances["4920"] == amount)
        #expect(balances["1010"] == nil && balances["1030"] == nil && balances["2300"] == nil)
        let wish = RefundWish(payment: payment.id, amount: nil, reason: "", isOperator: true)
        await #expect(throws: BillingProblem.refundTooLarge(Money(stored: 0, .inr))) {
            try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
        }
    }

    @Test func `case 27: a refund for which the balance is too low stays owed and is tried again`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        shop.scripted.script { $0.isPoor = true }
        let wish = RefundWish(payment: payment.id, amount: nil, reason: "", isOperator: true)
        let refund = try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
        #expect(refund.state == .planned && refund.owedAt != nil)
        #expect(try shop.balances() == ["1010": 294_882, "2210": -294_882])
        #expect(try shop.alerts("refund.owed") == 1)
        for _ in 0..<2 {
            shop.clock.advance(by: .minutes(16))
            try await shop.billing.checkAll(by: Shop.owner)
        }
        #expect(try shop.balances()["2210"] == -294_882)
        shop.scripted.script { $0.isPoor = false }
        shop.clock.advance(by: .minutes(16))
        try await shop.billing.checkAll(by: Shop.owner)
        #expect(try shop.balances() == ["1010": 294_882, "2220": -294_882])
        #expect(try shop.entries("credit_note") == 1)
        #expect(shop.scripted.refunds.count == 1)
    }

    @Test func `an open dispute is asked about when nothing was heard for a quarter of an hour`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        try await shop.apply(said(payment, .open))
        let lost = said(payment, .lost)
        shop.scripted.script { $0.report = [lost] }
        try await shop.billing.checkAll(by: Shop.owner)
        #expect(try shop.balances()["4920"] == nil)
        shop.clock.advance(by: .minutes(16))
        try await shop.billing.checkAll(by: Shop.owner)
        #expect(try shop.balances()["4920"] == 294_882)
    }
}
