// Backups over HTTP, for operators.
import Audit
import Core
import Jobs
import Storage
import Web

/// What asking for a backup answers.
struct BackupRequested: Codable, Sendable {
    /// The job that takes it.
    let jobID: JobID

    enum CodingKeys: String, CodingKey {
        case jobID = "job_id"
    }
}

extension Operations {
    func addBackupRoutes(to routes: inout Routes) {
        let backups = backups.folder
        routes.get(
            "/v1/operator/backups", "listBackups", "List the backups, the freshest copy first", tag: "operator",
            allow: .operators, returns: Page<Backup>.self
        ) { _, _ in
            Page(data: backups.list(), nextCursor: nil)
        }
        routes.post(
            "/v1/operator/backups", "takeBackup", "Take a backup now", tag: "operator", allow: .operators,
            body: NoBody.self, returns: BackupRequested.self, status: 202, problems: ["backup_running"]
        ) { _, tx in
            BackupRequested(jobID: try Self.requestBackup(in: tx))
        }
    }

    /// Enqueues a backup; refuses while one is waiting or running.
    static func requestBackup(in tx: any Transaction) throws -> JobID {
        guard let job = try Jobs.enqueue("backups.take", unique: "backups.take", in: tx) else {
            throw OperationsProblem.backupRunning
        }
        try Audit.record("backup.requested", on: .init("job", job), in: tx)
        return job
    }
}
