// Settings of SQLite as a whole; they are taken only before the first connection of the process.
import CSQLite

enum Engine {
    /// Evaluated once, before the first connection is opened; that a tool opened one earlier does no harm.
    ///
    /// The journal of a statement is one piece of memory, used as far as it is needed; what is larger goes to a
    /// temporary file. (`temp_store = MEMORY` would take it in pieces of 1 KB, dozens for each row that has triggers.)
    static let isSetUp =
        csqlite_config_no_memory_statistics() == SQLITE_OK
        && csqlite_config_statement_journal(512 << 10) == SQLITE_OK
}
