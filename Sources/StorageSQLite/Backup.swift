// A complete copy of the file as of one instant, taken while it is being written to.
import Foundation
import GRDB
import GRDBSQLite
import Glibc
import Storage

enum Backup {
    /// Copies into a file beside the target, checks it, and moves it into place: the target is always complete.
    static func copy(
        from source: String, to target: String, progress: @escaping @Sendable (Int, Int) -> Void
    ) throws {
        let partial = target + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        do {
            try copyPages(from: source, to: partial, progress: progress)
            try check(partial)
            guard rename(partial, target) == 0 else {
                throw StorageError.unavailable(
                    "the copy can't be moved to \(target): \(String(cString: strerror(errno)))")
            }
            try synchronizeDirectory(of: target)
        } catch let error as DatabaseError {
            try? FileManager.default.removeItem(atPath: partial)
            throw SQLiteErrors.translate(error.extendedResultCode.rawValue, error.message ?? "the copy failed")
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    /// An open read transaction holds the source still, so that writers never make the copy start again.
    private static func copyPages(
        from source: String, to partial: String, progress: @escaping @Sendable (Int, Int) -> Void
    ) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let from = try DatabaseQueue(path: source, configuration: configuration)
        let into = try DatabaseQueue(path: partial)
        try from.unsafeReentrantRead { sourceDatabase in
            try sourceDatabase.execute(sql: "BEGIN; SELECT count(*) FROM sqlite_master")
            defer { try? sourceDatabase.execute(sql: "COMMIT") }
            try into.writeWithoutTransaction { targetDatabase in
                try sourceDatabase.backup(to: targetDatabase, pagesPerStep: 500) { step in
                    progress(step.completedPageCount, step.totalPageCount)
                }
            }
        }
        try into.close()
        try from.close()
    }

    /// Leaves one file in rollback mode, so that opening it read-only elsewhere needs no second file.
    private static func check(_ path: String) throws {
        let copy = try DatabaseQueue(path: path)
        try copy.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = DELETE")
            let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check")
            guard verdict == "ok" else { throw StorageError.unavailable("the copy is damaged: \(verdict ?? "")") }
        }
        try copy.close()
    }

    private static func synchronizeDirectory(of path: String) throws {
        let directory = (path as NSString).deletingLastPathComponent
        let descriptor = Glibc.open(directory.isEmpty ? "." : directory, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        fsync(descriptor)
    }
}
