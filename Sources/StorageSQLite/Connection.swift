// One SQLite connection: its set-up, its prepared statements, and the scope its statements run in.
import Core
import GRDB
import GRDBSQLite
import Storage
import Synchronization

/// A connection that belongs to one thread at a time.
final class Connection {
    let database: GRDB.Database
    private let scope: ScopeBox
    private var statements: [String: PreparedStatement] = [:]
    private static let statementsLimit = 500

    init(_ database: GRDB.Database, scope: ScopeBox) {
        self.database = database
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

    var currentScope: Scope? { scope.current }

    /// Runs a fixed statement of the driver itself, such as BEGIN; prepared once, since it comes with every unit.
    func execute(_ text: String) throws {
        let prepared: PreparedStatement
        if let known = statements[text] {
            prepared = known
        } else {
            prepared = PreparedStatement(try database.makeStatement(sql: text), isForInstanceOnly: true)
            statements[text] = prepared
        }
        defer { prepared.reset() }
        while try prepared.step(on: self) {}
    }

    /// Whether a transaction is open: SQLite closes it by itself after some errors, such as a full disk.
    var isInTransaction: Bool {
        guard let connection = database.sqliteConnection else { return false }
        return sqlite3_get_autocommit(connection) == 0
    }

    /// Foreign keys that are still broken and would make COMMIT fail.
    var hasBrokenReferences: Bool {
        guard let connection = database.sqliteConnection else { return false }
        var current: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(connection, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
        return current != 0
    }

    var changes: Int {
        guard let connection = database.sqliteConnection else { return 0 }
        return Int(sqlite3_changes(connection))
    }

    /// A statement ready to be stepped, with its values bound; call `reset` on it when done.
    func prepare(_ statement: SQL) throws -> PreparedStatement {
        let prepared = try cached(statement.text)
        if prepared.isForInstanceOnly, case .organization = scope.current {
            throw StorageError.refused("not in the scope of an organisation: \(statement.text)")
        }
        try prepared.bind(statement.values, on: self)
        return prepared
    }

    private func cached(_ text: String) throws -> PreparedStatement {
        if let known = statements[text] { return known }
        let qualified = try Tenancy.qualify(text)
        do {
            if statements.count >= Self.statementsLimit { statements.removeAll() }
            let prepared = PreparedStatement(
                try database.makeStatement(sql: qualified.text), isForInstanceOnly: qualified.isForInstanceOnly)
            statements[text] = prepared
            return prepared
        } catch let error as DatabaseError {
            throw StorageError.refused("\(error.message ?? "it does not parse"): \(text)")
        }
    }

    /// The connection's last error in the words of storage.
    func lastError() -> StorageError {
        guard let connection = database.sqliteConnection else { return .unavailable("closed") }
        let message = sqlite3_errmsg(connection).map { String(cString: $0) } ?? ""
        return SQLiteErrors.translate(sqlite3_extended_errcode(connection), message)
    }
}

/// The scope that a connection's SQL functions answer with.
final class ScopeBox: Sendable {
    private let state = Mutex<Scope?>(nil)

    var current: Scope? { state.withLock { $0 } }

    func replace(with next: Scope?) -> Scope? {
        state.withLock { state in
            let previous = state
            state = next
            return previous
        }
    }

    var organization: String? {
        if case .organization(let id) = current { id.text } else { nil }
    }

    var isInstance: Bool { current == .instance }
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
