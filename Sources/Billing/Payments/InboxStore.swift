// All SQL of the provider's messages.
import Core
import Storage

/// A message of the provider, as it was received.
struct InboxEvent: Sendable {
    enum State: String, SQLBindable {
        case pending
        case applied
        case ignored
        /// The same event id came with another body.
        case conflict
    }

    let id: String
    let type: String
    let body: [UInt8]
    let state: State
}

enum InboxStore {
    static func find(_ id: String, provider: String, in tx: any Transaction) throws -> InboxEvent? {
        try tx.first(
            """
            SELECT event_id, type, body, state FROM webhook_inbox
            WHERE provider = \(provider) AND event_id = \(id)
            """
        ) { row in
            InboxEvent(id: try row.text(0), type: try row.text(1), body: try row.bytes(2), state: try row.choice(3))
        }
    }

    static func insert(_ it: InboxEvent, provider: String, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO webhook_inbox (provider, event_id, type, body, state, received_at)
            VALUES (\(provider), \(it.id), \(it.type), \(it.body), \(it.state), \(tx.now))
            """)
    }

    static func countDelivery(_ id: String, provider: String, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE webhook_inbox SET deliveries = deliveries + 1
            WHERE provider = \(provider) AND event_id = \(id)
            """)
    }

    static func finish(
        _ id: String, provider: String, _ state: InboxEvent.State, note: String, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            UPDATE webhook_inbox SET state = \(state), note = \(note), processed_at = \(tx.now)
            WHERE provider = \(provider) AND event_id = \(id)
            """)
    }
}
