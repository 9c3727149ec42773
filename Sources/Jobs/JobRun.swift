// One run of one job: the handler against its timeout, and what is written about its end.
import Core
import Logging
import Storage
import Web

struct JobRun: Sendable {
    let job: ClaimedJob
    let entry: JobHandlers.Entry
    let database: any Database
    let running: RunningJobs
    let logger: Logger

    /// How the handler ended.
    enum End: Sendable {
        case well(JobOutcome)
        case badly(JobFailure.Outcome, error: String, givesUp: Bool)
        /// The process is stopping: the job is handed back.
        case stopped
        /// The job was cancelled or rescued meanwhile: nothing is written.
        case revoked
    }

    private enum Signal: Sendable {
        case handler(Result<JobOutcome, any Error>)
        case timeout
        case revocation
        case nothing
    }

    func callAsFunction(revocation: AsyncStream<Void>) async {
        let end = await run(until: revocation)
        await settle(end)
    }

    // MARK: Running

    private func run(until revocation: AsyncStream<Void>) async -> End {
        await withTaskGroup(of: Signal.self) { group in
            group.addTask { await handle() }
            group.addTask {
                let isOver: Void? = try? await Task.sleep(for: .milliseconds(entry.timeout.count))
                return isOver == nil ? .nothing : .timeout
            }
            group.addTask {
                for await _ in revocation {}
                return Task.isCancelled ? .nothing : .revocation
            }
            var cause: End?
            for await signal in group {
                switch signal {
                case .handler(let result):
                    group.cancelAll()
                    return end(of: result, cause: cause)
                case .timeout:
                    cause = .badly(.timedOut, error: "not done after \(entry.timeout.count / 1000) s", givesUp: false)
                    running.setOverdue(job.id)
                    group.cancelAll()
                case .revocation:
                    cause = .revoked
                    group.cancelAll()
                case .nothing: break
                }
            }
            return .stopped
        }
    }

    private func handle() async -> Signal {
        let context = JobContext(
            id: job.id, kind: job.kind, payload: job.payload, attempt: job.attempt,
            isLastAttempt: job.attempt >= job.attemptsMax, scope: job.scope, database: database)
        do {
            return .handler(.success(try await entry.run(context)))
        } catch {
            return .handler(.failure(error))
        }
    }

    private func end(of result: Result<JobOutcome, any Error>, cause: End?) -> End {
        switch result {
        case .success(let outcome): .well(outcome)
        case .failure(let error):
            if let cause { cause } else if Task.isCancelled { .stopped } else { .failure(error) }
        }
    }

    // MARK: Writing the end

    /// Tries again while the store is busy; a job whose end can't be written is rescued when its lease runs out.
    private func settle(_ end: End) async {
        var delay = 50
        for _ in 0..<6 {
            do {
                guard try await write(end) else { return logger.notice("The job is not ours any more") }
                return
            } catch let error as StorageError where error.isPassing {
                logger.warning("The end of a job could not be written yet", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .milliseconds(delay))
                delay *= 4
            } catch is StaleClaim {
                return logger.notice("The job is not ours any more; its effect was not applied")
            } catch {
                if case .well = end { return await settle(.failure(error)) }
                return logger.error("The end of a job was refused", metadata: ["error": "\(error)"])
            }
        }
        logger.error("The end of a job could not be written; it will run again when its lease is over")
    }

    private func write(_ end: End) async throws -> Bool {
        let job = job
        let actor = Actor(.system, id: job.id.text, display: "job \(job.kind)")
        return try await database.write(in: job.scope, by: actor) { tx in
            switch end {
            case .well(.done): return try JobsStore.complete(job, in: tx)
            case .well(.commit(let effect)):
                try effect(tx)
                guard try JobsStore.complete(job, in: tx) else { throw StaleClaim() }
                return true
            case .well(.later(let delay)): return try JobsStore.release(job, at: tx.now.adding(delay), in: tx)
            case .stopped: return try JobsStore.release(job, at: tx.now, in: tx)
            case .revoked: return false
            case .badly(let outcome, let error, let givesUp):
                let failure = JobFailure(outcome: outcome, error: error, at: tx.now)
                return try JobRun.fail(job, failure, givesUp: givesUp, in: tx)
            }
        }
    }

    /// Plans the next attempt, or buries the job after its last one.
    private static func fail(
        _ job: ClaimedJob, _ failure: JobFailure, givesUp: Bool, in tx: any Transaction
    ) throws -> Bool {
        let isOver = givesUp || job.attempt >= job.attemptsMax
        let next = tx.now.adding(Backoff.delay(afterAttempt: job.attempt))
        let isOurs =
            isOver
            ? try JobsStore.bury(job, error: failure.error, in: tx)
            : try JobsStore.retry(job, at: next, error: failure.error, in: tx)
        if isOurs { try JobsStore.note(failure, of: job, in: tx) }
        return isOurs
    }
}

/// The claim was lost before the effect could be applied: rolls the effect back.
private struct StaleClaim: Error {}

extension JobRun.End {
    static func failure(_ error: any Error) -> Self {
        .badly(.failed, error: String(words(for: error).prefix(1000)), givesUp: error is JobGivesUp)
    }

    private static func words(for error: any Error) -> String {
        guard let problem = (error as? any ProblemConvertible)?.problem else { return "\(error)" }
        return "\(problem.code): \(problem.detail)"
    }
}

extension StorageError {
    /// Whether the same write may succeed in a moment.
    var isPassing: Bool {
        switch self {
        case .overloaded, .unavailable: true
        default: false
        }
    }
}
