// A message as it lies in the outbox.
package import Core
import Storage

/// Where a message stands.
package enum MessageState: String, Sendable, CaseIterable, Codable {
    /// A job will deliver it.
    case queued
    /// No SMTP server is set: it stays here until somebody sends it or reads it.
    case held
    case sent
    /// The server refused it for good, or too often.
    case failed
}

/// A message as it lies in the outbox.
package struct StoredMessage: Sendable {
    package let id: MessageID
    package let recipient: String
    package let subject: String
    /// Plain text; once it was delivered the fragments of its links are cut out, for they are secrets.
    package let text: String
    package let state: MessageState
    package let lastError: String?
    package let createdAt: Timestamp
    package let sentAt: Timestamp?
}

extension MessageState: SQLBindable {}
