// What this process is running right now.
import Core
import Synchronization

/// The jobs that a runner holds, by queue; shared by the loop, the heartbeat and the runs themselves.
final class RunningJobs: Sendable {
    private struct Entry {
        let job: ClaimedJob
        let queue: String
        let revoke: AsyncStream<Void>.Continuation
        /// Past its time and still not back: its lease is no longer renewed, so it is rescued.
        var isOverdue = false
    }

    private let entries = Mutex<[JobID: Entry]>([:])

    var isEmpty: Bool { entries.withLock { $0.isEmpty } }

    /// Every job that is held.
    var all: [ClaimedJob] { entries.withLock { $0.values.map(\.job) } }

    /// The jobs whose leases are worth renewing.
    var healthy: [ClaimedJob] { entries.withLock { $0.values.filter { !$0.isOverdue }.map(\.job) } }

    func count(in queue: String) -> Int { entries.withLock { $0.values.count { $0.queue == queue } } }

    /// Notes a job; the stream ends when the job is taken away.
    func add(_ job: ClaimedJob, queue: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        entries.withLock { $0[job.id] = Entry(job: job, queue: queue, revoke: continuation) }
        return stream
    }

    /// Forgets a job, unless a later claim of the same job has taken its place.
    func remove(_ job: ClaimedJob) {
        entries.withLock { entries in
            if entries[job.id]?.job.epoch == job.epoch { entries[job.id] = nil }
        }
    }

    /// Tells the run that its job belongs to somebody else now.
    func revoke(_ id: JobID) { entries.withLock { $0[id]?.revoke }?.finish() }

    func setOverdue(_ id: JobID) { entries.withLock { $0[id]?.isOverdue = true } }
}
