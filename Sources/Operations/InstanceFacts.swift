// What Operations has to know of how the instance was started.
import Core
package import Storage

/// Paths, options and checks that the composition root hands over.
package struct InstanceFacts: Sendable {
    /// One thing that can be verified at length: the ledger, the audit log.
    package struct Verification: Sendable {
        package let name: String
        /// What was verified, in words; or the first problem. Scope: instance.
        package let run: @Sendable (any Transaction) throws -> Outcome

        /// How a verification ended.
        package enum Outcome: Sendable, Equatable {
            case good(String)
            case bad(String)
        }

        package init(_ name: String, _ run: @escaping @Sendable (any Transaction) throws -> Outcome) {
            self.name = name
            self.run = run
        }
    }

    package var databasePath: String
    package var backupFolder: String
    /// The number of the newest migration this program has.
    package var schemaVersion: Int
    package var publicURL: String
    /// Whether payments move money.
    package var isProduction: Bool
    /// Host and port of the mail server; nil when messages stay in the outbox.
    package var mailServer: String?
    package var masterKey: MasterKeySource
    package var verifications: [Verification]

    package init(
        databasePath: String, backupFolder: String, schemaVersion: Int, publicURL: String, isProduction: Bool,
        mailServer: String?, masterKey: MasterKeySource, verifications: [Verification]
    ) {
        self.databasePath = databasePath
        self.backupFolder = backupFolder
        self.schemaVersion = schemaVersion
        self.publicURL = publicURL
        self.isProduction = isProduction
        self.mailServer = mailServer
        self.masterKey = masterKey
        self.verifications = verifications
    }
}
