// The one writer: what it promises about units of work.
import Core
import Foundation
import Storage
import StorageSQLite
import Synchronization
import Testing

struct WriterTests {
    private static let schema = """
        CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL
          REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED, name TEXT UNIQUE) STRICT;
        """

    private func open(waiting: Int = 1024, path: String? = nil) throws -> SQLiteDatabase {
        let path = path ?? FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db").path()
        var options = SQLiteDatabase.Options(
            migrations: [Migration(number: 1, name: "0001_test", text: Self.schema)], visibility: [])
        options.waitingLimit = waiting
        return try SQLiteDatabase(path: path, options: options)
    }

    private func count(_ database: SQLiteDatabase, _ statement: SQL) throws -> Int64 {
        try database.read(in: .instance) { try $0.first(statement) { try $0.int(0) } ?? -1 }
    }

    @Test func `a thousand units at once are all written, and the bad ones leave no trace`() async throws {
        let database = try open()
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    do {
                        try await database.write(in: .instance, by: .system("test")) { tx in
                            try tx.run("INSERT INTO parents (id) VALUES (\(number))")
                            if number.isMultiple(of: 10) { throw Problem.notFound() }
                        }
                        return false
                    } catch is Problem { return true }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 100)
        #expect(try count(database, "SELECT count(*) FROM parents") == 900)
        try database.close()
    }

    @Test func `a broken reference fails its own unit and nobody else's`() async throws {
        let database = try open()
        async let good: Void = database.write(in: .instance, by: .system("test")) { tx in
            try tx.run("INSERT INTO parents (id) VALUES (1)")
        }
        async let bad: Int = database.write(in: .instance, by: .system("test")) { tx in
            try tx.run("INSERT INTO children (parent) VALUES (404)")
        }
        try await good
        var refusal: (any Error)?
        do { _ = try await bad } catch { refusal = error }
        #expect(refusal as? StorageError == .constraint("a reference leads nowhere"))
        #expect(try count(database, "SELECT count(*) FROM parents") == 1)
        #expect(try count(database, "SELECT count(*) FROM children") == 0)
        try database.close()
    }

    @Test func `a unit that fails after it wrote is undone alone, and its neighbours are written once`() async throws {
        let database = try open()
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for number in 1...200 {
                group.addTask {
                    let result: Void? = try? await database.write(in: .instance, by: .system("test")) { tx in
                        try tx.run("INSERT INTO parents (id) VALUES (\(number))")
                        if number.isMultiple(of: 7) { throw StorageError.constraint("changed its mind") }
                    }
                    return result != nil
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count(where: { !$0 }) == 28)
        #expect(try count(database, "SELECT count(*) FROM parents") == 172)
        #expect(try count(database, "SELECT count(*) FROM parents WHERE id % 7 = 0") == 0)
        try database.close()
    }

    @Test func `a broken uniqueness rule names its column`() async throws {
        let database = try open()
        await #expect(throws: StorageError.unique(["children.name"])) {
            try await database.write(in: .instance, by: .system("test")) { tx in
                try tx.run("INSERT INTO parents (id) VALUES (1)")
                try tx.run("INSERT INTO children (parent, name) VALUES (1, 'x'), (1, 'x')")
            }
        }
        #expect(try count(database, "SELECT count(*) FROM parents") == 0)
        try database.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a full queue refuses at once, and what it took is written`() async throws {
        let database = try open(waiting: 4)
        let gate = DispatchSemaphore(value: 0)
        let (beginnings, begins) = AsyncStream.makeStream(of: Void.self)
        let refused = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                let isWritten: Void? = try? await database.write(in: .instance, by: .system("test")) { tx in
                    begins.yield()
                    gate.wait()
                    try tx.run("INSERT INTO parents (id) VALUES (0)")
                }
                return isWritten != nil
            }
            // The first unit holds the writer, so that the rest has to wait.
            for await _ in beginnings { break }
            for number in 1...20 {
                group.addTask {
                    do {
                        _ = try await database.write(in: .instance, by: .system("test")) { tx in
                            try tx.run("INSERT INTO parents (id) VALUES (\(number))")
                        }
                        return true
                    } catch { return (error as? StorageError) != .overloaded }
                }
            }
            var refused = 0
            for await isTaken in group where !isTaken {
                refused += 1
                // Four wait; once the others were refused, the writer may go on.
                if refused == 16 { gate.signal() }
            }
            return refused
        }
        #expect(refused == 16)
        #expect(try count(database, "SELECT count(*) FROM parents") == 5)
        try database.close()
    }

    @Test func `hooks run after the commit of their own unit only`() async throws {
        let database = try open()
        let rings = Mutex(0)
        let ring: @Sendable () -> Void = { rings.withLock { $0 += 1 } }
        try await database.write(in: .instance, by: .system("test")) { $0.afterCommit(ring) }
        try? await database.write(in: .instance, by: .system("test")) { tx in
            tx.afterCommit(ring)
            throw Problem.notFound()
        }
        #expect(rings.withLock { $0 } == 1)
        try database.close()
    }

    @Test func `case 40: durability settings are in force and read back`() throws {
        let database = try open()
        let found = try database.read(in: .instance) { tx in
            try ["PRAGMA journal_mode", "PRAGMA foreign_keys"].map { pragma in
                try tx.first(SQL(unchecked: pragma)) { row in "\(row.value(0))" } ?? ""
            }
        }
        #expect(found == ["text(\"wal\")", "integer(1)"])
        try database.close()
    }

    @Test func `closing leaves one file, and it opens again with everything in it`() async throws {
        let database = try open()
        let path = database.path
        _ = try await database.write(in: .instance, by: .system("test")) { tx in
            try tx.run("INSERT INTO parents (id) VALUES (7)")
        }
        try database.close()
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
        let again = try open(path: path)
        #expect(try count(again, "SELECT id FROM parents") == 7)
        try again.close()
    }

    @Test func `a backup taken while it is being written to is complete and sound`() async throws {
        let database = try open()
        let stop = Mutex(false)
        let writing = Task {
            var number = 0
            while !stop.withLock({ $0 }) {
                let id = number
                try await database.write(in: .instance, by: .system("test")) { tx in
                    try tx.run("INSERT INTO parents (id) VALUES (\(id))")
                    let name = String(repeating: "x", count: 500) + "\(id)"
                    try tx.run("INSERT INTO children (parent, name) VALUES (\(id), \(name))")
                }
                number += 1
            }
            return number
        }
        try await Task.sleep(for: .milliseconds(200))
        let before = try count(database, "SELECT count(*) FROM parents")
        try await database.backup(to: database.path + ".copy") { _, _ in }
        stop.withLock { $0 = true }
        let written = try await writing.value
        let copy = try open(path: database.path + ".copy")
        let parents = try count(copy, "SELECT count(*) FROM parents")
        #expect(parents >= before && parents <= Int64(written))
        #expect(try count(copy, "SELECT count(*) FROM children") == parents)
        try copy.close()
        try database.close()
    }

    @Test func `a file of a newer or an altered program is not touched`() throws {
        let database = try open()
        let path = database.path
        try database.close()
        #expect(throws: MigrationError.newer(found: 1, known: 0)) {
            try SQLiteDatabase(path: path, options: .init(migrations: [], visibility: []))
        }
        #expect(throws: MigrationError.altered("0001_test")) {
            try SQLiteDatabase(
                path: path,
                options: .init(
                    migrations: [Migration(number: 1, name: "0001_test", text: "SELECT 1")], visibility: []))
        }
    }

    @Test func `a migration that fails is undone and says why`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db").path()
        let steps = [
            Migration(number: 1, name: "0001_good", text: "CREATE TABLE a (id INTEGER) STRICT"),
            Migration(number: 2, name: "0002_bad", text: "CREATE TABLE b (id INTEGER) STRICT; SELECT nonsense;"),
        ]
        #expect { try SQLiteDatabase(path: path, options: .init(migrations: steps, visibility: [])) } throws: { error in
            guard case .failed("0002_bad", let reason) = error as? MigrationError else { return false }
            return reason.contains("nonsense")
        }
        let fixed = try SQLiteDatabase(path: path, options: .init(migrations: [steps[0]], visibility: []))
        #expect(try count(fixed, "SELECT count(*) FROM sqlite_master WHERE name = 'b'") == 0)
        try fixed.close()
    }
}
