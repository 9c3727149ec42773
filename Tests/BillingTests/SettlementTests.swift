// The provider's report: fees that came late, money to the bank, and whatever nobody told of.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct SettlementTests {
    private let id = "pay_AAAAAAAAAAAAAA"

    private func line(
        _ id: String, _ kind: SettlementLine.Kind, _ net: Int64, gross: Int64 = 0, fee: Int64 = 0,
        payment: String? = nil, order: PaymentOrder? = nil, settlement: String? = nil
    ) -> Fact {
        .line(
            SettlementLine(
                id: id, kind: kind, net: Money(stored: net, .inr), fee: fee, feeTax: fee * 18 / 118, gross: gross,
                paymentID: payment, orderID: order?.remoteID, settlementID: settlement, createdAt: Shop.start))
    }

    private func settlement(_ amount: Int64, _ state: SettlementState) -> Fact {
        .settlement(
            SettlementFact(
                id: "setl_AAAAAAAAAAAAAA", amount: Money(stored: amount, .inr), state: state,
                reference: "UTR0001", createdAt: Shop.start))
    }

    @Test func `case 13: a fee that was not known at capture is booked from the report, once`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        try await shop.apply(.payment(shop.payment(id, order, .captured)))
        #expect(try shop.entries("fee") == 0)
        let fact = line(id, .payment, 287_923, gross: 294_882, fee: 6959, order: order)
        for _ in 0..<3 { try await shop.apply(fact) }
        try await shop.apply(.payment(shop.payment(id, order, .captured, fee: 6959)))
        #expect(try shop.entries("fee") == 1)
        #expect(try shop.balances()["1010"] == 287_923)
        #expect(try shop.payments().first?.fee == 6959)
    }

    @Test func `case 15: without any webhook the poller and the report bring the same books`() async throws {
        let told = try await Shop()
        let (_, payment) = try await told.paidPro()
        let silent = try await Shop()
        let (invoice, order) = try await silent.takePro()
        let (amount, net) = (payment.amount.amount, payment.amount.amount - 6959)
        // The webhooks of the first arrive; of the second nothing does for 25 hours.
        try await told.apply(
            line(id, .payment, net, gross: amount, fee: 6959, payment: id, settlement: "setl_AAAAAAAAAAAAAA"),
            settlement(net, .processed),
            .refund(
                RefundFact(
                    id: "rfnd_ZZZZZZZZZZZZZZ", paymentID: id, amount: Money(stored: 500, .inr), state: .processed,
                    receipt: nil)))
        silent.clock.advance(by: .hours(25))
        silent.scripted.put(silent.payment(id, order, .captured))
        let report = [
            line(id, .payment, net, gross: amount, fee: 6959, order: order, settlement: "setl_AAAAAAAAAAAAAA"),
            line("rfnd_ZZZZZZZZZZZZZZ", .refund, -500, gross: 500, payment: id), settlement(net, .processed),
        ]
        silent.scripted.script { $0.report = report }
        try await silent.billing.checkAll(by: Shop.owner)
        try await silent.billing.reconcileAll(by: Shop.owner)
        #expect(try silent.balances() == told.balances())
        #expect(try silent.invoice(invoice.id).state == .paid)
        #expect(try silent.subscription().state == .active)
        try await silent.billing.reconcileAll(by: Shop.owner)
        #expect(try silent.balances() == told.balances())
    }

    @Test func `a settlement moves the money to the bank once, and back when it fails`() async throws {
        let shop = try await Shop()
        _ = try await shop.paidPro()
        for state in [SettlementState.created, .processed, .processed, .created] {
            try await shop.apply(settlement(280_000, state))
        }
        #expect(try shop.balances()["1000"] == 280_000)
        #expect(try shop.balances()["1010"] == 14_882)
        try await shop.apply(settlement(280_000, .failed), settlement(280_000, .processed))
        #expect(try shop.balances()["1000"] == nil)
        #expect(try shop.balances()["1010"] == 294_882)
    }

    @Test func `money that nothing explains is booked as that, and told`() async throws {
        let shop = try await Shop()
        try await shop.apply(line("adj_ZZZZZZZZZZZZZZ", .adjustment, -4200), line("trf_1", .other, 100))
        try await shop.apply(line("pay_ZZZZZZZZZZZZZZ", .payment, 976, gross: 1000, fee: 24))
        #expect(try shop.balances() == ["1010": -4200 + 100 + 976, "2300": 4200 - 100 - 976])
        #expect(try shop.alerts("settlement.unexplained") == 3)
    }

    @Test func `a refund of ours whose answer was lost is not taken for somebody else's`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        shop.scripted.script { $0.losesAnswers = true }
        let wish = RefundWish(payment: payment.id, amount: 1000, reason: "", isOperator: true)
        _ = try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
        guard let made = shop.scripted.refunds.first else { throw Shop.Missing() }
        let report = [line(made.id, .refund, -1000, gross: 1000, payment: payment.remoteID)]
        shop.scripted.script { $0.report = report }
        try await shop.billing.reconcileAll(by: Shop.owner)
        #expect(try shop.balances()["2300"] == nil)
        #expect(try shop.entries("refund_created") == 1)
        #expect(try shop.entries("refund_processed") == 1)
    }
}
