// One look at the queue: what fell due becomes ready, lost jobs come back, free workers get work.
import Core
import Storage
import Web

/// What a round does, in one unit of work; nothing is written when there is nothing to do.
struct JobRound: Sendable {
    /// Free workers by queue.
    let free: [String: Int]
    /// Jobs that this process is running: never lost, whatever the clock says.
    let own: [JobID]
    let lease: Milliseconds
    /// Leases that may run out before a job counts as poison.
    let lostMax: Int

    /// Jobs that become ready or are rescued in one unit; the rest follows in the next.
    private static let batch = 500

    struct Found: Sendable {
        var claimed: [(job: ClaimedJob, queue: String)] = []
        var lost: [JobID] = []
        /// Whether another round should follow at once.
        var hasMore = false
    }

    func callAsFunction(on database: any Database) async throws -> Found {
        let isIdle = try database.read(in: .instance) { tx in
            try !SchedulesStore.isAnythingDue(in: tx)
                && !JobsStore.hasWork(queues: free.filter { $0.value > 0 }.keys.sorted(), except: own, in: tx)
        }
        if isIdle { return Found() }
        return try await database.write(in: .instance, by: .system("jobs")) { tx in try take(in: tx) }
    }

    private func take(in tx: any Transaction) throws -> Found {
        var found = Found()
        found.lost = try rescue(in: tx)
        let fired = try Scheduler.fire(in: tx)
        let promoted = try JobsStore.promote(limit: Self.batch, in: tx)
        found.hasMore = promoted == Self.batch || found.lost.count == Self.batch || fired > 0
        for (queue, count) in free.sorted(by: { $0.key < $1.key }) where count > 0 {
            let claimed = try JobsStore.claim(queue: queue, limit: count, until: tx.now.adding(lease), in: tx)
            found.claimed += claimed.map { ($0, queue) }
        }
        return found
    }

    /// Takes back what nobody has reported on; a job that is lost again and again would take every worker down.
    private func rescue(in tx: any Transaction) throws -> [JobID] {
        let expired = try JobsStore.expired(except: own, limit: Self.batch, in: tx)
        for (job, lost) in expired {
            let error = "nothing was heard of the run: the process ended or hung"
            if lost + 1 >= lostMax {
                _ = try JobsStore.bury(job, error: "\(error), \(lost + 1) times", in: tx)
            } else {
                try JobsStore.recover(job, at: tx.now, error: error, in: tx)
            }
            try JobsStore.note(JobFailure(outcome: .lost, error: error, at: tx.now), of: job, in: tx)
        }
        return expired.map(\.job.id)
    }
}
