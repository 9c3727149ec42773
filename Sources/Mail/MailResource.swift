// Messages as the API speaks of them.
import Core
import Web

/// A message of the outbox as the API answers it; its text is shown in the console only, for it may hold a secret link.
package struct MessageResource: Codable, Sendable {
    let id: MessageID
    let to: String
    let subject: String
    let state: MessageState
    let lastError: String?
    let createdAt: Timestamp
    let sentAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, to, subject, state
        case lastError = "last_error"
        case createdAt = "created_at"
        case sentAt = "sent_at"
    }

    init(_ message: StoredMessage) {
        id = message.id
        to = message.recipient
        subject = message.subject
        state = message.state
        lastError = message.lastError
        createdAt = message.createdAt
        sentAt = message.sentAt
    }
}
