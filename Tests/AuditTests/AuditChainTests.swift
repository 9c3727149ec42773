// Records that somebody touched behind the program's back, with a raw connection to the file.
import Core
import Foundation
import Storage
import StorageSQLite
import TestSupport
import Testing
import Web

@testable import Audit

struct AuditChainTests {
    private let one = OrganizationID(at: Timestamp(milliseconds: 1))
    private let two = OrganizationID(at: Timestamp(milliseconds: 2))

    /// A file with three records of each of two organisations and one of the instance.
    private func open() async throws -> SQLiteDatabase {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db").path()
        let folder = "migrations/sqlite/"
        let migrations = Resources.names.filter { $0.hasPrefix(folder) }.sorted().enumerated().map { index, name in
            Migration(
                number: index + 1, name: String(name.dropFirst(folder.count).dropLast(4)),
                text: Resources().text(name) ?? "")
        }
        let database = try SQLiteDatabase(path: path, options: .init(migrations: migrations, visibility: []))
        for scope in [Scope.organization(one), .organization(two), .instance] {
            for number in 1...(scope == .instance ? 1 : 3) {
                try await database.write(in: scope, by: Actor(.user, id: "user_x", display: "Meera", address: "::1")) {
                    try Audit.record(
                        "thing.changed", on: .init("thing", "thing_\(number)"), .object(["n": .integer(Int64(number))]),
                        in: $0)
                }
            }
        }
        return database
    }

    /// Runs statements as the sqlite3 shell would: nothing of the program stands in between.
    private func shell(_ database: SQLiteDatabase, _ statements: String) throws -> Int32 {
        try Command.sqlite(database.path, statements).status
    }

    private func report(_ database: SQLiteDatabase) throws -> Audit.Report {
        try database.read(in: .instance) { try Audit.verify(in: $0) }
    }

    @Test func `an untouched log is found whole`() async throws {
        let report = try report(try await open())
        #expect(report.firstProblem == nil && report.chains == 3 && report.records == 7)
    }

    @Test(arguments: [
        "UPDATE audit_events SET details = '{}'", "DELETE FROM audit_events WHERE sequence = 3",
        "DELETE FROM audit_heads", "UPDATE audit_heads SET sequence = 1",
        """
        INSERT INTO audit_events SELECT organization_id, sequence + 9, at, actor_kind, actor_id, actor_display,
          request_id, address, action, target_kind, target_id, details, hash FROM audit_events
        """,
    ])
    func `the file itself refuses to change the log`(statement: String) async throws {
        let database = try await open()
        #expect(try shell(database, statement) != 0)
        #expect(try report(database).firstProblem == nil)
    }

    /// Every kind of change by somebody who removes the triggers first, and where it is found.
    @Test(arguments: [
        ("UPDATE audit_events SET at = at + 1 WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET actor_id = 'y' WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET actor_kind = 'system' WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET actor_display = 'Ravi' WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET request_id = 'r' WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET address = NULL WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET action = 'x' WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET target_kind = 'x' WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET target_id = 'x' WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET details = '{\"n\":9}' WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET hash = zeroblob(32) WHERE # AND sequence = 2", "record 2 was changed"),
        ("UPDATE audit_events SET hash = zeroblob(32) WHERE # AND sequence = 3", "record 3 was changed"),
        ("DELETE FROM audit_events WHERE # AND sequence = 1", "record 1 is missing"),
        ("DELETE FROM audit_events WHERE # AND sequence = 2", "record 2 is missing"),
        ("DELETE FROM audit_events WHERE # AND sequence = 3", "the newest records are missing: 2 of 3"),
        ("DELETE FROM audit_events WHERE #", "the newest records are missing: 0 of 3"),
        ("DELETE FROM audit_heads WHERE #", "its head is missing"),
        ("UPDATE audit_heads SET sequence = 2 WHERE #", "the head does not match"),
        ("UPDATE audit_heads SET hash = zeroblob(32) WHERE #", "the head does not match"),
        (
            """
            INSERT INTO audit_events SELECT organization_id, 4, at, actor_kind, actor_id, actor_display, request_id,
              address, action, target_kind, target_id, details, hash
            FROM audit_events WHERE # AND sequence = 3
            """, "record 4 was changed"
        ),
        (
            """
            PRAGMA ignore_check_constraints = ON;
            UPDATE audit_events SET actor_kind = 'nobody' WHERE # AND sequence = 2
            """, "a record after 0 holds what no record can hold"
        ),
    ])
    func `a touched record is found`(statement: String, finding: String) async throws {
        let database = try await open()
        let triggers = [
            "audit_events_follow", "audit_events_update", "audit_events_delete", "audit_heads_update",
            "audit_heads_delete",
        ]
        let drops = triggers.map { "DROP TRIGGER \($0);" }.joined()
        let change = statement.replacingOccurrences(of: "#", with: "organization_id = '\(two)'")
        #expect(try shell(database, drops + change) == 0)
        let problem = try #require(try report(database).firstProblem)
        #expect(problem.hasPrefix("chain \(two): \(finding)"), "\(problem)")
    }

    @Test func `a record moved to another organisation is found`() async throws {
        let database = try await open()
        let status = try shell(
            database,
            """
            DROP TRIGGER audit_events_update;
            UPDATE audit_events SET organization_id = 'instance', sequence = 2
            WHERE organization_id = '\(one)' AND sequence = 3
            """)
        #expect(status == 0)
        #expect(try report(database).firstProblem != nil)
    }

    @Test func `a change that is rolled back leaves no record and no gap`() async throws {
        let database = try await open()
        await #expect(throws: StorageError.unscoped) {
            try await database.write(in: .organization(one), by: .system("test")) { tx in
                try Audit.record("thing.changed", on: .init("thing", "x"), in: tx)
                throw StorageError.unscoped
            }
        }
        let report = try report(database)
        #expect(report.firstProblem == nil && report.records == 7)
    }

    @Test func `an organisation reads its own records only`() async throws {
        let database = try await open()
        let seen = try database.read(in: .organization(one)) { tx in
            (
                try AuditStore.page(of: .organization(one), before: nil, limit: 9, in: tx).map(
                    \.event.sequence),
                try AuditStore.page(of: .organization(two), before: nil, limit: 9, in: tx).count
            )
        }
        #expect(seen.0 == [3, 2, 1] && seen.1 == 0)
    }

    @Test func `a list is narrowed by action and continues below a number`() async throws {
        let database = try await open()
        let pages = try database.read(in: .organization(one)) { tx in
            try [(Int64?.some(3), "thing.changed"), (nil, "thing.removed")].map {
                try AuditStore.page(
                    of: .organization(one), before: $0.0, filter: AuditFilter(action: $0.1), limit: 9, in: tx
                )
                .map(\.event.sequence)
            }
        }
        #expect(pages == [[2, 1], []])
    }
}
