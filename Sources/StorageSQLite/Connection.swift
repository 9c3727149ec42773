// One SQLite connection: its set-up, its prepared statements, and the scope its statements run in.
import Core
import GRDB
import GRDBSQLite
import Storage
import Synchronization

/// A connection that belongs to one thread at a time.
///
/// GRDB opens it and keeps it; its statements go straight to SQLite. At this rate of small statements GRDB's queue and
/// row objects cost more than the statements do.
final class Connection {
    private let handle: OpaquePointer
    private let scope: ScopeBox
    private var statements: [SQL.Shape: PreparedStatement] = [:]
    private static let statementsLimit = 500

    /// Throws `StorageError.unavailable` when the connection is closed already.
    init(_ database: GRDB.Database, scope: ScopeBox) throws {
        guard let handle = database.sqliteConnection else { throw StorageError.unavailable("closed") }
        self.handle = handle
        self.scope = scope
    }

    /// Drops what was prepared, before the connection closes.
    func forgetStatements() { statements.removeAll() }

    /// Runs a closure with the connection's rows limited to a scope.
    func scoped<Value>(to next: Scope, _ body: () throws -> Value) rethrows -> Value {
        let previous = scope.replace(with: next)
        defer { _ = scope.replace(with: previous) }
        return try body()
    }

    /// Runs a fixed statement of the driver itself, such as BEGIN; prepared once, since it comes with every unit.
    func execute(_ statement: SQL) throws {
        let prepared =
            try statements[statement.shape] ?? make(statement.text, statement.shape, isForInstanceOnly: true)
        defer { prepared.reset() }
        while try prepared.step(on: self) {}
    }

    /// Whether a transaction is open: SQLite closes it by itself after some errors, such as a full disk.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Foreign keys that are still broken and would make COMMIT fail.
    var hasBrokenReferences: Bool {
        var current: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
        return current != 0
    }

    /// Rows that the last statement changed, not counting what triggers did.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// Rows that were changed since the connection was opened, by triggers too; a statement that failed changed none.
    var totalChanges: Int64 { sqlite3_total_changes64(handle) }

    /// A number that is another one after every commit of another connection, as of the transaction's snapshot.
    func dataVersion() throws -> UInt32 {
        // The snapshot is taken by the first statement that reads.
        try execute("SELECT 1 FROM schema_migrations LIMIT 1")
        var version: UInt32 = 0
        guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_DATA_VERSION, &version) == SQLITE_OK else {
            throw lastError()
        }
        return version
    }

    /// A statement ready to be stepped, with its values bound; call `reset` on it when done.
    func prepare(_ statement: SQL) throws -> PreparedStatement {
        let prepared = try cached(statement)
        if prepared.isForInstanceOnly, scope.isOrganization {
            throw StorageError.refused("not in the scope of an organisation: \(statement.text)")
        }
        try prepared.bind(statement.values, on: self)
        return prepared
    }

    private func cached(_ statement: SQL) throws -> PreparedStatement {
        if let known = statements[statement.shape] { return known }
        let qualified = try Tenancy.qualify(statement.text)
        return try make(qualified.text, statement.shape, isForInstanceOnly: qualified.isForInstanceOnly)
    }

    private func make(_ text: String, _ shape: SQL.Shape, isForInstanceOnly: Bool) throws -> PreparedStatement {
        if statements.count >= Self.statementsLimit { statements.removeAll() }
        let prepared = try PreparedStatement(text, isForInstanceOnly: isForInstanceOnly, on: handle)
        statements[shape] = prepared
        return prepared
    }

    /// The connection's last error in the words of storage.
    func lastError() -> StorageError {
        SQLiteErrors.translate(sqlite3_extended_errcode(handle), String(cString: sqlite3_errmsg(handle)))
    }
}

/// The scope that a connection's SQL functions answer with.
final class ScopeBox: Sendable {
    private let state = Mutex<Scope?>(nil)

    /// The box that an SQL function was made with.
    static func of(_ context: OpaquePointer?) -> ScopeBox? {
        sqlite3_user_data(context).map { Unmanaged<ScopeBox>.fromOpaque($0).takeUnretainedValue() }
    }

    var current: Scope? { state.withLock { $0 } }

    func replace(with next: Scope?) -> Scope? {
        state.withLock { state in
            let previous = state
            state = next
            return previous
        }
    }

    var organization: String? { if case .organization(let id) = current { id.text } else { nil } }
    var isOrganization: Bool { if case .organization = current { true } else { false } }
    var isInstance: Bool { if case .instance = current { true } else { false } }
}

/// SQLite's result codes in the words of storage.
enum SQLiteErrors {
    static func translate(_ code: Int32, _ message: String) -> StorageError {
        switch code {
        case 2067, 1555: .unique(columns(message))
        case _ where code & 0xFF == SQLITE_CONSTRAINT: .constraint(message)
        case _ where unavailable.contains(code & 0xFF): .unavailable("\(message) (\(code))")
        default: .refused("\(message) (\(code))")
        }
    }

    private static let unavailable: Set<Int32> = [
        SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_READONLY, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_FULL,
        SQLITE_CANTOPEN, SQLITE_PROTOCOL, SQLITE_NOTADB,
    ]

    /// `UNIQUE constraint failed: users.email, users.x` names the columns; SQLite offers no other way to learn them.
    private static func columns(_ message: String) -> [String] {
        guard let colon = message.firstIndex(of: ":") else { return [] }
        return message[message.index(after: colon)...].split(separator: ",").map {
            String($0.drop(while: { $0 == " " }))
        }
    }
}
