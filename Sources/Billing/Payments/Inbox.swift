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
    func receive(_ body: [UInt8], signature: String, eventID: String?, in tx: any Transaction) throws {
        guard provider.isWebhookSignature(signature, body) else { throw BillingProblem.signature }
        let type = try provider.event(body).type
        let id = eventID ?? Self.fallbackID(body)
        guard (1...100).contains(id.utf8.count), id.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw BillingProblem.malformedEvent
        }
        if let known = try InboxStore.find(id, provider: provider.account, in: tx) {
            try InboxStore.countDelivery(id, provider: provider.account, in: tx)
            guard known.body != body, known.state != .conflict else { return }
            try InboxStore.finish(
                id, provider: provider.account, known.state == .pending ? .conflict : known.state,
                note: "came again with another body", in: tx)
            return
        }
        let event = InboxEvent(id: id, type: type, body: body, state: .pending)
        try InboxStore.insert(event, provider: provider.account, in: tx)
        try Jobs.enqueue(Self.inboxJob, .object(["event_id": .string(id)]), in: tx)
    }

    /// A message without identifier is known by what it says.
    private static func fallbackID(_ body: [UInt8]) -> String { "body-" + Digest.sha256(body) }

    /// Works on a message once; runs in the scope of the instance.
    func process(_ eventID: String, in tx: any Transaction) throws {
        guard let event = try InboxStore.find(eventID, provider: provider.account, in: tx), event.state == .pending
        else { return }
        var reasons: [String] = []
        var isApplied = false
        for fact in try provider.event(event.body).facts {
            switch try apply(fact, in: tx) {
            case .applied: isApplied = true
            case .ignored(let reason): reasons.append(reason)
            }
        }
        let note = isApplied ? "" : reasons.first ?? "nothing in it concerns billing"
        try InboxStore.finish(
            eventID, provider: provider.account, isApplied ? .applied : .ignored, note: note, in: tx)
    }
}
