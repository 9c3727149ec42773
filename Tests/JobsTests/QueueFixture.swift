// A real file with the product's own schema, a clock that moves, and a runner.
import Core
import Foundation
import Jobs
import Logging
import Storage
import StorageSQLite
import Web

struct QueueFixture {
    static let start = Timestamp(milliseconds: 1_795_411_898_000)

    let path: String
    let clock: MovableClock
    let database: SQLiteDatabase
    let organization = OrganizationID(at: start)

    init(path: String? = nil, clock: MovableClock? = nil) throws {
        let path = path ?? FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db").path()
        let clock = clock ?? MovableClock(base: Clock { Self.start })
        self.path = path
        self.clock = clock
        database = try SQLiteDatabase(
            path: path, options: .init(migrations: Self.migrations, visibility: []), clock: clock.clock)
    }

    private static var migrations: [Migration] {
        let folder = "migrations/sqlite/"
        return Resources.names.filter { $0.hasPrefix(folder) }.sorted().enumerated().map { index, name in
            Migration(
                number: index + 1, name: String(name.dropFirst(folder.count).dropLast(4)),
                text: Resources().text(name) ?? "")
        }
    }

    var scope: Scope { .organization(organization) }

    /// What a crash at this moment would leave behind: the file and its log, copied while the process lives on.
    func crashed() throws -> QueueFixture {
        let copy = path + ".crashed"
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix) }
        return try QueueFixture(path: copy, clock: clock)
    }

    func runner(
        _ handlers: JobHandlers, _ change: (inout JobRunner.Options) -> Void = { _ in }
    ) -> JobRunner {
        var options = JobRunner.Options()
        options.tick = Milliseconds(20)
        change(&options)
        return JobRunner(
            database: database, handlers: handlers, options: options,
            logger: Logger(label: "test") { _ in
                SwiftLogNoOpLogHandler()
            })
    }

    @discardableResult
    func write<Value: Sendable>(
        in scope: Scope? = nil, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await database.write(in: scope ?? self.scope, by: .system("test"), body)
    }

    @discardableResult
    func enqueue(
        _ kind: String = "work", _ payload: JSONValue = .object([]), at runAt: Timestamp? = nil, unique: String? = nil,
        attemptsMax: Int = 12
    ) async throws -> JobID? {
        try await write {
            try Jobs.enqueue(kind, payload, at: runAt, unique: unique, attemptsMax: attemptsMax, in: $0)
        }
    }

    /// The only value of a statement, as text.
    func value(_ statement: SQL) throws -> String? {
        try database.read(in: .instance) { tx in
            try tx.first(statement) { row in row.optionalText(0) ?? row.optionalInt(0).map(String.init) } ?? nil
        }
    }

    func state(_ id: JobID?) throws -> String? {
        try id.flatMap { try value("SELECT state FROM jobs WHERE id = \($0)") }
    }

    /// Waits until something holds, at most five seconds of real time.
    func wait(until condition: () throws -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if try condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
