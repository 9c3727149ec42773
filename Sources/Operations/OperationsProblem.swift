// Every way in which Operations refuses.
import Core

enum OperationsProblem: ProblemConvertible {
    /// The database can't be read or written now.
    case notReady(any Error)
    /// A backup was asked for while one is still waiting or running.
    case backupRunning

    var problem: Problem {
        switch self {
        case .notReady(let error):
            Problem(
                "not_ready", status: 503, "The database can't be read and written at the moment.", retryAfter: 2,
                underlying: error)
        case .backupRunning:
            Problem(
                "backup_running", status: 409,
                "A backup is being taken already. It appears in the list when it is complete.")
        }
    }
}
