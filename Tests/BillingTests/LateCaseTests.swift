// What comes late: a dispute in a closed period, a purchase that is asked for again.
import Core
import Ledger
import Storage
import Testing

@testable import Billing

@Suite struct LateCaseTests {
    @Test func `case 24: a dispute lost when its payment's period is closed is booked with the present date`()
        async throws
    {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        shop.clock.advance(by: .days(120))
        let closed = shop.clock.clock.now.adding(-.days(1))
        _ = try await shop.writeInstance { tx in
            try tx.scoped(to: Books.scope) { try Ledger.close(through: closed, in: $0) }
        }
        let (id, amount) = ("disp_AAAAAAAAAAAAAA", payment.amount)
        try await shop.apply(
            .line(
                SettlementLine(
                    id: "adj_AAAAAAAAAAAAAA", kind: .adjustment, net: Money(stored: -amount.amount, .inr),
                    gross: amount.amount, paymentID: payment.remoteID, disputeID: id, createdAt: Shop.start)),
            .dispute(DisputeFact(id: id, paymentID: payment.remoteID, amount: amount, state: .lost)))
        #expect(try shop.balances()["4920"] == amount.amount)
        #expect(try shop.balances()["1030"] == nil)
        let dates = try shop.readInstance { tx in
            try tx.rows(
                "SELECT effective_at FROM ledger_entries WHERE source_type = 'dispute' AND organization_id = 'instance'"
            ) { try $0.time(0) }
        }
        #expect(!dates.isEmpty)
        #expect(dates.allSatisfy { $0 > closed })
    }

    @Test func `case 35: a purchase that is asked for again, under whatever key, charges once`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        // The key of the first request is forgotten by then.
        shop.clock.advance(by: .days(2))
        let (again, same) = try await shop.takePro()
        #expect(again.id == invoice.id)
        #expect(same.remoteID == order.remoteID)
        #expect(shop.scripted.creations == 1)
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        await #expect(throws: BillingProblem.alreadyOnPlan) { try await shop.takePro() }
        #expect(try shop.entries("invoice") == 1)
        #expect(try shop.entries("capture") == 1)
    }
}
