// The simulator's webhooks: written down with the change, signed, and sent over HTTP until they are taken.
import AsyncHTTPClient
import Core
import Jobs
import NIOCore
import NIOHTTP1
import Storage
import Web

/// A delivery that was not taken; the job tries again.
struct NotDelivered: Error, CustomStringConvertible {
    let description: String
}

extension Sandbox {
    static let webhookJob = "sandbox.webhook"
    private static let callbackJob = "sandbox.callback"

    func addWebhookJobs(to handlers: inout JobHandlers) {
        handlers.on(Self.webhookJob, "Send a webhook of the payment simulator", timeout: .minutes(1)) { context in
            try await deliver(try context.text("event_id"), by: context.actor)
            return .done
        }
        handlers.on(Self.callbackJob, "Repeat a browser's callback of the simulator", timeout: .minutes(1)) { context in
            try await repeatCallback(context.payload)
            return .done
        }
    }

    /// Writes an event down and enqueues its delivery, so many times; it goes wrong as the chaos panel says.
    func tell(
        _ type: String, _ entities: [(name: String, json: JSONValue)], copies: Int = 1, in tx: any Transaction
    ) throws {
        let id = "evt_" + Base62.random(14)
        let body: JSONValue = .object([
            "entity": .string("event"), "account_id": .string("acc_Sandbox0000000"), "event": .string(type),
            "contains": .array(entities.map { .string($0.name) }),
            "payload": .object(entities.map { .init($0.name, .object(["entity": $0.json])) }),
            "created_at": .integer(tx.now.seconds),
        ])
        try SandboxStore.insertEvent(id, type: type, body: body.text, in: tx)
        for instant in try SandboxStore.chaos(in: tx).deliveries(copies: copies, at: tx.now) {
            try Jobs.enqueue(Self.webhookJob, .object(["event_id": .string(id)]), at: instant, in: tx)
        }
    }

    private func deliver(_ id: String, by actor: Actor) async throws {
        guard let body = try database.read(in: .instance, { try SandboxStore.eventBody(id, in: $0) }) else {
            throw JobGivesUp("there is no event \(id)")
        }
        var request = HTTPClientRequest(url: ownURL() + "/v1/webhooks/razorpay")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "X-Razorpay-Signature", value: signature(of: body))
        request.headers.add(name: "X-Razorpay-Event-Id", value: id)
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await client.execute(request, timeout: .seconds(5))
        guard (200..<300).contains(response.status.code) else {
            throw NotDelivered(description: "the webhook was answered with \(response.status.code)")
        }
        try await database.write(in: .instance, by: actor) { tx in try SandboxStore.markDelivered(id, in: tx) }
    }

    /// Enqueues a second submission of what the browser brings, as an impatient person would.
    func enqueueCallback(_ path: String, _ proof: CheckoutProof, in tx: any Transaction) throws {
        try Jobs.enqueue(
            Self.callbackJob,
            .object([
                "path": .string(path), "order": .string(proof.orderID), "payment": .string(proof.paymentID),
                "signature": .string(proof.signature),
            ]), in: tx)
    }

    private func repeatCallback(_ payload: JSONValue) async throws {
        guard let path = payload["path"]?.stringValue, let order = payload["order"]?.stringValue,
            let payment = payload["payment"]?.stringValue, let signature = payload["signature"]?.stringValue
        else { throw JobGivesUp("the payload is not a callback") }
        var request = HTTPClientRequest(url: ownURL() + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(
            ByteBuffer(
                string: "razorpay_order_id=\(order)&razorpay_payment_id=\(payment)&razorpay_signature=\(signature)"))
        let response = try await client.execute(request, timeout: .seconds(5))
        guard response.status.code < 500 else {
            throw NotDelivered(description: "the callback was answered with \(response.status.code)")
        }
    }
}
