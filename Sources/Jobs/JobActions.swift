// What people and programs do to jobs: enqueue, try again, cancel; each with its audit record.
import Audit
import Core
import Storage
import Web

extension JobsFeature {
    /// Enqueues a kind that is open to members; names every bad field.
    func enqueue(_ request: JobRequest, in tx: any Transaction) throws -> Job {
        var validation = Validation()
        let kinds = handlers.publicKinds
        validation.require(
            kinds.contains(request.kind), "/kind", "choice",
            kinds.isEmpty
                ? "This instance lets members enqueue no kind." : "Use one of: \(kinds.joined(separator: ", ")).")
        try validation.check()
        let id = try Jobs.enqueue(
            request.kind, request.payload ?? .object([]), at: request.runAt, unique: request.unique,
            attemptsMax: request.attemptsMax ?? 12, in: tx)
        guard let id, let job = try JobsStore.job(id, in: tx) else {
            throw JobsProblem.exists(
                try request.unique.flatMap { try JobsStore.holder(of: $0, kind: request.kind, in: tx) })
        }
        try Audit.record("job.enqueued", on: .init("job", id), .object(["kind": .string(job.kind)]), in: tx)
        return job
    }

    /// Makes a job ready now with all its attempts before it.
    func retry(_ id: JobID, in tx: any Transaction) throws -> Job {
        let before = try find(id, in: tx)
        do {
            guard try JobsStore.restart(id, in: tx) else { throw JobsProblem.notRetryable }
        } catch StorageError.unique {
            throw JobsProblem.notRetryable
        }
        try Audit.record("job.retried", on: .init("job", id), .object(["kind": .string(before.kind)]), in: tx)
        tx.afterCommit { JobSignal.wake() }
        return try find(id, in: tx)
    }

    /// Ends a job that is not over; a run under way is stopped, and its effect is not applied.
    func cancel(_ id: JobID, in tx: any Transaction) throws -> Job {
        let before = try find(id, in: tx)
        guard try JobsStore.cancel(id, in: tx) else { throw JobsProblem.notCancellable }
        try Audit.record("job.cancelled", on: .init("job", id), .object(["kind": .string(before.kind)]), in: tx)
        return try find(id, in: tx)
    }

    func find(_ id: JobID, in tx: any Transaction) throws -> Job {
        guard let job = try JobsStore.job(id, in: tx) else { throw Problem.notFound("job") }
        return job
    }
}
