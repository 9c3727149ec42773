// Work by the clock: each time once, missed times caught up once.
import Core
import Foundation
import Storage
import StorageSQLite
import Testing

@testable import Jobs

struct ScheduleTests {
    /// 05:31:38 on 23 November 2026.
    private func handlers(_ cron: String = "0 * * * *") throws -> JobHandlers {
        var handlers = JobHandlers()
        handlers.on("tidy", "Tidy") { _ in .done }
        try handlers.schedule("Tidy up", cron, kind: "tidy")
        return handlers
    }

    @Test func `a schedule fires at its time, once`() async throws {
        let queue = try QueueFixture()
        let runner = queue.runner(try handlers())
        try await runner.start()
        #expect(try await runner.runDue() == 0)
        queue.clock.advance(by: .minutes(29))
        #expect(try await runner.runDue() == 1)
        #expect(try await runner.runDue() == 0)
        #expect(try queue.value("SELECT payload FROM jobs") == #"{"scheduled_for":"2026-11-23T06:00:00.000Z"}"#)
        #expect(try queue.value("SELECT organization_id FROM jobs") == "instance")
        queue.clock.advance(by: .hours(1))
        #expect(try await runner.runDue() == 1)
    }

    @Test func `what was missed while nothing ran is caught up once`() async throws {
        let queue = try QueueFixture()
        try await queue.runner(try handlers()).start()
        queue.clock.advance(by: .days(3))
        let later = queue.runner(try handlers())
        try await later.start()
        #expect(try await later.runDue() == 1)
        #expect(try queue.value("SELECT count(*) FROM schedule_fires") == "1")
        let next = try #require(Int64(try queue.value("SELECT next_fire_at FROM schedules") ?? ""))
        #expect(Timestamp(milliseconds: next) == Timestamp("2026-11-26T06:00:00Z"))
    }

    @Test func `a time that has fired does not fire again when the clock goes back`() async throws {
        let queue = try QueueFixture()
        let runner = queue.runner(try handlers())
        try await runner.start()
        queue.clock.advance(by: .minutes(29))
        #expect(try await runner.runDue() == 1)
        queue.clock.advance(by: .minutes(-29))
        try await runner.start()
        queue.clock.advance(by: .minutes(29))
        #expect(try await runner.runDue() == 0)
        #expect(try queue.value("SELECT count(*) FROM schedule_fires") == "1")
    }

    @Test func `a clock that was far ahead does not silence a schedule`() async throws {
        let queue = try QueueFixture()
        queue.clock.advance(by: .days(3000))
        try await queue.runner(try handlers()).start()
        queue.clock.advance(by: .days(-3000))
        let runner = queue.runner(try handlers())
        try await runner.start()
        queue.clock.advance(by: .minutes(29))
        #expect(try await runner.runDue() == 1)
    }

    @Test func `a run that is not over makes the schedule skip`() async throws {
        let queue = try QueueFixture()
        let runner = queue.runner(try handlers())
        try await runner.start()
        queue.clock.advance(by: .minutes(29))
        _ = try await JobRound(free: [:], own: [], lease: .seconds(30), lostMax: 3)(on: queue.database)
        queue.clock.advance(by: .hours(1))
        _ = try await JobRound(free: [:], own: [], lease: .seconds(30), lostMax: 3)(on: queue.database)
        #expect(try queue.value("SELECT count(*) FROM jobs") == "1")
        #expect(try queue.value("SELECT count(*) FROM schedule_fires WHERE job_id IS NULL") == "1")
    }

    @Test func `the stored schedules follow the declared ones`() async throws {
        let queue = try QueueFixture()
        try await queue.runner(try handlers()).start()
        try await queue.runner(try handlers("30 2 * * *")).start()
        #expect(try queue.value("SELECT cron FROM schedules") == "30 2 * * *")
        let next = try #require(Int64(try queue.value("SELECT next_fire_at FROM schedules") ?? ""))
        #expect(Timestamp(milliseconds: next) == Timestamp("2026-11-24T02:30:00Z"))
        try await queue.runner(JobHandlers()).start()
        #expect(try queue.value("SELECT count(*) FROM schedules") == "0")
    }

    @Test func `an idle queue writes nothing`() async throws {
        let queue = try QueueFixture()
        let runner = queue.runner(try handlers())
        try await runner.start()
        let length = { try Data(contentsOf: URL(filePath: queue.path + "-wal")).count }
        let before = try length()
        try await runner.runDue()
        #expect(try length() == before)
        try await queue.enqueue()
        #expect(try length() > before)
    }
}
