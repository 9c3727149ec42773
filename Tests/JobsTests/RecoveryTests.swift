// What is left after a crash, and who may still speak about a job.
import Core
import Storage
import StorageSQLite
import Testing
import Web

@testable import Jobs

struct RecoveryTests {
    private func claim(_ queue: QueueFixture) async throws -> ClaimedJob {
        let claimed = try await queue.write(in: .instance) { tx in
            try JobsStore.claim(queue: "default", limit: 1, until: tx.now.adding(.seconds(30)), in: tx)
        }
        return try #require(claimed.first)
    }

    private func handlers(_ run: @escaping JobHandler = { _ in .done }) -> JobHandlers {
        var handlers = JobHandlers()
        handlers.on("work", "Work", run: run)
        return handlers
    }

    @Test func `a crash in the middle of a run loses no job`() async throws {
        let before = try QueueFixture()
        let ids = [try await before.enqueue(), try await before.enqueue(), try await before.enqueue()]
        _ = try await claim(before)
        let after = try before.crashed()
        let runner = after.runner(handlers())
        try await runner.start()
        #expect(try await runner.runDue() == 2)
        #expect(try ids.map { try after.state($0) }.filter { $0 == "running" }.count == 1)
        after.clock.advance(by: .seconds(31))
        #expect(try await runner.runDue() == 1)
        #expect(try ids.map { try after.state($0) } == ["completed", "completed", "completed"])
        #expect(try after.value("SELECT outcome FROM job_failures") == "lost")
    }

    @Test func `a lost run does not count as an attempt`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue(attemptsMax: 1)
        _ = try await claim(queue)
        queue.clock.advance(by: .seconds(31))
        #expect(try await queue.runner(handlers()).runDue() == 1)
        #expect(try queue.state(id) == "completed")
        #expect(try queue.value("SELECT attempt FROM jobs") == "1")
    }

    @Test func `a job that takes its process down each time is dead after three`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        let round = JobRound(free: [:], own: [], lease: .seconds(30), lostMax: 3)
        for expected in ["ready", "ready", "dead"] {
            _ = try await claim(queue)
            queue.clock.advance(by: .seconds(31))
            _ = try await round(on: queue.database)
            #expect(try queue.state(id) == expected)
        }
    }

    @Test func `a start gives running jobs a fresh lease, even one that lies far ahead`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        queue.clock.advance(by: .days(300))
        _ = try await claim(queue)
        queue.clock.advance(by: .days(-300))
        let runner = queue.runner(handlers())
        try await runner.start()
        #expect(try await runner.runDue() == 0)
        queue.clock.advance(by: .seconds(31))
        #expect(try await runner.runDue() == 1)
        #expect(try queue.state(id) == "completed")
    }

    @Test func `who lost a job can neither end, renew nor release it`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        let stale = try await claim(queue)
        queue.clock.advance(by: .seconds(31))
        _ = try await JobRound(free: [:], own: [], lease: .seconds(30), lostMax: 9)(on: queue.database)
        let fresh = try await claim(queue)
        #expect(fresh.epoch == stale.epoch + 1)
        let answers = try await queue.write { tx in
            [
                try JobsStore.complete(stale, in: tx), try JobsStore.bury(stale, error: "x", in: tx),
                try JobsStore.retry(stale, at: tx.now, error: "x", in: tx),
                try JobsStore.release(stale, at: tx.now, in: tx),
                try JobsStore.renew(stale.id, epoch: stale.epoch, until: tx.now, in: tx),
            ]
        }
        #expect(answers == [false, false, false, false, false])
        #expect(try queue.state(id) == "running")
        #expect(try await queue.write { try JobsStore.complete(fresh, in: $0) })
        #expect(try await queue.write { try JobsStore.complete(fresh, in: $0) } == false)
    }

    @Test func `a late end is accepted while nobody has taken the job`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        let late = try await claim(queue)
        queue.clock.advance(by: .hours(1))
        #expect(try await queue.write { try JobsStore.complete(late, in: $0) })
        #expect(try queue.state(id) == "completed")
    }

    @Test func `the epoch can't be set back, not even by hand`() async throws {
        let queue = try QueueFixture()
        try await queue.enqueue()
        _ = try await claim(queue)
        await #expect(throws: StorageError.constraint("jobs: the epoch never goes back")) {
            try await queue.write(in: .instance) { try $0.run("UPDATE jobs SET epoch = 0") }
        }
    }
}
