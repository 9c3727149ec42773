// The outbox as a feature: its pages, its operations, and the job that delivers.
import Core
package import Jobs
package import Logging
package import Storage
import Web

/// Mail: written with what it tells of, delivered by a job, visible in the outbox.
package struct MailFeature: Sendable {
    /// Nil: messages are held in the outbox.
    let server: SMTPServer?
    let logger: Logger

    package init(server: SMTPServer?, logger: Logger) {
        self.server = server
        self.logger = logger
    }

    /// Every table here has its organisation.
    package static let visibility: [Visibility] = []

    /// Declares the handlers and schedules of mail.
    package func addJobs(to handlers: inout JobHandlers) throws(CronProblem) {
        let this = self
        handlers.on(Mail.deliveryKind, "Hands a message of the outbox to the mail server", timeout: .minutes(2)) {
            try await this.deliver($0)
        }
        handlers.on("mail.prune", "Deletes old messages") { try await Self.prune($0) }
        try handlers.schedule("Delete old messages", "41 3 * * *", kind: "mail.prune")
    }
}
