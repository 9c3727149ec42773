// What is stuck is listed with its age, and its button moves it on.
import Core
import Jobs
import Storage
import Testing
import Web

@testable import Billing

@Suite struct StuckTests {
    private func kinds(_ shop: Shop) throws -> [StuckKind] { try objects(shop).map(\.kind) }

    private func objects(_ shop: Shop) throws -> [StuckObject] {
        let billing = shop.billing
        return try shop.readInstance { try billing.stuck(in: $0).objects }
    }

    /// Presses the buttons of everything that is stuck.
    private func unstick(_ shop: Shop) async throws {
        for it in try objects(shop) { try await shop.billing.unstick(it.kind, it.id, by: Shop.owner) }
    }

    @Test func `an order whose making is unknown is asked about, and made anew when the provider has none`()
        async throws
    {
        let shop = try await Shop()
        shop.scripted.script { $0.refusal = "down" }
        await #expect(throws: BillingProblem.self) { try await shop.takePro() }
        shop.scripted.script { $0.refusal = nil }
        #expect(try kinds(shop).isEmpty)
        shop.clock.advance(by: .minutes(16))
        #expect(try kinds(shop) == [.order])
        try await unstick(shop)
        #expect(try kinds(shop).isEmpty)
        let (_, order) = try await shop.takePro()
        #expect(order.remoteID != nil)
    }

    @Test func `an order that nobody asked about brings its payment when the button is pressed`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        shop.scripted.put(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured))
        shop.clock.advance(by: .minutes(29))
        #expect(try kinds(shop).isEmpty)
        shop.clock.advance(by: .minutes(2))
        #expect(try kinds(shop) == [.order])
        try await unstick(shop)
        #expect(try kinds(shop).isEmpty)
        #expect(try shop.invoice(invoice.id).state == .paid)
    }

    @Test func `money without an invoice is given back`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        for id in ["pay_AAAAAAAAAAAAAA", "pay_BBBBBBBBBBBBBB"] {
            try await shop.apply(.payment(shop.payment(id, order, .captured)))
        }
        #expect(try kinds(shop) == [.unappliedPayment])
        #expect(try objects(shop).first?.amount == order.amount)
        try await unstick(shop)
        #expect(try kinds(shop).isEmpty)
        #expect(try shop.balances()["2300"] == nil)
    }

    @Test func `a refund that failed is owed until it is sent again`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let wish = RefundWish(payment: payment.id, amount: 50_000, reason: "", isOperator: true)
        let refund = try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
        try await shop.apply(
            .refund(
                RefundFact(
                    id: refund.remoteID ?? "", paymentID: payment.remoteID, amount: refund.amount, state: .failed,
                    receipt: refund.id.text)))
        #expect(try kinds(shop) == [.owedRefund])
        #expect(try objects(shop).first?.amount?.amount == 50_000)
        try await unstick(shop)
        #expect(try kinds(shop).isEmpty)
        #expect(try shop.entries("credit_note") == 1)
        #expect(try shop.balances()["2210"] == nil)
        #expect(try shop.balances()["2220"] == -50_000)
    }

    @Test func `a refund without an answer is asked for again under its key`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        shop.scripted.script { $0.losesAnswers = true }
        let wish = RefundWish(payment: payment.id, amount: 50_000, reason: "", isOperator: true)
        _ = try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
        shop.scripted.script { $0.losesAnswers = false }
        shop.clock.advance(by: .minutes(31))
        #expect(try kinds(shop) == [.refund])
        try await unstick(shop)
        #expect(shop.scripted.refunds.count == 1)
        #expect(try shop.balances()["2220"] == -50_000)
    }

    @Test func `a message that contradicts an earlier one is put away, and the provider asked instead`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, order) = try await shop.takePro()
        let bodies = ["payment.failed", "payment.captured"].map { type in
            Array(#"{"entity":"event","event":"\#(type)","contains":[],"payload":{},"created_at":1}"#.utf8)
        }
        for body in bodies {
            let signature = RazorpaySignature.sign(body, secret: "webhook_secret")
            try await shop.writeInstance {
                try billing.receive(body, signature: signature, eventID: "evt_1", in: $0)
            }
        }
        #expect(try kinds(shop) == [.message])
        shop.scripted.put(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured))
        try await unstick(shop)
        #expect(try kinds(shop).isEmpty)
        #expect(try shop.invoice(invoice.id).state == .paid)
    }

    @Test func `an overdue invoice that nobody was reminded of is listed, and its button reminds`() async throws {
        let shop = try await Shop()
        let (invoice, _) = try await shop.takePro()
        shop.clock.advance(by: .days(7))
        try await shop.billing.checkAll(by: Shop.owner)
        #expect(try !kinds(shop).contains(.overdueInvoice))
        shop.clock.advance(by: .days(2))
        #expect(try kinds(shop).contains(.overdueInvoice))
        try await shop.billing.unstick(.overdueInvoice, invoice.id.text, by: Shop.owner)
        #expect(try !kinds(shop).contains(.overdueInvoice))
    }

    @Test func `a job that gave up is tried again`() async throws {
        let shop = try await Shop()
        let id = try #require(
            try await shop.writeInstance {
                try Jobs.enqueue("billing.webhook", .object(["event_id": .string("x")]), in: $0)
            })
        _ = try await shop.writeInstance { tx in
            try tx.run("UPDATE jobs SET state = 'dead', finished_at = \(tx.now), last_error = 'no' WHERE id = \(id)")
        }
        #expect(try kinds(shop) == [.deadJob])
        try await unstick(shop)
        #expect(try kinds(shop).isEmpty)
        await #expect(throws: Problem.self) { try await shop.billing.unstick(.deadJob, id.text, by: Shop.owner) }
        await #expect(throws: Problem.self) { try await shop.billing.unstick(.order, "x", by: Shop.owner) }
    }
}
