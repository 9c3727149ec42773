// What checkpoints add: a log that was rewritten as a whole is found, and retention can't be used to hide anything.
import Core
import Foundation
import Storage
import StorageSQLite
import TestSupport
import Testing
import Web

@testable import Audit

struct CheckpointTests {
    private static let start = Timestamp(milliseconds: 1_790_000_000_000)
    private let organization = OrganizationID(stored: "org_01hrzaaaaaaaaaaaaaaaaaaaaa")

    /// A log with a clock that stands still unless it is moved.
    private struct Log {
        let file: TestDatabase
        let clock: MovableClock
        let keeper: AuditKeeper
        let organization: OrganizationID

        func write(_ count: Int, text: String = "as it was") async throws {
            try await file.database.write(in: .organization(organization), by: .system("test")) { tx in
                for _ in 0..<count {
                    try Audit.record("thing.changed", on: .init("thing", "x"), .object(["n": .string(text)]), in: tx)
                }
            }
        }

        func verify(_ kept: [Checkpoint] = [], key: [UInt8]? = nil) throws -> String? {
            try file.database.read(in: .instance) { tx in
                try Audit.verify(with: .init(publicKey: key ?? keeper.signer.publicKey, checkpoints: kept), in: tx)
            }.firstProblem
        }

        func shell(_ statements: String) throws {
            guard try Command.sqlite(file.path, statements).status == 0 else { throw Refused() }
        }

        /// Changes the file as somebody would who removes the triggers first.
        func tamper(_ statements: String) throws {
            let triggers = try file.database.read(in: .instance) { tx in
                try tx.rows("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'") {
                    try $0.text(0)
                }
            }
            try shell(triggers.map { "DROP TRIGGER \($0);" }.joined() + statements)
        }
    }

    private struct Refused: Error {}

    private func open(key: UInt8 = 1) throws -> Log {
        let clock = MovableClock(base: Clock { Self.start })
        let file = try TestDatabase(clock: clock.clock)
        let signer = try AuditSigner(key: [UInt8](repeating: key, count: 32))
        return Log(
            file: file, clock: clock, keeper: AuditKeeper(database: file.database, signer: signer),
            organization: organization)
    }

    @Test func `a checkpoint is made every hour and every 1,000 records, and only for new records`() async throws {
        let log = try open()
        #expect(try await log.keeper.tend().isEmpty)
        try await log.write(3)
        #expect(try await log.keeper.tend().map(\.size) == [3])
        try await log.write(3)
        #expect(try await log.keeper.tend().isEmpty)
        log.clock.advance(by: .minutes(61))
        #expect(try await log.keeper.tend().map(\.size) == [6])
        log.clock.advance(by: .minutes(61))
        #expect(try await log.keeper.tend().isEmpty)
        try await log.write(994)
        #expect(try await log.keeper.tend().map(\.size) == [1000])
        #expect(try log.verify() == nil)
    }

    @Test func `AUD-1 a log that was rewritten as a whole is found by a checkpoint that was kept elsewhere`()
        async throws
    {
        let (true_, forged) = (try open(), try open())
        try await true_.write(300)
        try await forged.write(300, text: "as somebody would like it")
        let kept = try await true_.keeper.tend()
        #expect(try true_.verify(kept) == nil)
        #expect(try forged.verify() == nil)
        let problem = try #require(try forged.verify(kept))
        #expect(problem.contains("the first 300 records are not those of the checkpoint"))
        let short = try open()
        try await short.write(200)
        #expect(try #require(try short.verify(kept)).contains("the newest records are missing"))
        let empty = try open()
        #expect(try #require(try empty.verify(kept)).contains("no such chain"))
    }

    @Test func `AUD-1 a checkpoint signed with another key is found`() async throws {
        let (log, other) = (try open(), try open(key: 2))
        try await log.write(5)
        _ = try await log.keeper.tend()
        #expect(
            try #require(try log.verify(key: other.keeper.signer.publicKey)).contains("not signed by this instance"))
    }

    @Test(arguments: [
        ("UPDATE audit_tiles SET hashes = zeroblob(8192) WHERE level = 0", "record 1 does not fit the tree"),
        ("UPDATE audit_tiles SET hashes = zeroblob(32) WHERE level = 1", "record 256 does not fit the tree"),
        ("DELETE FROM audit_tiles WHERE level = 0", "record 1 does not fit the tree"),
        ("UPDATE audit_filters SET bits = zeroblob(512)", "records up to 256 can be missing from searches"),
        ("DELETE FROM audit_filters", "records up to 256 can be missing from searches"),
        ("UPDATE audit_checkpoints SET root = zeroblob(32)", "the checkpoint of 300 records is not signed"),
        ("UPDATE audit_checkpoints SET size = 299", "the checkpoint of 299 records is not signed"),
        ("UPDATE audit_checkpoints SET size = 301", "a checkpoint has 301, the log 300"),
        (
            """
            DELETE FROM audit_events WHERE sequence <= 256; UPDATE audit_trees SET pruned = 256, pruned_at = 1,
              pruned_hash = (SELECT hash FROM audit_events WHERE sequence = 257),
              pruned_signature = zeroblob(64)
            """, "the first 256 records were removed, and not by this instance's retention"
        ),
    ])
    func `AUD-1 a touched tree or checkpoint is found`(statement: String, finding: String) async throws {
        let log = try open()
        try await log.write(300)
        _ = try await log.keeper.tend()
        #expect(throws: Refused.self) { try log.shell(statement) }
        #expect(try log.verify() == nil)
        try log.tamper(statement)
        let problem = try #require(try log.verify())
        #expect(problem.contains(finding), "\(problem)")
    }

    @Test func `retention removes from the front, and proofs of what is left and of old checkpoints still hold`()
        async throws
    {
        let log = try open()
        try await log.write(700)
        let old = try #require(try await log.keeper.tend().first)
        log.clock.advance(by: .days(10))
        try await log.write(30)
        #expect(try await log.keeper.prune(olderThan: .days(30)) == 0)
        #expect(try await log.keeper.prune(olderThan: .days(5)) == 512)
        #expect(try await log.keeper.prune(olderThan: .days(5)) == 0)
        log.clock.advance(by: .hours(2))
        let new = try #require(try await log.keeper.tend().first)
        #expect(try log.verify([old, new]) == nil)
        try log.file.database.read(in: .organization(organization)) { tx in
            let left = try tx.rows("SELECT min(sequence), max(sequence) FROM audit_events") {
                [try $0.int(0), try $0.int(1)]
            }
            #expect(left == [[513, 731]])
            let proof = try Audit.inclusion(of: 513, in: nil, .organization(organization), in: tx)
            #expect(proof.checkpoint?.size == 731 && proof.root == Hex.encode(new.root))
            #expect(
                Merkle.verify(
                    inclusion: proof.hashes.compactMap(Hex.decode), of: Merkle.leaf(proof.canonical.utf8), at: 512,
                    in: 731, root: new.root))
            #expect(throws: Problem.self) {
                try Audit.inclusion(of: 512, in: nil, .organization(organization), in: tx)
            }
            let grown = try Audit.consistency(from: 700, to: 731, .organization(organization), in: tx)
            #expect(
                Merkle.verify(
                    consistency: grown.hashes.compactMap(Hex.decode), from: (700, old.root), to: (731, new.root)))
            let last = try AuditStore.find(731, of: .organization(organization), in: tx)
            #expect(last?.event.action == "audit.pruned")
        }
        let early = try log.keeper.signer.checkpoint(
            of: organization.text, size: 100, root: [UInt8](repeating: 9, count: 32), at: Self.start)
        #expect(try #require(try log.verify([early])).contains("the first 100 records are not those"))
    }

    @Test func `nothing is removed that no checkpoint covers`() async throws {
        let log = try open()
        try await log.write(300)
        log.clock.advance(by: .days(10))
        #expect(try await log.keeper.prune(olderThan: .days(5)) == 0)
    }

    @Test func `a checkpoint is read from the API's answer and from both forms of the log`() async throws {
        let log = try open()
        try await log.write(1)
        let one = try #require(try await log.keeper.tend().first)
        let quoted = JSONValue.string(one.line).text
        for line in [
            one.line, #"{"data":[\#(one.line)],"next_cursor":null}"#, #"{"size":1,"checkpoint":\#(one.line)}"#,
            #"{"at":"2026-11-28T00:00:00.000Z","message":"audit checkpoint","checkpoint":\#(quoted)}"#,
            "2026-11-28T00:00:00.000Z NOTICE audit checkpoint checkpoint=\(quoted)",
        ] { #expect(Checkpoint.all(in: line) == [one], "\(line)") }
        #expect(Checkpoint.all(in: "2026-11-28T00:00:00.000Z INFO request status=200").isEmpty)
        #expect(Checkpoint.all(in: "checkpoint=\"").isEmpty)
    }
}
