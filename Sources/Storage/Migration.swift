// Numbered steps of the schema.

/// One step of the schema: runs once, in order, in a transaction of its own.
package struct Migration: Sendable {
    /// From the file's name: `0003_organizations` is number 3.
    package let number: Int
    package let name: String
    /// The statements, in the driver's own dialect.
    package let text: String

    package init(number: Int, name: String, text: String) {
        self.number = number
        self.name = name
        self.text = text
    }
}

/// Why a file can't be migrated; each sentence says what to do.
package enum MigrationError: Error, Equatable, CustomStringConvertible {
    case newer(found: Int, known: Int)
    case altered(String)
    case failed(String, reason: String)

    package var description: String {
        switch self {
        case .newer(let found, let known):
            "The database was written by a newer RaptorFlow (schema \(found), this program knows \(known)). "
                + "Start the newer program, or restore the snapshot it took before upgrading."
        case .altered(let name):
            "Migration \(name) differs from the one this database was made with. Use the program it was made with."
        case .failed(let name, let reason):
            "Migration \(name) failed and was undone: \(reason)"
        }
    }
}
