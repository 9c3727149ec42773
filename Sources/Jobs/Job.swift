// A job as it is stored, and what a failed run leaves behind.
package import Core
package import Storage
package import Web

/// Where a job stands. `completed`, `cancelled` and `dead` are final until somebody retries it.
package enum JobState: String, Sendable, CaseIterable, Codable, SQLBindable {
    /// Waits for its time: planned for later, or for its next attempt.
    case scheduled
    /// Waits for a free worker.
    case ready
    case running
    case completed
    case cancelled
    /// Failed as often as it may, or in a way that another attempt would not mend.
    case dead
}

/// What is enqueued.
struct NewJob: Sendable {
    let id: JobID
    let kind: String
    let queue: String
    let payload: JSONValue
    let runAt: Timestamp
    let unique: String?
    let attemptsMax: Int
}

/// A job as it is stored.
package struct Job: Sendable {
    package let id: JobID
    package let scope: Scope
    /// What is to be done; names the handler: `mail.send`.
    package let kind: String
    package let queue: String
    package let state: JobState
    package let payload: JSONValue
    package let runAt: Timestamp
    /// Runs so far, the present one included; runs that a crash or a stop cut short do not count.
    package let attempt: Int
    package let attemptsMax: Int
    /// Runs that a crash cut short.
    package let lost: Int
    package let unique: String?
    package let lastError: String?
    package let createdAt: Timestamp
    package let startedAt: Timestamp?
    package let finishedAt: Timestamp?
}

/// A job that this process holds: its epoch proves it with every statement about it.
struct ClaimedJob: Sendable {
    let id: JobID
    let scope: Scope
    let kind: String
    let payload: JSONValue
    let attempt: Int
    let attemptsMax: Int
    let epoch: Int64
}

/// One run that did not end well.
package struct JobFailure: Sendable {
    /// How the run ended.
    package enum Outcome: String, Sendable, CaseIterable, Codable, SQLBindable {
        case failed
        case timedOut = "timed_out"
        /// Nothing was heard of the run: the process ended or hung.
        case lost
    }

    package let outcome: Outcome
    package let error: String
    package let at: Timestamp
}
