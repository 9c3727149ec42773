// Every way in which the outbox refuses.
package import Core

/// What the outbox refuses with.
package enum MailProblem: Error, Equatable, ProblemConvertible {
    /// It was delivered already, or there is nobody to deliver it.
    case notSendable

    package var problem: Problem {
        Problem("message_not_sendable", status: 409, "The message was sent already, or no SMTP server is set.")
    }
}
