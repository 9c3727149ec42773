// Operations: what keeps an instance healthy. Health routes, backups, doctor, keys, pruning, the operator's page.
import Audit
import Core
import Identity
package import Jobs
package import Storage
package import Web

/// The feature: for those who run the instance.
///
/// It reads everything and owns little: the instance's keys and the folder of backups.
package struct Operations: Sendable {
    let database: any Database
    let facts: InstanceFacts
    let backups: Backups

    package init(database: any Database, facts: InstanceFacts) {
        self.database = database
        self.facts = facts
        backups = Backups(folder: BackupFolder(path: facts.backupFolder), database: database)
    }

    /// Everything of Operations is the instance's own.
    package static let visibility: [Visibility] = []

    /// The state of the instance in a list of findings.
    package var doctor: Doctor { Doctor(facts: facts) }

    /// Adds health and operator operations.
    package func addRoutes(to routes: inout Routes) {
        addHealth(to: &routes)
        addBackupRoutes(to: &routes)
    }

    /// Adds the operator's page.
    package func addPages(to pages: inout Pages) { addOperatorPages(to: &pages) }

    /// Adds the hourly backup, the backups that are asked for, and the pruning of what has expired.
    package func addJobs(to handlers: inout JobHandlers) throws {
        let backups = backups
        handlers.on("backups.refresh", "Refresh the copy of the database", timeout: .hours(2)) { _ in
            try await backups.refresh()
            return .done
        }
        handlers.on("backups.take", "Take a copy of the database", timeout: .hours(2)) { _ in
            try await backups.take()
            return .done
        }
        handlers.on("instance.prune", "Remove expired sessions, tokens and kept answers") { _ in
            .commit { tx in
                _ = try Identity.prune(in: tx)
                _ = try IdempotencyKeys.prune(in: tx)
            }
        }
        try handlers.schedule("backups.refresh", "7 * * * *", kind: "backups.refresh")
        try handlers.schedule("instance.prune", "*/15 * * * *", kind: "instance.prune")
    }
}
