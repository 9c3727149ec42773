// What a reader remembers, and when it forgets.
import Core
import Foundation
import Storage
import StorageSQLite
import Synchronization
import TestSupport
import Testing

struct MemoryTests {
    /// A database with one number in it, and how often it was counted.
    private final class Counted: Sendable {
        let database: SQLiteDatabase
        let path: String
        let clock = MovableClock(base: Clock { Timestamp(milliseconds: 1_700_000_000_000) })
        private let computed = Mutex(0)

        init() throws {
            let migration = Migration(
                number: 1, name: "1", text: "CREATE TABLE numbers (id INTEGER PRIMARY KEY) STRICT;")
            path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
            database = try SQLiteDatabase(
                path: path, options: .init(migrations: [migration], visibility: []), clock: clock.clock)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var computations: Int { computed.withLock { $0 } }

        func count() throws -> Int64? {
            try database.read(in: .instance) { tx in
                try tx.remembering("count") {
                    computed.withLock { $0 += 1 }
                    return try tx.first("SELECT count(*) FROM numbers HAVING count(*) > 0") { try $0.int(0) }
                }
            }
        }

        func add(_ number: Int) async throws {
            try await database.write(in: .instance, by: .system("test")) { tx in
                _ = try tx.run("INSERT INTO numbers (id) VALUES (\(number))")
            }
        }
    }

    @Test func `an answer is remembered while nothing is written, also the answer that there is none`() throws {
        let counted = try Counted()
        #expect(try counted.count() == nil)
        #expect(try counted.count() == nil)
        #expect(counted.computations == 1)
        try counted.database.close()
    }

    @Test func `a commit makes it forget at once`() async throws {
        let counted = try Counted()
        #expect(try counted.count() == nil)
        for number in 1...20 {
            try await counted.add(number)
            #expect(try counted.count() == Int64(number))
        }
        try counted.database.close()
    }

    @Test func `a commit of another program makes it forget at once`() throws {
        let counted = try Counted()
        #expect(try counted.count() == nil)
        #expect(try Command.sqlite(counted.path, "INSERT INTO numbers (id) VALUES (7)").status == 0)
        #expect(try counted.count() == 1)
        try counted.database.close()
    }

    @Test func `a second later it is worked out again`() throws {
        let counted = try Counted()
        _ = try counted.count()
        counted.clock.advance(by: .seconds(1))
        _ = try counted.count()
        #expect(counted.computations == 2)
        try counted.database.close()
    }

    @Test func `a write never answers from memory`() async throws {
        let counted = try Counted()
        let seen = try await counted.database.write(in: .instance, by: .system("test")) { tx in
            try (1...3).map { number in
                _ = try tx.run("INSERT INTO numbers (id) VALUES (\(number))")
                return try tx.remembering("count") {
                    try tx.first("SELECT count(*) FROM numbers") { try $0.int(0) } ?? 0
                }
            }
        }
        #expect(seen == [1, 2, 3])
        try counted.database.close()
    }
}
