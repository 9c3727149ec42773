// The one writer: takes what waits, runs unit after unit, commits once, then answers all.
import Core
import DequeModule
import Dispatch
import Storage
import Synchronization

/// Group commit: while the disk makes one batch durable, the next one gathers.
final class Writer: Sendable {
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let clock: Clock
    /// Units that may wait; one more is refused at once.
    private let waitingLimit: Int
    /// Units in one commit: at most, so that the first of them does not wait for ever, and how many are always taken.
    private static let batchLimit = 256
    private static let smallBatch = 16

    private struct State {
        var waiting: Deque<Unit> = []
        var isStopped = false
    }

    init(clock: Clock, waitingLimit: Int) {
        self.clock = clock
        self.waitingLimit = waitingLimit
    }

    /// Queues a unit and returns when it is durable, or when it failed and left no trace.
    func run<Value: Sendable>(
        in scope: Scope, by actor: Actor, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        let result: any Sendable = try await withCheckedThrowingContinuation { continuation in
            let unit = Unit(scope: scope, actor: actor, body: body, continuation: continuation)
            let isQueued = state.withLock { state in
                guard !state.isStopped, state.waiting.count < waitingLimit else { return false }
                state.waiting.append(unit)
                return true
            }
            if isQueued { wakeUp.signal() } else { continuation.resume(throwing: StorageError.overloaded) }
        }
        guard let value = result as? Value else { throw StorageError.refused("a result of another type") }
        return value
    }

    /// Writes on the calling thread until `stop`; what waits then is still written.
    func loop(on connection: Connection) {
        var last = 0
        while true {
            wakeUp.wait()
            let (batch, isLast) = state.withLock { state in
                // Half of those who were just answered or wait now: while one half is written, the other half's
                // answers go out and their next requests come in. All at once would leave the writer without work then.
                let half = max(Self.smallBatch, (last + state.waiting.count + 1) / 2)
                let batch = Array(state.waiting.prefix(min(half, Self.batchLimit)))
                last = batch.count
                state.waiting.removeFirst(batch.count)
                return (batch, state.isStopped && state.waiting.isEmpty)
            }
            if !batch.isEmpty { commit(batch, on: connection) }
            if isLast { break }
            if !state.withLock({ $0.waiting.isEmpty }) { wakeUp.signal() }
        }
        finished.signal()
    }

    /// Refuses new units, writes the waiting ones, and returns when the loop has ended.
    func stop() {
        state.withLock { $0.isStopped = true }
        wakeUp.signal()
        finished.wait()
    }

    /// Runs the units as they came, one after the other. A unit that fails before it has changed anything just fails;
    /// one that fails later has to be undone alone, so the batch starts again with a savepoint around each unit. That
    /// is rare, and a savepoint copies every page that the unit touches.
    private func commit(_ batch: [Unit], on connection: Connection, savepoints: Bool = false) {
        let now = clock.now
        do {
            try connection.execute("BEGIN IMMEDIATE")
            for unit in batch {
                guard try unit.run(on: connection, now: now, savepoint: savepoints) else {
                    try connection.execute("ROLLBACK")
                    return commit(batch, on: connection, savepoints: true)
                }
            }
            try connection.execute("COMMIT")
            for unit in batch { unit.answer() }
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            guard batch.count > 1, !error.isUnavailable else {
                for unit in batch { unit.fail(error) }
                return
            }
            // One of them broke the whole; alone, only that one fails.
            for unit in batch { commit([unit], on: connection, savepoints: true) }
        }
    }
}

extension Error {
    fileprivate var isUnavailable: Bool {
        if case .unavailable = self as? StorageError { true } else { false }
    }
}

/// One unit of work and who waits for it; touched by the writer's thread only, once it is queued.
private final class Unit: Sendable {
    private let scope: Scope
    private let actor: Actor
    private let body: @Sendable (any Transaction) throws -> any Sendable
    private let continuation: CheckedContinuation<any Sendable, any Error>
    private let outcome = Mutex(Outcome())

    private struct Outcome {
        var result: Result<any Sendable, any Error>?
        var actions: [@Sendable () -> Void] = []
    }

    init(
        scope: Scope, actor: Actor, body: @escaping @Sendable (any Transaction) throws -> any Sendable,
        continuation: CheckedContinuation<any Sendable, any Error>
    ) {
        self.scope = scope
        self.actor = actor
        self.body = body
        self.continuation = continuation
    }

    /// Runs the body; false when it failed and left changes behind that nothing but a rollback of the batch undoes.
    /// Throws only when the whole batch is lost.
    func run(on connection: Connection, now: Timestamp, savepoint: Bool) throws -> Bool {
        if savepoint { try connection.execute("SAVEPOINT unit") }
        let before = connection.totalChanges
        let hooks = SQLiteTransaction.Hooks()
        let result = Result<any Sendable, any Error> {
            let value = try connection.scoped(to: scope) {
                try body(SQLiteTransaction(connection, now: now, scope: scope, actor: actor, hooks: hooks))
            }
            guard !connection.hasBrokenReferences else { throw StorageError.constraint("a reference leads nowhere") }
            return value
        }
        if case .failure(let error) = result {
            guard connection.isInTransaction, !error.isUnavailable else { throw error }
            if savepoint {
                try connection.execute("ROLLBACK TO unit")
            } else if connection.totalChanges != before || connection.hasBrokenReferences {
                return false
            }
        }
        if savepoint { try connection.execute("RELEASE unit") }
        let actions = hooks.actions
        outcome.withLock { $0 = Outcome(result: result, actions: actions) }
        return true
    }

    /// After the commit.
    func answer() {
        let outcome = outcome.withLock { $0 }
        guard let result = outcome.result else { return fail(StorageError.unavailable("the unit did not run")) }
        if case .success = result {
            for action in outcome.actions { action() }
        }
        continuation.resume(with: result)
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
