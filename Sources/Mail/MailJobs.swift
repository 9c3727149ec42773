// Delivers a message, or holds it; deletes old ones.
import Core
import Jobs
import Logging
import Storage
import Web

extension MailFeature {
    private static let keep = Milliseconds.days(30)
    private static let batch = 1000

    /// A message is handed over at least once: after a crash between the server's answer and our commit, twice. Its
    /// Message-ID stays the same, which lets receivers drop the second copy.
    func deliver(_ context: JobContext) async throws -> JobOutcome {
        guard let id = MessageID(try context.text("message_id")) else { throw JobGivesUp("not a message") }
        let stored = try context.database.read(in: context.scope) { try MailStore.message(id, in: $0) }
        guard let stored, stored.state != .sent else { return .done }
        guard let server else {
            // Who may see the outbox finds the text there; it may hold a link that signs somebody in, so not here.
            logger.notice(
                "Mail is held in the outbox, because no SMTP server is set",
                metadata: ["message": "\(id)", "to": "\(stored.recipient)", "subject": "\(stored.subject)"])
            return .commit { try MailStore.mark(id, .held, error: nil, in: $0) }
        }
        guard let recipient = EmailAddress(stored.recipient) else { throw JobGivesUp("not an address") }
        let format = MailFormat(
            id: id, sender: server.sender, recipient: recipient, subject: stored.subject, text: stored.text,
            date: stored.createdAt)
        do {
            try await SMTPClient(server: server).deliver(format)
        } catch let failure as SMTPFailure {
            return try await refused(id, failure, context)
        }
        logger.info("Mail was sent", metadata: ["message": "\(id)"])
        return .commit { try MailStore.markSent(id, text: stored.textWithoutSecrets, in: $0) }
    }

    /// Shows the reason in the outbox; the job itself is tried again, unless the server refused for good.
    private func refused(_ id: MessageID, _ failure: SMTPFailure, _ context: JobContext) async throws -> JobOutcome {
        let isOver = failure.isPermanent || context.isLastAttempt
        try await context.database.write(in: context.scope, by: context.actor) {
            try MailStore.mark(id, isOver ? .failed : .queued, error: failure.description, in: $0)
        }
        logger.warning("Mail was not taken", metadata: ["message": "\(id)", "error": "\(failure)"])
        if failure.isPermanent { throw JobGivesUp(failure.description) }
        throw failure
    }

    static func prune(_ context: JobContext) async throws -> JobOutcome {
        let count: @Sendable (any Transaction) throws -> Int = { tx in
            try MailStore.prune(before: tx.now.adding(-keep), limit: batch, in: tx)
        }
        while try await context.database.write(in: .instance, by: context.actor, count) == batch {
            try Task.checkCancellation()
        }
        return .done
    }
}

extension StoredMessage {
    /// The text with the fragment of every link cut out: once a message is on its way, its tokens need not stay here.
    var textWithoutSecrets: String {
        let words = text.split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace)
        var result = ""
        for word in words {
            let separator = word.endIndex < text.endIndex ? String(text[word.endIndex]) : ""
            let cut = word.contains("://") ? word.firstIndex(of: "#") : nil
            result += (cut.map { word[..<$0] + "#…" } ?? word) + separator
        }
        return result
    }
}
