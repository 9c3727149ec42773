// Money given back: never more than there was, once for each wish, and the book always right.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct RefundTests {
    private func wish(_ payment: Payment, _ amount: Int64? = nil, isOperator: Bool = false) -> RefundWish {
        RefundWish(payment: payment.id, amount: amount, reason: "asked for", isOperator: isOperator)
    }

    private func fact(_ refund: Refund, _ payment: Payment, _ state: RefundState) -> RefundFact {
        RefundFact(
            id: refund.remoteID ?? "rfnd_AAAAAAAAAAAAAA", paymentID: payment.remoteID, amount: refund.amount,
            state: state, receipt: refund.id.text)
    }

    @Test func `a full refund undoes the invoice and ends the plan`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let refund = try await shop.billing.refund(wish(payment), of: shop.organization, by: Shop.owner)
        #expect(refund.state == .pending)
        #expect(try shop.balances() == ["1010": 294_882, "2220": -294_882])
        try await shop.apply(.refund(fact(refund, payment, .processed)))
        #expect(try shop.balances().isEmpty)
        #expect(try shop.subscription().state == .cancelled)
    }

    @Test func `case 18: of two refunds at once whose sum is too large exactly one is accepted`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let billing = shop.billing
        let wish = wish(payment, 200_000)
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    (try? await billing.refund(wish, of: shop.organization, by: Shop.owner)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(accepted == 1)
        #expect(try shop.balances()["2220"] == -200_000)
    }

    @Test func `case 19: a refund whose answer was lost is asked for under its key, and made once`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        shop.scripted.script { $0.losesAnswers = true }
        let refund = try await shop.billing.refund(wish(payment, 1000), of: shop.organization, by: Shop.owner)
        #expect(refund.state == .planned)
        #expect(try shop.balances()["2220"] == nil)
        shop.scripted.script { $0.losesAnswers = false }
        shop.clock.advance(by: .minutes(16))
        try await shop.billing.checkAll(by: Shop.owner)
        #expect(shop.scripted.refunds.count == 1)
        #expect(try shop.balances()["2220"] == -1000)
    }

    @Test func `a refused refund leaves nothing behind`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let before = try shop.balances()
        shop.scripted.script { $0.refusal = "balance is too low" }
        let refund = try await shop.billing.refund(wish(payment), of: shop.organization, by: Shop.owner)
        #expect(refund.state == .rejected)
        #expect(try shop.balances() == before)
        #expect(try shop.payments().first?.refundable == payment.amount)
    }

    @Test(arguments: [[RefundState.processed, .failed], [.failed, .processed], [.failed]])
    func `case 20: money that came back is owed, and repeating the refund issues no second credit note`(
        news: [RefundState]
    ) async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let refund = try await shop.billing.refund(wish(payment), of: shop.organization, by: Shop.owner)
        for state in news { try await shop.apply(.refund(fact(refund, payment, state))) }
        #expect(try shop.balances() == ["1010": 294_882, "2210": -294_882])
        let again = try await shop.billing.refund(wish(payment), of: shop.organization, by: Shop.owner)
        try await shop.apply(.refund(fact(again, payment, .processed)))
        #expect(try shop.balances().isEmpty)
        #expect(try shop.entries("credit_note") == 1)
    }

    @Test func `a refund that somebody made at the provider is booked and left unexplained`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let fact = RefundFact(
            id: "rfnd_ZZZZZZZZZZZZZZ", paymentID: payment.remoteID, amount: Money(stored: 500, .inr),
            state: .processed, receipt: nil)
        try await shop.apply(.refund(fact), .refund(fact))
        #expect(try shop.balances()["2300"] == 500)
        #expect(try shop.entries("refund_processed") == 1)
        #expect(try shop.payments().first?.refundable.amount == 294_882 - 500)
    }

    @Test func `case 6: money that never was ours is given back without an entry`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        let before = try shop.balances()
        try await shop.apply(
            .payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .autoRefunded)),
            .refund(
                RefundFact(
                    id: "rfnd_AAAAAAAAAAAAAA", paymentID: "pay_AAAAAAAAAAAAAA", amount: order.amount,
                    state: .processed, receipt: nil)))
        #expect(try shop.balances() == before)
        #expect(try shop.payments().map(\.state) == [.autoRefunded])
    }

    @Test func `an owner has a window, whoever runs the instance has none`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        shop.clock.advance(by: .days(15))
        await #expect(throws: BillingProblem.refundWindowOver) {
            try await shop.billing.refund(wish(payment), of: shop.organization, by: Shop.owner)
        }
        let refund = try await shop.billing.refund(
            wish(payment, isOperator: true), of: shop.organization, by: Shop.owner)
        #expect(refund.state == .pending)
    }

    @Test func `too little and too much are refused`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        for amount in [99, 294_883, Money.limit] {
            await #expect(throws: BillingProblem.refundTooLarge(payment.amount)) {
                try await shop.billing.refund(wish(payment, amount), of: shop.organization, by: Shop.owner)
            }
        }
    }

    @Test(arguments: [
        ("499", 49_900), ("499.5", 49_950), ("499.05", 49_905), ("0.01", 1), ("", nil), (".5", nil), ("5.", nil),
        ("1e2", nil), ("-1", nil), ("4.999", nil), ("99999999999999999", nil), ("1,000", nil),
    ])
    func `an amount as people type it`(text: String, amount: Int64?) {
        #expect(Billing.minorUnits(text) == amount)
    }
}
