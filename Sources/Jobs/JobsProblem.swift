// Every way in which the queue refuses.
package import Core

/// What the queue refuses with.
package enum JobsProblem: Error, Equatable, ProblemConvertible {
    /// The unique key belongs to a job that is not over.
    case exists(JobID?)
    /// Completed, running or ready: there is nothing to try again.
    case notRetryable
    /// It is over.
    case notCancellable

    package static let codes = ["job_exists", "job_not_retryable", "job_not_cancellable"]

    package var problem: Problem {
        switch self {
        case .exists(let id):
            Problem(
                "job_exists", status: 409,
                "A job with this unique key is waiting or running: \(id?.text ?? "unknown"). Nothing was enqueued.")
        case .notRetryable:
            Problem(
                "job_not_retryable", status: 409,
                "Only a scheduled, cancelled or dead job can be tried again, and only while no other job holds its "
                    + "unique key.")
        case .notCancellable: Problem("job_not_cancellable", status: 409, "The job is over already.")
        }
    }
}
