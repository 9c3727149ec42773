// Refused attempts in the log: there, each in its chain, and never more than the bounds say.
import Core
import Storage
import StorageSQLite
import Synchronization
import TestSupport
import Testing

@testable import Audit
@testable import Web

struct DeniedAttemptsTests {
    private static let start = Timestamp(milliseconds: 1_790_000_000_000)
    private let organization = OrganizationID(stored: "org_01hrzaaaaaaaaaaaaaaaaaaaaa")

    private func denial(
        _ id: String = "user_1", kind: Actor.Kind = .user, address: String = "192.0.2.1", scope: Scope = .instance
    ) -> Denial {
        Denial(
            code: "permission_denied", method: "POST", route: "/v1/orgs/{org}/jobs", permission: .jobsWrite,
            actor: Actor(kind, id: id, display: "Meera", requestID: "req_1", address: address), scope: scope)
    }

    private func records(_ file: TestDatabase) throws -> [AuditEvent] {
        try file.database.read(in: .instance) { tx in
            let chains = [Audit.Chain.instance, .organization(organization)]
            return try chains.flatMap { chain in
                try AuditStore.page(of: chain, before: nil, limit: 9999, in: tx).map(\.event)
            }
        }
    }

    @Test func `AUD-3 a refusal is in the log of the organisation whose right was missing`() async throws {
        let file = try TestDatabase()
        let denied = DeniedAttempts(database: file.database)
        denied.note(denial(scope: .organization(organization)))
        #expect(try records(file).isEmpty)
        try await denied.flush()
        let record = try #require(try records(file).first)
        #expect(record.action == "access.denied" && record.actor.id == "user_1" && record.actor.address == "192.0.2.1")
        #expect(record.target.id == "POST /v1/orgs/{org}/jobs")
        #expect(record.details == #"{"code":"permission_denied","permission":"jobs:write"}"#)
        try await denied.flush()
        #expect(try records(file).count == 1)
        let own = try file.database.read(in: .organization(organization)) { tx in
            try tx.rows("SELECT sequence FROM audit_events") { try $0.int(0) }
        }
        #expect(own == [1])
    }

    @Test func `one caller fills neither disk nor memory, and the next record says what was left out`() async throws {
        let clock = MovableClock(base: Clock { Self.start })
        let file = try TestDatabase(clock: clock.clock)
        let denied = DeniedAttempts(database: file.database)
        for _ in 0..<10_000 { denied.note(denial()) }
        denied.note(denial("user_2"))
        try await denied.flush()
        #expect(try records(file).count == 11)
        clock.advance(by: .minutes(11))
        denied.note(denial())
        denied.note(denial())
        try await denied.flush()
        let newest = try records(file).prefix(2).map(\.details)
        #expect(newest[1].contains(#""left_out_before":9990"#) && !newest[0].contains("left_out"))
    }

    @Test func `what can't be written now is written later`() async throws {
        let file = try TestDatabase()
        let database = Refusing(inner: file.database)
        let denied = DeniedAttempts(database: database)
        denied.note(denial())
        denied.note(denial("user_2"))
        database.isRefusing.withLock { $0 = true }
        await #expect(throws: StorageError.overloaded) { try await denied.flush() }
        database.isRefusing.withLock { $0 = false }
        try await denied.flush()
        #expect(try records(file).count == 2)
    }

    @Test func `many callers together are bounded, and strangers of one network are one caller`() async throws {
        let clock = MovableClock(base: Clock { Self.start })
        let file = try TestDatabase(clock: clock.clock)
        let denied = DeniedAttempts(database: file.database)
        for number in 0..<500 { denied.note(denial("-", kind: .anonymous, address: "2001:db8::\(number)")) }
        try await denied.flush()
        #expect(try records(file).count == 10)
        for number in 0..<5000 { denied.note(denial("user_\(number)")) }
        try await denied.flush()
        #expect(try records(file).count == 500)
    }
}

/// A database whose queue of writers is full at times.
private final class Refusing: Database {
    let isRefusing = Mutex(false)
    private let inner: SQLiteDatabase

    init(inner: SQLiteDatabase) { self.inner = inner }

    var clock: Clock { inner.clock }

    func read<Value>(in scope: Scope, _ body: (any Transaction) throws -> Value) throws -> Value {
        try inner.read(in: scope, body)
    }

    func readAtLength<Value: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await inner.readAtLength(in: scope, body)
    }

    func write<Value: Sendable>(
        in scope: Scope, by actor: Actor, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        if isRefusing.withLock({ $0 }) { throw StorageError.overloaded }
        return try await inner.write(in: scope, by: actor, body)
    }

    func backup(to path: String, progress: @escaping @Sendable (Int, Int) -> Void) async throws {
        try await inner.backup(to: path, progress: progress)
    }
}
