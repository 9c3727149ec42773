// The database over one SQLite file in WAL mode.
package import Core
import Dispatch
import Foundation
import GRDB
import GRDBSQLite
package import Storage

/// One file, one writer with group commit, readers without a hop.
package final class SQLiteDatabase: Storage.Database {
    package let clock: Clock
    package let path: String
    private let queue: DatabaseQueue
    private let writer: Writer
    private let readers: Readers
    private let checkpointer: Checkpointer
    private let longReaders: DispatchQueue
    private let longReadersLimit = DispatchSemaphore(value: 2)

    /// What `open` needs to know.
    package struct Options: Sendable {
        package var migrations: [Migration]
        package var visibility: [Visibility]
        /// Units of work that may wait for the writer; one more is answered with 503.
        package var waitingLimit = 1024

        package init(migrations: [Migration], visibility: [Visibility]) {
            self.migrations = migrations
            self.visibility = visibility
        }
    }

    /// Opens or creates the file, brings its schema up to date and starts the writer.
    ///
    /// Reads every setting back and throws `StorageError.unavailable` when SQLite did not take one; throws
    /// `MigrationError` when the file is newer than the program. A snapshot named `<file>.before-<version>` is taken
    /// before a file that holds data is migrated.
    package init(path: String, options: Options, clock: Clock = .system) throws {
        self.path = path
        self.clock = clock
        _ = Engine.isSetUp
        let scope = ScopeBox()
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "writer"
        configuration.prepareDatabase { try Tenancy.addFunctions(to: $0, scope: scope) }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { database in
            try Self.setUp(database)
            if try Migrator.version(of: database) > 0, try Migrator.isBehind(database, options.migrations) {
                try database.execute(
                    sql: "VACUUM INTO ?", arguments: ["\(path).before-\(options.migrations.last?.number ?? 0)"])
            }
            try Migrator.migrate(database, options.migrations, now: clock.now)
            try Tenancy.protect(database, visibility: options.visibility)
        }
        let visibility = options.visibility
        readers = Readers { try Reader(path: path, visibility: visibility) }
        let checkpointer = try Checkpointer(path: path)
        self.checkpointer = checkpointer
        queue.unsafeReentrantRead { checkpointer.watch($0) }
        longReaders = DispatchQueue(label: "raptorflow.reads", attributes: .concurrent)
        writer = Writer(clock: clock, waitingLimit: options.waitingLimit)
        let thread = Thread { [queue, writer] in
            queue.writeWithoutTransaction { database in
                // The connection was just opened, so this can't fail.
                guard let connection = try? Connection(database, scope: scope) else { return }
                writer.loop(on: connection)
                connection.forgetStatements()
            }
        }
        thread.name = "writer"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Sets what durability and correctness rest on, and reads it back.
    private static func setUp(_ database: GRDB.Database) throws {
        let settings: [(name: String, value: String, expected: String)] = [
            ("journal_mode", "WAL", "wal"), ("synchronous", "FULL", "2"), ("foreign_keys", "ON", "1"),
            ("recursive_triggers", "ON", "1"), ("trusted_schema", "OFF", "0"),
        ]
        try database.execute(sql: "PRAGMA cache_size = -16000")
        for setting in settings {
            try database.execute(sql: "PRAGMA \(setting.name) = \(setting.value)")
            let found = try DatabaseValue.fetchOne(database, sql: "PRAGMA \(setting.name)").map { "\($0)" } ?? ""
            guard found.trimmingCharacters(in: CharacterSet(charactersIn: "\"")) == setting.expected else {
                throw StorageError.unavailable(
                    "SQLite did not accept \(setting.name) = \(setting.value): it says \(found)")
            }
        }
    }

    package func read<Value>(in scope: Scope, _ body: (any Transaction) throws -> Value) throws -> Value {
        try readers.read(in: scope, now: clock.now, body)
    }

    package func readAtLength<Value: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            longReaders.async { [self] in
                longReadersLimit.wait()
                defer { longReadersLimit.signal() }
                continuation.resume(with: Result { try read(in: scope, body) })
            }
        }
    }

    package func write<Value: Sendable>(
        in scope: Scope, by actor: Actor, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await writer.run(in: scope, by: actor, body)
    }

    /// Stops the writer after what waits, moves the WAL into the file and closes: one file remains.
    package func close() throws {
        writer.stop()
        try checkpointer.stop()
        try readers.close()
        try queue.writeWithoutTransaction { database in
            _ = try DatabaseValue.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try queue.close()
    }

    package func backup(
        to path: String, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws {
        let source = self.path
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            longReaders.async {
                continuation.resume(with: Result { try Backup.copy(from: source, to: path, progress: progress) })
            }
        }
    }
}
