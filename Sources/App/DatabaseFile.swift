// Opens the database file for the server and for the other commands.
package import Core
import Foundation
package import Storage
package import StorageSQLite

/// The database file together with the hold on it.
package struct DatabaseFile: Sendable {
    package let database: SQLiteDatabase
    private let hold: FileHold

    /// Why a file is not opened; each sentence says what to do.
    package enum Refusal: Error, CustomStringConvertible {
        case missing(String)
        case foreign(String)
        case behind(String, found: Int, known: Int)

        package var description: String {
            switch self {
            case .missing(let path): "There is no database at \(path). `raptorflow serve` makes one."
            case .foreign(let path): "\(path) is not a database of RaptorFlow."
            case .behind(let path, let found, let known):
                "\(path) has schema \(found), this program needs \(known). Run `raptorflow migrate` first."
            }
        }
    }

    /// The steps of the schema that this program brings.
    package static func migrations(in resources: Resources = Resources()) -> [Migration] {
        let folder = "migrations/sqlite/"
        return Resources.names.filter { $0.hasPrefix(folder) && $0.hasSuffix(".sql") }.sorted().compactMap { path in
            let name = String(path.dropFirst(folder.count).dropLast(4))
            guard let number = Int(name.prefix { $0 != "_" }), let text = resources.text(path) else { return nil }
            return Migration(number: number, name: name, text: text)
        }
    }

    /// Opens or makes the file and brings its schema up to date: for servers.
    package static func open(
        _ path: String, visibility: [Visibility], resources: Resources = Resources(), clock: Clock = .system
    ) throws -> DatabaseFile {
        let hold = try FileHold.shared(path)
        return try opening(hold) {
            try SQLiteDatabase(
                path: path, options: .init(migrations: migrations(in: resources), visibility: visibility), clock: clock)
        }
    }

    /// Brings the schema up to date while nobody else uses the file; returns the versions before and after.
    package static func migrate(
        _ path: String, resources: Resources = Resources()
    ) throws -> (before: Int, after: Int) {
        let hold = try FileHold.alone(path)
        let before = FileStatus.isEmpty(path) ? 0 : try version(of: path)
        let steps = migrations(in: resources)
        let file = try opening(hold) {
            try SQLiteDatabase(path: path, options: .init(migrations: steps, visibility: []))
        }
        try file.close()
        return (before, steps.last?.number ?? 0)
    }

    /// Opens a file as it is, beside a running server: nothing is made and no schema changed.
    ///
    /// - Parameter isCurrent: refuse a schema that is older than this program's.
    package static func openAsItIs(
        _ path: String, visibility: [Visibility] = [], requiringCurrent isCurrent: Bool = false
    ) throws -> DatabaseFile {
        guard FileManager.default.fileExists(atPath: path) else { throw Refusal.missing(path) }
        guard isDatabase(path) else { throw Refusal.foreign(path) }
        let hold = try FileHold.shared(path)
        return try opening(hold) {
            let steps = migrations()
            let found = try version(of: path)
            let known = steps.last?.number ?? 0
            guard found > 0 else { throw Refusal.foreign(path) }
            guard found >= known || !isCurrent else { throw Refusal.behind(path, found: found, known: known) }
            // Only the steps the file has already: so that opening it applies none.
            return try SQLiteDatabase(
                path: path,
                options: .init(
                    migrations: steps.filter { $0.number <= found }, visibility: found == known ? visibility : []))
        }
    }

    private static func opening(_ hold: FileHold, _ open: () throws -> SQLiteDatabase) throws -> DatabaseFile {
        do {
            return DatabaseFile(database: try open(), hold: hold)
        } catch {
            hold.release()
            throw error
        }
    }

    /// The number of the newest step that a file has: a program that brings none is told by the refusal.
    private static func version(of path: String) throws -> Int {
        do {
            try SQLiteDatabase(path: path, options: .init(migrations: [], visibility: [])).close()
            return 0
        } catch MigrationError.newer(let found, _) {
            return found
        }
    }

    /// Whether the file starts as SQLite's files do.
    static func isDatabase(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        let start = try? file.read(upToCount: 16)
        try? file.close()
        return start == Data("SQLite format 3\u{0}".utf8)
    }

    /// Runs one long read and closes.
    func reading<Value: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        do {
            let value = try await database.readAtLength(in: .instance, body)
            try close()
            return value
        } catch {
            try? close()
            throw error
        }
    }

    /// Closes the database, which leaves one file, and lets go of it.
    package func close() throws {
        defer { hold.release() }
        try database.close()
    }
}

/// The little that is asked of files here.
enum FileStatus {
    static func isEmpty(_ path: String) -> Bool {
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        return (size ?? nil) ?? 0 == 0
    }
}
