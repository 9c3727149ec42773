// The console's outbox: every message of an organisation, or of the instance, with what became of it.
import Audit
import Core
import Storage
package import Web

extension MailFeature {
    private static let pageSize = 50

    /// Adds the pages: for admins, whose invitations lie there, and for operators.
    package func addPages(to pages: inout Pages) {
        let organization: @Sendable (Call<NoBody>) throws -> String = { "/orgs/\(try $0.organization())/outbox" }
        add(to: &pages, base: "/orgs/{org}/outbox", name: "outbox", allow: .member(.outboxRead), path: organization)
        add(to: &pages, base: "/operator/outbox", name: "operator-outbox", allow: .operators) { _ in "/operator/outbox"
        }
    }

    private func add(
        to pages: inout Pages, base: String, name: String, allow: Access,
        path: @escaping @Sendable (Call<NoBody>) throws -> String
    ) {
        let this = self
        let query = [QueryParameter("before", "Older than this message.")]
        pages.page(base, name, allow: allow, query: query) { call, tx in
            try this.list(at: path(call), before: call.query("before").flatMap { MessageID($0)?.text }, in: tx)
        }
        pages.page(base + "/{message}", name + "-message", allow: allow) { call, tx in
            guard let message = try MailStore.message(call.id("message"), in: tx) else {
                throw Problem.notFound("message")
            }
            return this.page(of: message, at: try path(call))
        }
        pages.action(base + "/{message}/send", name + "-send", allow: allow) { call, tx in
            let id = try this.send(again: call.id("message"), in: tx)
            return .redirect(
                to: "\(try path(call.with(NoBody())))/\(id)", flash: Web.Message("The message will be sent.").flash)
        }
    }

    /// Queues a message that was held or refused.
    private func send(again id: MessageID, in tx: any Transaction) throws -> MessageID {
        guard let message = try MailStore.message(id, in: tx) else { throw Problem.notFound("message") }
        guard server != nil, message.state != .sent else { throw MailProblem.notSendable }
        try MailStore.mark(id, .queued, error: nil, in: tx)
        try Mail.enqueueDelivery(of: id, in: tx)
        try Audit.record("message.requeued", on: .init("message", id), in: tx)
        return id
    }

    private func list(at base: String, before: String?, in tx: any Transaction) throws -> PageView {
        let messages = try MailStore.page(before: before, limit: Self.pageSize + 1, in: tx)
        let shown = messages.prefix(Self.pageSize)
        let older = messages.count > Self.pageSize ? shown.last.map { "\(base)?before=\($0.id)" } : nil
        let table = HTML.table(
            "Messages", columns: ["Subject", "To", "State", .date("Written")],
            rows: shown.map { message in
                [
                    HTML.rowLink(message.subject, href: "\(base)/\(message.id)"), "\(message.recipient)", message.badge,
                    HTML.age(message.createdAt, now: tx.now),
                ]
            },
            empty: HTML.emptyState(
                "No mail yet", "A message appears here when the product writes one, such as an invitation."))
        return PageView(
            "Outbox", section: "outbox", lead: "Mail that was written, and what became of it.",
            "\(notice)\(table)\(HTML.pagination(next: older))")
    }

    /// Says plainly when nothing is sent.
    private var notice: HTML {
        server == nil
            ? HTML.notice(
                "No SMTP server is set, so messages are held here instead of being sent. Open one to read it.", .warn)
            : .empty
    }

    private func page(of message: StoredMessage, at base: String) -> PageView {
        var details: [(String, HTML)] = [
            ("To", "\(message.recipient)"), ("Id", HTML.copyable(message.id.text)),
            ("Written", HTML.time(message.createdAt)),
        ]
        if let sentAt = message.sentAt { details.append(("Sent", HTML.time(sentAt))) }
        if let error = message.lastError { details.append(("Last error", "\(error)")) }
        let maySend = server != nil && [.held, .failed].contains(message.state)
        return PageView(
            message.subject, section: "outbox", crumbs: [Link("Outbox", base)], badge: message.badge,
            actions: maySend
                ? [HTML.postButton("Send now", action: "\(base)/\(message.id)/send", style: .primary)] : [],
            HTML.columns(
                main: "\(message.state == .held ? notice : .empty)\(HTML.codeBlock(message.text, label: "Text"))",
                aside: HTML.panel("Details", HTML.details(details))))
    }
}

extension StoredMessage {
    fileprivate var badge: HTML {
        switch state {
        case .queued where lastError != nil: HTML.badge("Waits to retry", .warn)
        case .queued: HTML.badge("Queued", .info)
        case .held: HTML.badge("Held", .neutral)
        case .sent: HTML.badge("Sent", .good)
        case .failed: HTML.badge("Failed", .bad)
        }
    }
}
