// Moves what the WAL holds into the file while the writer goes on.
import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// SQLite moves the WAL into the file inside a COMMIT, when it has grown to 1,000 pages, and whoever waits for that
/// commit waits for all of it. A thread with a connection of its own does most of it beside the writer instead. The
/// writer moves the little that came since: only when everything was moved does the WAL start again at its beginning,
/// and writing over a file is synced in half the time of making it longer.
final class Checkpointer: Sendable {
    private let queue: DatabaseQueue
    private let wakeUp = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    /// Pages by which the WAL grows until the thread moves them: 4 MB. A page that changes often is moved once then.
    private static let step: Int32 = 1000
    /// Pages in the WAL from which on the writer moves the rest, little more than the thread has just left: 12 MB.
    private static let limit: Int32 = 3100
    /// Pages until the writer tries again, when a reader held it up.
    private static let retryStep: Int32 = 100

    private struct State {
        var isAsked = false
        var isStopped = false
        /// Pages in the WAL when they were last moved, or somebody tried.
        var moved: Int32 = 0

        /// Whether pages are to be moved, now that there are so many.
        mutating func isDue(at pages: Int32) -> Bool {
            // The WAL has begun anew.
            if pages < moved { moved = 0 }
            guard pages - moved >= (pages >= limit ? retryStep : step) else { return false }
            moved = pages
            return true
        }
    }

    init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "checkpoints"
        queue = try DatabaseQueue(path: path, configuration: configuration)
        let thread = Thread { [self] in loop() }
        thread.name = "checkpoints"
        thread.start()
    }

    /// Is told of every commit of the writer's connection; takes the place of SQLite's own checkpoints there.
    func watch(_ writer: GRDB.Database) {
        sqlite3_wal_hook(
            writer.sqliteConnection,
            { context, connection, name, pages in
                guard let context else { return SQLITE_OK }
                let checkpointer = Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue()
                guard checkpointer.state.withLock({ $0.isDue(at: pages) }) else { return SQLITE_OK }
                if pages >= Checkpointer.limit {
                    // Busy is no failure: it is tried again.
                    sqlite3_wal_checkpoint_v2(connection, name, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
                } else {
                    checkpointer.ask()
                }
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func ask() {
        let isNew = state.withLock { state in
            defer { state.isAsked = true }
            return !state.isAsked
        }
        if isNew { wakeUp.signal() }
    }

    private func loop() {
        while true {
            wakeUp.wait()
            let isStopped = state.withLock { state in
                state.isAsked = false
                return state.isStopped
            }
            if isStopped { break }
            queue.unsafeReentrantRead { database in
                _ = sqlite3_wal_checkpoint_v2(database.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
            }
        }
        finished.signal()
    }

    /// Ends the thread and closes its connection; call once the writer has stopped.
    func stop() throws {
        state.withLock { $0.isStopped = true }
        wakeUp.signal()
        finished.wait()
        try queue.close()
    }
}
