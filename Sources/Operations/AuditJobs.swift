// The jobs of the audit log; Audit itself stands below the queue and can't have any.
package import Audit
import Core
package import Jobs
package import Logging

extension Operations {
    /// Adds the jobs that build trees, sign checkpoints and remove what is older than it has to be kept.
    ///
    /// A checkpoint goes to the log as one line of JSON: whoever collects logs has it outside this machine.
    ///
    /// - Parameter retentionDays: how long records are kept; 0 keeps them for ever.
    package static func addAuditJobs(
        to handlers: inout JobHandlers, keeper: AuditKeeper, retentionDays: Int, logger: Logger
    ) throws {
        handlers.on("audit.tend", "Build the audit log's trees and sign checkpoints", timeout: .hours(1)) { _ in
            for checkpoint in try await keeper.tend() {
                logger.notice("audit checkpoint", metadata: ["checkpoint": "\(checkpoint.line)"])
            }
            return .done
        }
        try handlers.schedule("audit.tend", "* * * * *", kind: "audit.tend")
        handlers.on("audit.prune", "Remove audit records that are older than they are kept", timeout: .hours(1)) { _ in
            if retentionDays > 0 { _ = try await keeper.prune(olderThan: .days(Int64(retentionDays))) }
            return .done
        }
        try handlers.schedule("audit.prune", "41 3 * * *", kind: "audit.prune")
    }
}
