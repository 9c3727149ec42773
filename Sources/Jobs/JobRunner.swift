// The worker: takes jobs as long as the server runs, and hands back what it could not finish.
package import Core
package import Logging
import ServiceLifecycle
package import Storage

/// Runs the jobs of the database in this process.
///
/// A run is held by a lease that is renewed while it lasts and by an epoch that every statement about it carries: what
/// was taken away (crash, cancellation, rescue) can't be completed any more. On a graceful stop runs may finish for a
/// while; what is left is handed back without counting an attempt.
package struct JobRunner: Service {
    /// What may be set.
    package struct Options: Sendable {
        /// Jobs of each queue that run at the same time.
        package var slots = ["default": 8, "mail": 2]
        /// How long nothing may be heard of a run before it counts as lost; renewed every third of it.
        package var lease = Milliseconds.seconds(30)
        /// How long running jobs may finish after a graceful stop.
        package var drain = Milliseconds.seconds(20)
        /// How often the clock is looked at, in real time.
        package var tick = Milliseconds.seconds(1)
        /// Lost runs after which a job is dead.
        package var lostMax = 3

        package init() {}
    }

    private let database: any Database
    private let handlers: JobHandlers
    private let options: Options
    private let logger: Logger
    private let running = RunningJobs()

    package init(database: any Database, handlers: JobHandlers, options: Options = Options(), logger: Logger) {
        self.database = database
        self.handlers = handlers
        self.options = options
        self.logger = logger
    }

    /// Runs until the task is cancelled or the service is stopped gracefully.
    package func run() async throws {
        try await start()
        let bell = Bell()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await bell.ring(every: options.tick) }
                group.addTask { await beat() }
                for await _ in bell.rings {
                    for (job, queue) in await round(bell) {
                        let revocation = running.add(job, queue: queue)
                        group.addTask {
                            await work(on: job, revocation: revocation)
                            bell.ring()
                        }
                    }
                }
                await drain()
                group.cancelAll()
                await handBack()
            }
        } onGracefulShutdown: {
            bell.finish()
        }
    }

    /// Runs everything that is due, one job after another, and returns how many ran: for tests and the demo.
    @discardableResult
    package func runDue() async throws -> Int {
        var count = 0
        while true {
            let found = try await JobRound(
                free: options.slots, own: running.all.map(\.id), lease: options.lease, lostMax: options.lostMax
            )(on: database)
            for (job, queue) in found.claimed {
                await work(on: job, revocation: running.add(job, queue: queue))
                count += 1
            }
            if found.claimed.isEmpty, !found.hasMore { return count }
        }
    }

    /// Brings the declared schedules in, and gives what a former process was running a fresh lease.
    package func start() async throws {
        let (handlers, lease) = (handlers, options.lease)
        let held = try await database.write(in: .instance, by: .system("jobs")) { tx in
            try Scheduler.declare(handlers.schedules, in: tx)
            return try JobsStore.grace(until: tx.now.adding(lease), in: tx)
        }
        if held > 0 { logger.notice("Jobs were running when the last process ended", metadata: ["count": "\(held)"]) }
    }

    // MARK: The loop

    private func round(_ bell: Bell) async -> [(job: ClaimedJob, queue: String)] {
        let free = options.slots.reduce(into: [String: Int]()) { free, slot in
            free[slot.key] = max(0, slot.value - running.count(in: slot.key))
        }
        let own = running.healthy.map(\.id)
        do {
            let found = try await JobRound(free: free, own: own, lease: options.lease, lostMax: options.lostMax)(
                on: database)
            for id in found.lost { logger.warning("A job was lost and taken back", metadata: ["job": "\(id)"]) }
            if found.hasMore { bell.ring() }
            return found.claimed
        } catch {
            logger.warning("The queue can't be read or written at the moment", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func work(on job: ClaimedJob, revocation: AsyncStream<Void>) async {
        defer { running.remove(job) }
        var logger = logger
        logger[metadataKey: "job"] = "\(job.id)"
        logger[metadataKey: "kind"] = "\(job.kind)"
        let entry = handlers.entries[job.kind] ?? .unknown(logger)
        await JobRun(job: job, entry: entry, database: database, running: running, logger: logger)(
            revocation: revocation)
    }

    /// Renews the leases of what is running; what is not ours any more is stopped.
    private func beat() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(options.lease.count / 3))
            let (jobs, lease) = (running.healthy, options.lease)
            if jobs.isEmpty || Task.isCancelled { continue }
            let gone = try? await database.write(in: .instance, by: .system("jobs")) { tx in
                try jobs.filter { !(try JobsStore.renew($0.id, epoch: $0.epoch, until: tx.now.adding(lease), in: tx)) }
            }
            for job in gone ?? [] { running.revoke(job.id) }
        }
    }

    // MARK: Stopping

    private func drain() async {
        let step: Int64 = 20
        for _ in 0..<(options.drain.count / step) where !running.isEmpty && !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(step))
        }
    }

    /// Hands back what did not finish, without waiting for handlers that do not stop.
    private func handBack() async {
        let jobs = running.all
        if jobs.isEmpty { return }
        let count = try? await database.write(in: .instance, by: .system("jobs")) { tx in
            try jobs.count { try JobsStore.release($0, at: tx.now, in: tx) }
        }
        logger.notice("Jobs were handed back at the stop", metadata: ["count": "\(count ?? 0)"])
    }
}

extension JobHandlers.Entry {
    /// Puts a job of an unknown kind back: another version of the program may know it.
    static func unknown(_ logger: Logger) -> Self {
        Self(summary: "", timeout: .seconds(5), isPublic: false) { _ in
            logger.warning("No handler of this program knows the kind of a job; it is kept for later")
            return .later(.minutes(1))
        }
    }
}

/// Rings when there may be something to do; rings that nobody has heard yet count as one.
private struct Bell: Sendable {
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (rings, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func ring() { continuation.yield() }
    func finish() { continuation.finish() }

    /// Rings with the clock and with every job that became ready in this process.
    func ring(every tick: Milliseconds) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in JobSignal.wakeUps() { ring() } }
            group.addTask {
                while !Task.isCancelled {
                    ring()
                    try? await Task.sleep(for: .milliseconds(tick.count))
                }
            }
        }
    }
}
