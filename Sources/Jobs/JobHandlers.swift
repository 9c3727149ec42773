// Who runs which kind of job, and what a run may answer.
package import Core
package import Storage
package import Web

/// What a run is given.
package struct JobContext: Sendable {
    package let id: JobID
    package let kind: String
    package let payload: JSONValue
    /// 1 for the first run.
    package let attempt: Int
    /// Whether a failure of this run is final.
    package let isLastAttempt: Bool
    /// The organisation the job belongs to, or the instance.
    package let scope: Scope
    package let database: any Database

    /// The present instant by the database's clock.
    package var now: Timestamp { database.clock.now }

    /// The organisation the job belongs to; nil for jobs of the instance.
    package var organization: OrganizationID? {
        if case .organization(let id) = scope { id } else { nil }
    }

    /// What the audit log says of changes by this run.
    package var actor: Actor { Actor(.system, id: id.text, display: "job \(kind)") }

    /// A text of the payload; throws a failure that no further attempt would mend when it is missing.
    package func text(_ name: String) throws -> String {
        guard let text = payload[name]?.stringValue else { throw JobGivesUp("the payload has no text '\(name)'") }
        return text
    }
}

/// How a run ended well.
package enum JobOutcome: Sendable {
    /// The work is done, and its effect does not depend on this database.
    case done
    /// Applies the effect and completes the job in one transaction: the effect happens exactly once.
    ///
    /// When the closure throws, nothing of it stays and the run counts as failed. It runs in the scope of the job.
    case commit(@Sendable (any Transaction) throws -> Void)
    /// Not now: run again after the given time, without counting an attempt.
    case later(Milliseconds)
}

/// A failure that no further attempt would mend: the job is dead at once.
package struct JobGivesUp: Error, CustomStringConvertible {
    package let description: String
    package init(_ reason: String) { description = reason }
}

/// The work of one kind of job; it may run more than once, so its effects are either idempotent or in `.commit`.
package typealias JobHandler = @Sendable (JobContext) async throws -> JobOutcome

/// The kinds of jobs of the product, collected from the features.
///
///     handlers.on("mail.send", timeout: .minutes(1)) { context in … return .done }
package struct JobHandlers: Sendable {
    /// One kind and who runs it.
    struct Entry: Sendable {
        let summary: String
        let timeout: Milliseconds
        let isPublic: Bool
        let run: JobHandler
    }

    private(set) var entries: [String: Entry] = [:]

    /// Schedules that the product declares itself; brought into the database when the runner starts.
    private(set) var schedules: [NewSchedule] = []

    package init() {}

    /// Declares who runs a kind.
    ///
    /// `timeout` is the longest run (of real time) before it is cancelled and counts as failed. `isPublic` lets
    /// members enqueue the kind over the API.
    package mutating func on(
        _ kind: String, _ summary: String, timeout: Milliseconds = .minutes(5), isPublic: Bool = false,
        run: @escaping JobHandler
    ) {
        entries[kind] = Entry(summary: summary, timeout: timeout, isPublic: isPublic, run: run)
    }

    /// Declares that a job of a kind is enqueued by the clock, as the instance's own work.
    package mutating func schedule(_ name: String, _ cron: String, kind: String) throws(CronProblem) {
        schedules.append(NewSchedule(name: name, cron: try CronExpression(cron), kind: kind))
    }

    /// The kinds that members may enqueue, in the order of the alphabet.
    var publicKinds: [String] { entries.filter(\.value.isPublic).keys.sorted() }
}
