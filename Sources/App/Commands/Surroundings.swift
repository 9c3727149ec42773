// What the options say, in the form in which Operations wants it.
import Audit
import Ledger
import Operations
import Storage

enum Surroundings {
    /// The facts of an instance.
    static func facts(_ settings: Settings, verifications: [InstanceFacts.Verification]) -> InstanceFacts {
        InstanceFacts(
            databasePath: settings.database, backupFolder: settings.backupFolder,
            schemaVersion: DatabaseFile.migrations().last?.number ?? 0, publicURL: settings.publicURL,
            isProduction: settings.mode == .production, mailServer: settings.smtp.map { "\($0.host):\($0.port)" },
            masterKey: settings.masterKey, verifications: verifications)
    }

    /// What can be verified at length.
    static let verifications = [ledger, audit]

    static let ledger = InstanceFacts.Verification("Ledger") { tx in
        let report = try Ledger.verify(in: tx)
        if let problem = report.firstProblem { return .bad(problem) }
        return .good("\(report.entries) entries in \(report.books) books: balances, chains and triggers are sound")
    }

    static let auditName = "Audit log"

    /// As `doctor` looks at it: every checkpoint by the key it carries.
    static let audit = InstanceFacts.Verification(auditName) { tx in try audit(Audit.Evidence(), tx) }

    static func audit(
        _ evidence: Audit.Evidence, _ tx: any Transaction
    ) throws -> InstanceFacts.Verification.Outcome {
        let report = try Audit.verify(with: evidence, in: tx)
        if let problem = report.firstProblem { return .bad(problem) }
        return .good(
            """
            \(report.records) records in \(report.chains) chains, none touched; \
            \(report.checkpoints) checkpoints agree
            """)
    }
}
