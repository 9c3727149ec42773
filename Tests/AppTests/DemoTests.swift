// What the demo promises: a living company, sound books, and hands off files that are not its own.
import Audit
import Core
import Foundation
import Identity
import Ledger
import Logging
import Storage
import StorageSQLite
import Testing

@testable import App

/// A demo in a folder of its own, filled as `raptorflow demo` does.
private struct FilledDemo {
    let folder: String
    let file: DatabaseFile
    let clock: DemoClock
    let settings: Settings

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "demo-\(UUID().uuidString)").path() + "/"
        let path = folder + "raptorflow.db"
        var settings = try SettingsReading.read(flags: CommandLineFlags([]), environment: [:]).settings
        Demo.confine(&settings, database: path)
        self.settings = settings
        let demo = DemoFile(path: path)
        #expect(try demo.prepare(isFresh: false) == nil)
        clock = DemoClock(file: demo, ahead: nil)
        file = try DatabaseFile.open(path, visibility: Application.visibility, clock: clock.clock)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let application = try await Application(settings: settings, database: file.database, logger: logger)
        try await DemoHistory(application: application, clock: clock).fill()
        try await application.shutdown()
    }

    func count(_ statement: SQL) throws -> Int64 {
        try file.database.read(in: .instance) { tx in try tx.first(statement) { try $0.int(0) } ?? 0 }
    }

    func close() throws {
        try file.close()
        try FileManager.default.removeItem(atPath: folder)
    }
}

@Suite(.serialized) struct DemoTests {
    @Test func `three organisations are there with people in each role, their money and their work`() async throws {
        let demo = try await FilledDemo()
        #expect(try demo.count("SELECT count(*) FROM organizations") == 3)
        for role in Role.allCases {
            #expect(try demo.count("SELECT count(*) FROM members WHERE role = \(role.rawValue)") > 0)
        }
        for state in ["active", "trialing", "past_due"] {
            #expect(try demo.count("SELECT count(*) FROM subscriptions WHERE state = \(state)") == 1)
        }
        #expect(try demo.count("SELECT count(*) FROM subscriptions WHERE state = 'active' AND period = 'year'") == 1)
        #expect(try demo.count("SELECT count(*) FROM invoices WHERE state = 'paid'") == 4)
        #expect(try demo.count("SELECT count(*) FROM invoices WHERE state = 'open'") == 1)
        #expect(try demo.count("SELECT count(*) FROM payments WHERE state = 'failed'") == 1)
        #expect(try demo.count("SELECT count(*) FROM jobs WHERE kind = 'echo' AND state = 'dead'") == 1)
        #expect(try demo.count("SELECT count(*) FROM jobs WHERE kind = 'echo' AND state = 'completed'") == 4)
        #expect(try demo.count("SELECT count(*) FROM jobs WHERE kind = 'echo' AND state = 'scheduled'") > 0)
        #expect(try demo.count("SELECT count(*) FROM invitations WHERE state = 'pending'") == 1)
        #expect(try demo.count("SELECT count(*) FROM api_keys") == 2)
        #expect(try demo.count("SELECT count(*) FROM messages") > 5)
        try demo.close()
    }

    @Test func `history ends at the present, with a trial that is about to end`() async throws {
        let demo = try await FilledDemo()
        let now = Core.Clock.system.now
        #expect(abs(demo.clock.clock.now.since(now).count) < 5000)
        let end = Timestamp(
            milliseconds: try demo.count("SELECT period_end FROM subscriptions WHERE state = 'trialing'"))
        #expect(end > now && end < now.adding(.days(3)))
        let first = Timestamp(milliseconds: try demo.count("SELECT min(created_at) FROM organizations"))
        #expect(first < now.adding(-.days(400)))
        try demo.close()
    }

    @Test func `ledger and audit log are sound`() async throws {
        let demo = try await FilledDemo()
        let (ledger, audit) = try demo.file.database.read(in: .instance) { tx in
            (try Ledger.verify(in: tx), try Audit.verify(in: tx))
        }
        #expect(ledger.firstProblem == nil)
        #expect(ledger.entries > 50)
        #expect(audit.firstProblem == nil)
        #expect(audit.records > 100)
        try demo.close()
    }

    @Test func `the owner's password is the one that is printed`() async throws {
        let demo = try await FilledDemo()
        let signedIn = try await Identity(database: demo.file.database).signIn(
            email: DemoCast.asha.email, password: DemoCast.password, on: .init(named: "test"),
            by: Actor(.anonymous, id: "-", display: "somebody")
        ).session()
        #expect(signedIn.user.isOperator)
        try demo.close()
    }

    @Test func `a filled file goes on where its clock was, and only a fresh start empties it`() async throws {
        let demo = try await FilledDemo()
        try demo.clock.move(by: .day)
        try demo.clock.move(by: .hour)
        #expect(demo.clock.clock.now.since(Core.Clock.system.now) > .hours(24))
        let file = DemoFile(path: demo.settings.database)
        // Another process holds the file: it is not replaced.
        #expect(throws: FileHold.Refusal.self) { try file.prepare(isFresh: true) }
        try demo.file.close()
        let ahead = try #require(try file.prepare(isFresh: false))
        #expect(abs(ahead.count - Milliseconds.hours(25).count) < 1000)
        #expect(try file.prepare(isFresh: true) == nil)
        #expect(file.state == .unfinished)
        try FileManager.default.removeItem(atPath: demo.folder)
    }

    @Test func `a file that the demo did not make is left alone`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "own-\(UUID().uuidString).db").path()
        try Data("somebody's work".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        for isFresh in [false, true] {
            #expect(throws: CommandFailed.self) { try DemoFile(path: path).prepare(isFresh: isFresh) }
        }
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("somebody's work".utf8))
    }

    @Test func `a month on the clock ends on the same day, or on the month's last`() throws {
        for (from, to) in [("2026-11-23", "2026-12-23"), ("2027-01-31", "2027-02-28"), ("2026-12-31", "2027-01-31")] {
            let start = try #require(Timestamp("\(from)T10:00:00Z"))
            #expect("\(CivilDate(start.adding(DemoClock.Step.month.length(from: start))))" == to)
        }
    }
}
