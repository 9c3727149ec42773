// Durable work: enqueued in the caller's transaction, run after it commits, retried until it is done.
package import Core
package import Storage
package import Web

/// The kind of identifier that jobs have: `job_…`.
package enum JobKind: IdentifierKind { package static let prefix = "job" }
package typealias JobID = Identifier<JobKind>

/// The queue, seen from a feature: enqueue in a transaction, and declare who runs it (see `JobHandlers`).
package enum Jobs {
    /// Enqueues work in the same transaction as the change that needs it; it runs after the commit.
    ///
    /// The job belongs to the organisation of the transaction's scope, or to the instance. `payload` must not hold
    /// secrets: it is shown in the console. `attemptsMax` lies between 1 and 100. Returns nil when `unique` (at most
    /// 200 characters) names a job of this kind that is still waiting or running: then nothing is added.
    @discardableResult
    package static func enqueue(
        _ kind: String, _ payload: JSONValue = .object([]), queue: String = "default", at runAt: Timestamp? = nil,
        unique: String? = nil, attemptsMax: Int = 12, in tx: any Transaction
    ) throws -> JobID? {
        let job = NewJob(
            id: JobID(at: tx.now), kind: kind, queue: queue, payload: payload, runAt: runAt ?? tx.now,
            unique: unique, attemptsMax: min(max(attemptsMax, 1), 100))
        guard try JobsStore.insert(job, in: tx) else { return nil }
        if job.runAt <= tx.now { tx.afterCommit { JobSignal.wake() } }
        return job.id
    }

    /// Makes a job that gave up ready again, with all its attempts before it; false when there is none.
    package static func restart(_ id: JobID, in tx: any Transaction) throws -> Bool {
        guard try JobsStore.restart(id, in: tx) else { return false }
        tx.afterCommit { JobSignal.wake() }
        return true
    }

    /// Deletes a number of an organisation's jobs at most; returns how many. For an organisation that is deleted.
    package static func erase(limit: Int, in tx: any Transaction) throws -> Int {
        try JobsStore.erase(limit: limit, in: tx)
    }
}

extension Scope {
    /// The value of the column `organization_id`: rows of the instance carry the word `instance`.
    var key: String {
        switch self {
        case .organization(let id): id.text
        case .instance: "instance"
        }
    }

    /// The scope that a column `organization_id` stands for.
    init(key: String) {
        self = key == "instance" ? .instance : .organization(OrganizationID(stored: key))
    }
}
