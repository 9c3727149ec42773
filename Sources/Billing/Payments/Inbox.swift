// The provider's webhooks: verified over their raw bytes, written down, answered; worked on by a job.
import Core
import Jobs
import Storage
import Web

extension Billing {
    /// The job that works on a message.
    static let inboxJob = "billing.webhook"

    /// Takes a message in; throws when its signature does not fit. Runs in the scope of the instance.
    ///
    /// The same message again is counted and no more. The same identifier with another body is noted as a conflict:
    /// somebody who holds the secret contradicts himself, and nothing of it is believed.
    func receive(
        _ body: [UInt8], signature: String, eventID: String?, from kind: PaymentProvider.Kind = .razorpay,
        in tx: any Transaction
    ) throws {
        guard let provider = providers.speaking(kind), provider.isWebhookSignature(signature, body, tx.now) else {
            throw BillingProblem.signature
        }
        let event = try provider.event(body)
        let id = event.id ?? eventID ?? Self.fallbackID(body)
        guard (1...100).contains(id.utf8.count), id.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw BillingProblem.malformedEvent
        }
        if let known = try InboxStore.find(id, provider: provider.account, in: tx) {
            try InboxStore.countDelivery(id, provider: provider.account, in: tx)
            guard known.body != body, known.state != .conflict else { return }
            try InboxStore.finish(
                id, provider: provider.account, known.state == .pending ? .conflict : known.state,
                note: "came again with another body", in: tx)
            try Self.noteForSeller("webhook.conflict", "webhook", id, .object(["type": .string(event.type)]), in: tx)
            return
        }
        try InboxStore.insert(
            InboxEvent(id: id, type: event.type, body: body, state: .pending), provider: provider.account, in: tx)
        try Jobs.enqueue(
            Self.inboxJob, .object(["event_id": .string(id), "provider": .string(provider.account)]), in: tx)
    }

    /// A message without identifier is known by what it says.
    private static func fallbackID(_ body: [UInt8]) -> String { "body-" + Digest.sha256(body) }

    /// Works on a message once; runs in the scope of the instance.
    func process(_ eventID: String, from account: String, in tx: any Transaction) throws {
        guard let event = try InboxStore.find(eventID, provider: account, in: tx), event.state == .pending,
            let provider = providers.speaking(for: account)
        else { return }
        var reasons: [String] = []
        var isApplied = false
        for fact in try provider.event(event.body).facts {
            switch try apply(fact, from: account, in: tx) {
            case .applied: isApplied = true
            case .ignored(let reason): reasons.append(reason)
            }
        }
        let note = isApplied ? "" : reasons.first ?? "nothing in it concerns billing"
        try InboxStore.finish(
            eventID, provider: account, isApplied ? .applied : .ignored, note: note, in: tx)
    }
}
