// A database file of its own for a test, with the product's whole schema.
import App
package import Core
import Foundation
package import Storage
package import StorageSQLite
import Synchronization

/// A real file with every migration applied; the file is removed with the last reference.
package final class TestDatabase: Sendable {
    package let database: SQLiteDatabase
    package let path: String

    /// - Parameters:
    ///   - schema: statements that make the test's own tables, beside the product's.
    ///   - visibility: what organisations may read of tables without an `organization_id`.
    package init(
        schema: String? = nil, visibility: [Visibility] = [], clock: Core.Clock = .system, waitingLimit: Int = 1024
    ) throws {
        path = Self.newPath()
        var migrations = DatabaseFile.migrations()
        if let schema { migrations.append(Migration(number: 9000, name: "9000_test", text: schema)) }
        var options = SQLiteDatabase.Options(migrations: migrations, visibility: visibility)
        options.waitingLimit = waitingLimit
        try Self.template(schema ?? "", options).write(to: URL(filePath: path))
        database = try SQLiteDatabase(path: path, options: options, clock: clock)
    }

    /// Migrated files by the test's own schema: migrating takes longer than most tests.
    private static let templates = Mutex([String: Data]())

    private static func template(_ schema: String, _ options: SQLiteDatabase.Options) throws -> Data {
        try templates.withLock { templates in
            if let known = templates[schema] { return known }
            let path = newPath()
            try SQLiteDatabase(path: path, options: options).close()
            let bytes = try Data(contentsOf: URL(filePath: path))
            try FileManager.default.removeItem(atPath: path)
            templates[schema] = bytes
            return bytes
        }
    }

    private static func newPath() -> String {
        FileManager.default.temporaryDirectory.appending(path: "raptorflow-test-\(UUID().uuidString).db").path()
    }

    deinit {
        try? database.close()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}
