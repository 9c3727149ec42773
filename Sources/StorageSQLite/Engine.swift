// Settings of SQLite as a whole; they are taken only before the first connection of the process.
import CSQLite

enum Engine {
    /// Evaluated once, before the first connection is opened; that a tool opened one earlier does no harm.
    static let isSetUp = csqlite_config_no_memory_statistics() == SQLITE_OK
}
