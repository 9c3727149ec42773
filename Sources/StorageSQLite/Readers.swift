// Connections for reading, borrowed by whoever needs one.
import Core
import Dispatch
import GRDB
import Storage
import Synchronization

/// A pool of read connections; a read runs on its caller's thread, since a hop costs more than a point read.
final class Readers: Sendable {
    private let idle = Mutex<[Reader]>([])
    private let open: @Sendable () throws -> Reader

    init(open: @escaping @Sendable () throws -> Reader) { self.open = open }

    /// Runs a closure over one snapshot of the database.
    func read<Value>(
        in scope: Scope, now: Timestamp, _ body: (any Transaction) throws -> Value
    ) throws -> Value {
        let reader = try idle.withLock { $0.popLast() } ?? open()
        defer { idle.withLock { $0.append(reader) } }
        return try reader.read(in: scope, now: now, body)
    }

    func close() throws {
        let readers = idle.withLock { readers in
            defer { readers = [] }
            return readers
        }
        for reader in readers { try reader.close() }
    }
}

/// One read connection. Whoever has borrowed it is the only one to use it.
final class Reader: Sendable {
    private let queue: DatabaseQueue
    nonisolated(unsafe) private let connection: Connection
    private let memory = Memory()

    /// Opens a connection that can't write, with the views of every scope in place.
    init(path: String, visibility: [Visibility]) throws {
        let scope = ScopeBox()
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "reader"
        configuration.prepareDatabase { database in
            try Tenancy.addFunctions(to: database, scope: scope)
            try Tenancy.protect(database, visibility: visibility)
            try database.execute(sql: "PRAGMA query_only = 1")
            try database.execute(sql: "PRAGMA cache_size = -2000")
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        connection = try queue.unsafeReentrantRead { try Connection($0, scope: scope) }
    }

    func read<Value>(
        in scope: Scope, now: Timestamp, _ body: (any Transaction) throws -> Value
    ) throws -> Value {
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        return try connection.scoped(to: scope) {
            try body(
                SQLiteTransaction(connection, now: now, scope: scope, actor: Self.actor, memory: memory))
        }
    }

    private static let actor = Actor.system("read")

    func close() throws {
        connection.forgetStatements()
        try queue.close()
    }
}
