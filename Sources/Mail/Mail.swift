// Mail: written to the outbox in the caller's transaction, sent by a job when SMTP is set.
package import Core
import Jobs
package import Storage
import Web

/// The kind of identifier that messages have: `msg_…`.
package enum MessageKind: IdentifierKind { package static let prefix = "msg" }
package typealias MessageID = Identifier<MessageKind>

/// One message to one person.
package struct Message: Sendable {
    package let to: EmailAddress
    package let subject: String
    /// Plain text; links carry their token in the fragment.
    package let text: String

    package init(to: EmailAddress, subject: String, text: String) {
        self.to = to
        self.subject = subject
        self.text = text
    }
}

/// The outbox, seen from a feature.
package enum Mail {
    /// Deletes a number of an organisation's messages at most; returns how many. For an organisation that is deleted.
    package static func erase(limit: Int, in tx: any Transaction) throws -> Int {
        try MailStore.erase(limit: limit, in: tx)
    }

    /// Puts a message into the outbox, in the same transaction as what it tells of.
    ///
    /// The message belongs to the organisation of the transaction's scope, or to the instance. A job delivers it when
    /// SMTP is set; otherwise it is held in the outbox, where people who may see it find it.
    @discardableResult
    package static func send(_ message: Message, in tx: any Transaction) throws -> MessageID {
        let id = MessageID(at: tx.now)
        try MailStore.insert(message, id: id, in: tx)
        try enqueueDelivery(of: id, in: tx)
        return id
    }

    static let deliveryKind = "mail.send"
    static let queue = "mail"

    static func enqueueDelivery(of id: MessageID, in tx: any Transaction) throws {
        try Jobs.enqueue(
            deliveryKind, .object(["message_id": .string(id.text)]), queue: queue, unique: id.text, in: tx)
    }
}
