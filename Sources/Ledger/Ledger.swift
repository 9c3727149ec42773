// The feature: books, accounts and journal entries in double entry, append-only and chained.
import Core
package import Storage
package import Web

/// The double-entry ledger: one book for each organisation.
///
/// Depends on Storage, Web, Audit and Events, and knows nothing of what is booked. Every act runs in the transaction it
/// is handed, in the scope of the organisation. The rules are kept twice: here, to refuse with words that help, and by
/// triggers of the schema, for whoever else writes to the file (docs/decisions/0002-ledger-invariants.md).
package struct Ledger: Sendable {
    let database: any Database

    /// The database is for verification, which opens a long read of its own; everything else is handed a transaction.
    package init(database: any Database) { self.database = database }

    /// The most postings an entry may have.
    package static let postingsLimit = 200

    /// Adds the JSON operations.
    package func addRoutes(to routes: inout Routes) {
        addAccounts(to: &routes)
        addEntries(to: &routes)
        addHolds(to: &routes)
        addReports(to: &routes)
        addExport(to: &routes)
        addVerification(to: &routes)
    }

    /// Adds the console's pages.
    package func addPages(to pages: inout Pages) {
        addAccountPages(to: &pages)
        addEntryPages(to: &pages)
        addHoldPages(to: &pages)
        addReportPages(to: &pages)
        addClosingPage(to: &pages)
        addVerificationPage(to: &pages)
    }
}
