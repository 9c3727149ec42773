// Brings a file's schema up to date, one numbered step at a time.
import Core
import Crypto
import Foundation
import GRDB
import Storage

/// Applies migrations in order and remembers what it applied, with a checksum.
enum Migrator {
    /// The number of the newest step the file has; 0 for an empty file.
    static func version(of database: GRDB.Database) throws -> Int {
        guard try database.tableExists("schema_migrations") else { return 0 }
        return try Int.fetchOne(database, sql: "SELECT max(number) FROM schema_migrations") ?? 0
    }

    /// Whether steps are missing.
    static func isBehind(_ database: GRDB.Database, _ migrations: [Migration]) throws -> Bool {
        try version(of: database) < (migrations.last?.number ?? 0)
    }

    /// Runs what is missing; each step commits by itself. Throws `MigrationError`.
    static func migrate(_ database: GRDB.Database, _ migrations: [Migration], now: Timestamp) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                  number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum BLOB NOT NULL,
                  applied_at INTEGER NOT NULL) STRICT
                """)
        let found = try version(of: database)
        let known = migrations.last?.number ?? 0
        guard found <= known else { throw MigrationError.newer(found: found, known: known) }
        for migration in migrations {
            let checksum = Array(SHA256.hash(data: Array(migration.text.utf8)))
            if let stored = try [UInt8].fetchChecksum(database, migration.number) {
                guard stored == checksum else { throw MigrationError.altered(migration.name) }
            } else {
                try apply(migration, checksum, to: database, now: now)
            }
        }
    }

    private static func apply(
        _ migration: Migration, _ checksum: [UInt8], to database: GRDB.Database, now: Timestamp
    ) throws {
        do {
            try database.inTransaction(.immediate) {
                try database.execute(sql: migration.text)
                try database.execute(
                    sql: "INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
                    arguments: [migration.number, migration.name, Data(checksum), now.milliseconds])
                try database.checkForeignKeys()
                return .commit
            }
        } catch {
            throw MigrationError.failed(migration.name, reason: "\(error)")
        }
    }
}

extension [UInt8] {
    fileprivate static func fetchChecksum(_ database: GRDB.Database, _ number: Int) throws -> [UInt8]? {
        try Data.fetchOne(
            database, sql: "SELECT checksum FROM schema_migrations WHERE number = ?", arguments: [number]
        ).map(Array.init)
    }
}
