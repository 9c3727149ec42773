// The provider's messages: believed by their signature, kept before they are answered, worked on once.
import Core
import Storage
import Testing
import Web

@testable import Billing

@Suite struct InboxTests {
    private func body(_ order: PaymentOrder, event: String = "payment.captured", status: String = "captured") -> [UInt8]
    {
        Array(
            """
            {"entity":"event","event":"\(event)","payload":{"payment":{"entity":{"id":"pay_AAAAAAAAAAAAAA",
            "order_id":"\(order.remoteID ?? "")","amount":\(order.amount.amount),"currency":"INR",
            "status":"\(status)","method":"upi"}}}}
            """.utf8)
    }

    private func deliver(
        _ body: [UInt8], id: String?, to shop: Shop, secret: String = ScriptedProvider.webhookSecret
    ) async throws {
        let billing = shop.billing
        let signature = RazorpaySignature.sign(body, secret: secret)
        try await shop.writeInstance { tx in
            try billing.receive(body, signature: signature, eventID: id, in: tx)
        }
    }

    private func process(_ id: String, at shop: Shop) async throws {
        let billing = shop.billing
        try await shop.writeInstance { try billing.process(id, from: ScriptedProvider.account, in: $0) }
    }

    private func event(_ id: String, at shop: Shop) throws -> InboxEvent? {
        try shop.readInstance {
            try InboxStore.find(id, provider: "rzp_test_scripted", in: $0)
        }
    }

    private func jobs(_ shop: Shop) throws -> Int64 {
        try shop.readInstance { tx in
            try tx.first("SELECT count(*) FROM jobs WHERE kind = 'billing.webhook'") { try $0.int(0) } ?? 0
        }
    }

    @Test func `case 1: ten deliveries of one message are one message and one capture`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        let body = body(order)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { try await deliver(body, id: "evt_1", to: shop) } }
            try await group.waitForAll()
        }
        #expect(try jobs(shop) == 1)
        for _ in 0..<3 { try await process("evt_1", at: shop) }
        #expect(try event("evt_1", at: shop)?.state == .applied)
        #expect(try shop.entries("capture") == 1)
    }

    @Test func `a message with a wrong signature is not kept`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        await #expect(throws: BillingProblem.signature) {
            try await deliver(body(order), id: "evt_1", to: shop, secret: ScriptedProvider.keySecret)
        }
        #expect(try event("evt_1", at: shop) == nil)
    }

    @Test func `case 8: the same identifier with another body is a conflict, and nothing of it is booked`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        try await deliver(body(order), id: "evt_1", to: shop)
        try await deliver(body(order, event: "payment.failed", status: "failed"), id: "evt_1", to: shop)
        try await process("evt_1", at: shop)
        #expect(try event("evt_1", at: shop)?.state == .conflict)
        #expect(try shop.payments().isEmpty)
    }

    @Test(arguments: [["order.paid", "payment.captured"], ["payment.captured", "order.paid"]])
    func `case 2: payment captured and order paid are one capture in both orders of arrival`(
        events: [String]
    ) async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        for event in events { try await deliver(body(order, event: event), id: "evt_\(event)", to: shop) }
        for event in events { try await process("evt_\(event)", at: shop) }
        #expect(try shop.entries("capture") == 1)
    }

    @Test func `a message that does not concern us is ignored and says why`() async throws {
        let shop = try await Shop()
        let body = Array("{\"event\":\"settlement.processed\",\"payload\":{}}".utf8)
        try await deliver(body, id: nil, to: shop)
        let id = "body-" + Digest.sha256(body)
        try await process(id, at: shop)
        #expect(try event(id, at: shop)?.state == .ignored)
    }

    @Test(arguments: ["", "a b", "\u{7F}", String(repeating: "x", count: 101)])
    func `an identifier that is none is refused`(id: String) async throws {
        let shop = try await Shop()
        await #expect(throws: BillingProblem.malformedEvent) {
            try await deliver(Array("{\"event\":\"a.b\",\"payload\":{}}".utf8), id: id, to: shop)
        }
    }
}
