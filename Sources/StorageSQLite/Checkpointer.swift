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
    private let state = Mutex((isAsked: false, isStopped: false))

    /// Pages in the WAL from which on the thread moves them: 4 MB.
    private static let pages: Int32 = 1000
    /// Pages from which on the writer moves the rest: 8 MB.
    private static let pagesLimit: Int32 = 2000

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
                guard pages >= Checkpointer.pages, let context else { return SQLITE_OK }
                if pages >= Checkpointer.pagesLimit {
                    // Busy is no failure: it is tried again at the next commit.
                    sqlite3_wal_checkpoint_v2(connection, name, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
                } else {
                    Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().ask()
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
