// Jobs and schedules as the API speaks of them.
import Core
import Storage
package import Web

/// A job as the API answers it.
package struct JobResource: Codable, Sendable, Versioned {
    let id: JobID
    let kind: String
    let queue: String
    let state: JobState
    let payload: JSONValue
    let runAt: Timestamp
    let attempt: Int
    let attemptsMax: Int
    let lost: Int
    let unique: String?
    let lastError: String?
    let createdAt: Timestamp
    let startedAt: Timestamp?
    let finishedAt: Timestamp?
    /// Only where a single job is read.
    let failures: [Failure]?

    struct Failure: Codable, Sendable {
        let outcome: JobFailure.Outcome
        let error: String
        let at: Timestamp
    }

    enum CodingKeys: String, CodingKey {
        case id, kind, queue, state, payload, attempt, lost, unique, failures
        case runAt = "run_at"
        case attemptsMax = "attempts_max"
        case lastError = "last_error"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
    }

    package var entityTag: String { "\"\(state.rawValue)-\(attempt)-\(lost)-\(runAt.milliseconds)\"" }

    init(_ job: Job, failures: [JobFailure]? = nil) {
        id = job.id
        kind = job.kind
        queue = job.queue
        state = job.state
        payload = job.payload
        runAt = job.runAt
        attempt = job.attempt
        attemptsMax = job.attemptsMax
        lost = job.lost
        unique = job.unique
        lastError = job.lastError
        createdAt = job.createdAt
        startedAt = job.startedAt
        finishedAt = job.finishedAt
        self.failures = failures?.map { Failure(outcome: $0.outcome, error: $0.error, at: $0.at) }
    }
}

/// What a client sends to enqueue a job.
package struct JobRequest: RequestBody {
    let kind: String
    let payload: JSONValue?
    let runAt: Timestamp?
    let unique: String?
    let attemptsMax: Int?

    enum CodingKeys: String, CodingKey {
        case kind, payload, unique
        case runAt = "run_at"
        case attemptsMax = "attempts_max"
    }

    package static let limit = 65_536
    package static let rules: [String: Rule] = [
        "kind": .all([.length(1...100), .note("One of the kinds that this instance lets members enqueue.")]),
        "payload": .note("Given to the handler; shown in the console, so no secrets."),
        "unique": .all([
            .length(1...200),
            .note("While a job of this kind with the same key is waiting or running, the answer is 409 job_exists."),
        ]),
        "attempts_max": .range(1...25),
    ]
}

/// A schedule as the API answers it.
package struct ScheduleResource: Codable, Sendable {
    let id: ScheduleID
    let name: String
    /// Five fields or a nickname, in UTC.
    let cron: String
    let kind: String
    let isPaused: Bool
    let nextFireAt: Timestamp?
    let lastFireAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, name, cron, kind
        case isPaused = "is_paused"
        case nextFireAt = "next_fire_at"
        case lastFireAt = "last_fire_at"
    }

    init(_ schedule: Schedule) {
        id = schedule.id
        name = schedule.name
        cron = schedule.cron
        kind = schedule.kind
        isPaused = schedule.isPaused
        nextFireAt = schedule.nextFireAt
        lastFireAt = schedule.lastFireAt
    }
}
