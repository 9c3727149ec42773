// The transaction that closures are handed on SQLite.
import Core
import Storage

/// One unit of work on one connection; it dies with its closure.
final class SQLiteTransaction: Transaction {
    let now: Timestamp
    let scope: Scope
    let actor: Actor
    private let connection: Connection
    private let hooks: Hooks
    /// Only readers have one: their state stands still.
    private let memory: Memory?

    /// What is done after the commit; shared with the transactions of other scopes in the same unit.
    final class Hooks {
        var actions: [@Sendable () -> Void] = []
    }

    init(
        _ connection: Connection, now: Timestamp, scope: Scope, actor: Actor, hooks: Hooks = Hooks(),
        memory: Memory? = nil
    ) {
        self.connection = connection
        self.now = now
        self.scope = scope
        self.actor = actor
        self.hooks = hooks
        self.memory = memory
    }

    func rows<Value>(_ statement: SQL, _ map: (Row) throws -> Value) throws -> [Value] {
        let prepared = try connection.prepare(statement)
        defer { prepared.reset() }
        var values: [Value] = []
        while try prepared.step(on: connection) { values.append(try map(prepared.row)) }
        return values
    }

    func first<Value>(_ statement: SQL, _ map: (Row) throws -> Value) throws -> Value? {
        let prepared = try connection.prepare(statement)
        defer { prepared.reset() }
        guard try prepared.step(on: connection) else { return nil }
        let value = try map(prepared.row)
        // An INSERT … RETURNING only finishes, with its triggers and checks, when it is stepped to its end.
        while try prepared.step(on: connection) {}
        return value
    }

    @discardableResult func run(_ statement: SQL) throws -> Int {
        let prepared = try connection.prepare(statement)
        defer { prepared.reset() }
        while try prepared.step(on: connection) {}
        return connection.changes
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { hooks.actions.append(action) }

    func remembering<Value: Sendable>(_ key: String, _ compute: () throws -> Value) throws -> Value {
        guard let memory else { return try compute() }
        return try memory.answer(key, on: connection, at: now, compute)
    }

    func scoped<Value>(to next: Scope, _ body: (any Transaction) throws -> Value) rethrows -> Value {
        let other = SQLiteTransaction(connection, now: now, scope: next, actor: actor, hooks: hooks, memory: memory)
        return try connection.scoped(to: next) { try body(other) }
    }
}
