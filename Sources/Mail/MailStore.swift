// All SQL of the outbox.
import Core
import Storage

enum MailStore {
    static func insert(_ message: Message, id: MessageID, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO messages (id, organization_id, recipient, subject, text, state, created_at)
            VALUES (\(id), \(owner(tx.scope)), \(message.to.text), \(message.subject), \(message.text), 'queued',
              \(tx.now))
            """)
    }

    static func message(_ id: MessageID, in tx: any Transaction) throws -> StoredMessage? {
        try tx.first(
            "SELECT \(columns) FROM messages WHERE organization_id = \(owner(tx.scope)) AND id = \(id)", message)
    }

    /// Newest first, below an identifier.
    static func page(before: String?, limit: Int, in tx: any Transaction) throws -> [StoredMessage] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM messages WHERE organization_id = \(owner(tx.scope)) \(below)
            ORDER BY id DESC LIMIT \(limit)
            """, message)
    }

    /// Delivered: the text is kept as given, which is without the secrets of its links.
    static func markSent(_ id: MessageID, text: String, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE messages SET state = 'sent', sent_at = \(tx.now), text = \(text), last_error = NULL
            WHERE id = \(id) AND state <> 'sent'
            """)
    }

    static func mark(_ id: MessageID, _ state: MessageState, error: String?, in tx: any Transaction) throws {
        try tx.run(
            "UPDATE messages SET state = \(state), last_error = \(error) WHERE id = \(id) AND state <> 'sent'")
    }

    /// Deletes messages older than an instant; returns how many.
    static func prune(before: Timestamp, limit: Int, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            DELETE FROM messages WHERE id IN (
              SELECT id FROM messages WHERE created_at < \(before) ORDER BY created_at LIMIT \(limit))
            """)
    }

    private static let columns: SQL = "id, recipient, subject, text, state, last_error, created_at, sent_at"

    private static func message(_ row: Row) throws -> StoredMessage {
        StoredMessage(
            id: try row.id(0), recipient: try row.text(1), subject: try row.text(2), text: try row.text(3),
            state: try row.choice(4), lastError: row.optionalText(5), createdAt: try row.time(6),
            sentAt: row.optionalTime(7))
    }

    private static func owner(_ scope: Scope) -> String {
        switch scope {
        case .organization(let id): id.text
        case .instance: "instance"
        }
    }

    /// Deletes a number of an organisation's messages at most; returns how many.
    static func erase(limit: Int, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            DELETE FROM messages WHERE id IN
              (SELECT id FROM messages WHERE organization_id = \(try tx.organization()) LIMIT \(limit))
            """)
    }
}
