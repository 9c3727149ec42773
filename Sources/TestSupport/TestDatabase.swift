// A database file of its own for a test, with the product's whole schema.
import App
package import Core
import Foundation
package import Storage
package import StorageSQLite

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
        path = FileManager.default.temporaryDirectory.appending(path: "raptorflow-test-\(UUID().uuidString).db").path()
        var migrations = DatabaseFile.migrations()
        if let schema { migrations.append(Migration(number: 9000, name: "9000_test", text: schema)) }
        var options = SQLiteDatabase.Options(migrations: migrations, visibility: visibility)
        options.waitingLimit = waitingLimit
        database = try SQLiteDatabase(path: path, options: options, clock: clock)
    }

    deinit {
        try? database.close()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}
