// The provider's messages: believed by their signature, kept before they are answered, worked on once.
import AsyncHTTPClient
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

    @Test func `case 8: the same identifier with another body is a conflict, told and not booked`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        try await deliver(body(order), id: "evt_1", to: shop)
        try await deliver(body(order, event: "payment.failed", status: "failed"), id: "evt_1", to: shop)
        try await process("evt_1", at: shop)
        #expect(try event("evt_1", at: shop)?.state == .conflict)
        #expect(try shop.payments().isEmpty)
        #expect(try shop.alerts("webhook.conflict") == 1)
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

    @Test func `case 9: bytes are verified as they came, however the JSON is spelled`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        let spelled = Array(
            """
            {  "payload" : { "payment":{"entity":{ "status":"captured","currency":"INR","method":"upi",
            "description":"\\u20b9 2,948.82", "amount":\(order.amount.amount), "order_id":"\(order.remoteID ?? "")",
            "id":"pay_AAAAAAAAAAAAAA"}}}, "event":"payment.captured","entity":"event" }\n
            """.utf8)
        try await deliver(spelled, id: "evt_1", to: shop)
        try await process("evt_1", at: shop)
        #expect(try shop.entries("capture") == 1)
        let broken = Array("{\"event\":\"payment.captured\",\"payload\":{\"x\":\"".utf8) + [0xFF] + Array("\"}}".utf8)
        await #expect(throws: BillingProblem.malformedEvent) { try await deliver(broken, id: "evt_2", to: shop) }
        #expect(BillingProblem.malformedEvent.problem.status == 400)
    }

    @Test func `case 10: a signature that is none, or of the other secret, is answered with 401`() async throws {
        let shop = try await Shop()
        let body = Array("{\"event\":\"payment.captured\",\"payload\":{}}".utf8)
        let good = RazorpaySignature.sign(body, secret: ScriptedProvider.webhookSecret)
        let other = RazorpaySignature.sign(body, secret: ScriptedProvider.keySecret)
        let billing = shop.billing
        for bad in [good.uppercased(), "", String(good.dropLast()), other] {
            await #expect(throws: BillingProblem.signature) {
                try await shop.writeInstance { try billing.receive(body, signature: bad, eventID: "e", in: $0) }
            }
        }
        #expect(BillingProblem.signature.problem.status == 401)
    }

    @Test func `case 11: what was signed before a change of secret is believed until the old one goes`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        try await deliver(body(order), id: "evt_1", to: shop, secret: ScriptedProvider.oldWebhookSecret)
        try await deliver(body(order, event: "order.paid"), id: "evt_2", to: shop)
        for id in ["evt_1", "evt_2"] { try await process(id, at: shop) }
        #expect(try shop.entries("capture") == 1)
        let one = RazorpayCredentials(keyID: "k", keySecret: "s", webhookSecrets: [ScriptedProvider.webhookSecret])
        let retired = Razorpay(client: .shared, credentials: one).provider()
        let signature = RazorpaySignature.sign([1], secret: ScriptedProvider.oldWebhookSecret)
        #expect(!retired.isWebhookSignature(signature, [1], Shop.start))
    }

    @Test func `case 16: a message is kept, byte for byte, before anybody works on it`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        let bytes = body(order)
        try await deliver(bytes, id: "evt_1", to: shop)
        #expect(try event("evt_1", at: shop)?.body == bytes)
        #expect(try event("evt_1", at: shop)?.state == .pending)
        #expect(try shop.payments().isEmpty)
        #expect(try jobs(shop) == 1)
    }

    @Test func `case 17: a message about another account is refused like one that nobody signed`() async throws {
        let shop = try await Shop()
        let body = Array(
            "{\"account_id\":\"acc_BBBBBBBBBBBBBB\",\"event\":\"payment.captured\",\"payload\":{}}".utf8)
        await #expect(throws: BillingProblem.signature) { try await deliver(body, id: "evt_1", to: shop) }
        let billing = shop.billing
        let signature = RazorpaySignature.sign(body, secret: ScriptedProvider.webhookSecret)
        await #expect(throws: BillingProblem.signature) {
            try await shop.writeInstance {
                try billing.receive(body, signature: signature, eventID: "e", from: .stripe, in: $0)
            }
        }
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
