// What the queue promises about a job from enqueuing to its end.
import Core
import Foundation
import Storage
import StorageSQLite
import Synchronization
import Testing
import Web

@testable import Jobs

struct QueueTests {
    private struct Broken: Error, CustomStringConvertible { let description = "no luck" }

    private func handlers(_ run: @escaping JobHandler) -> JobHandlers {
        var handlers = JobHandlers()
        handlers.on("work", "Work", run: run)
        return handlers
    }

    @Test func `a job of a unit that is rolled back never was`() async throws {
        let queue = try QueueFixture()
        await #expect(throws: Broken.self) {
            try await queue.write { tx in
                try Jobs.enqueue("work", in: tx)
                throw Broken()
            }
        }
        #expect(try queue.value("SELECT count(*) FROM jobs") == "0")
    }

    @Test func `TEN-11 a job runs once, in the scope it was enqueued in`() async throws {
        let queue = try QueueFixture()
        let seen = Mutex<[JobContext]>([])
        let id = try await queue.enqueue("work", .object(["n": .integer(7)]))
        let runner = queue.runner(
            handlers { context in
                seen.withLock { $0.append(context) }
                return .done
            })
        #expect(try await runner.runDue() == 1)
        #expect(try await runner.runDue() == 0)
        let context = try #require(seen.withLock { $0.first })
        #expect(context.id == id && context.attempt == 1 && context.organization == queue.organization)
        #expect(context.payload["n"] == .integer(7))
        #expect(try queue.state(id) == "completed")
    }

    @Test func `a unique key admits one job until that one is over`() async throws {
        let queue = try QueueFixture()
        let first = try await queue.enqueue(unique: "a")
        #expect(first != nil)
        #expect(try await queue.enqueue(unique: "a") == nil)
        #expect(try await queue.enqueue(unique: "b") != nil)
        #expect(try await queue.enqueue("other", unique: "a") != nil)
        let elsewhere = try await queue.write(in: .organization(OrganizationID(at: QueueFixture.start))) {
            try Jobs.enqueue("work", unique: "a", in: $0)
        }
        #expect(elsewhere != nil)
        try await queue.runner(handlers { _ in .done }).runDue()
        #expect(try await queue.enqueue(unique: "a") != nil)
    }

    @Test func `a planned job waits for its time`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue(at: QueueFixture.start.adding(.hours(1)))
        let runner = queue.runner(handlers { _ in .done })
        #expect(try await runner.runDue() == 0)
        queue.clock.advance(by: Milliseconds.hours(1))
        #expect(try await runner.runDue() == 1)
        #expect(try queue.state(id) == "completed")
    }

    @Test func `a failed job waits longer each time and is dead after its last attempt`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue(attemptsMax: 3)
        let runner = queue.runner(handlers { _ in throw Broken() })
        var waits: [Int64] = []
        for _ in 0..<2 {
            #expect(try await runner.runDue() == 1)
            #expect(try queue.state(id) == "scheduled")
            let runAt = try #require(Int64(try queue.value("SELECT run_at FROM jobs") ?? ""))
            waits.append(runAt - queue.clock.clock.now.milliseconds)
            #expect(try await runner.runDue() == 0)
            queue.clock.advance(by: Milliseconds(runAt - queue.clock.clock.now.milliseconds))
        }
        #expect((12_000...18_000).contains(waits[0]) && (24_000...36_000).contains(waits[1]))
        #expect(try await runner.runDue() == 1)
        #expect(try queue.state(id) == "dead")
        #expect(try queue.value("SELECT last_error FROM jobs") == "no luck")
        #expect(try queue.value("SELECT count(*) FROM job_failures WHERE outcome = 'failed'") == "3")
    }

    @Test func `waits stay between their bounds however often a job fails`() {
        for attempt in [1, 2, 5, 11, 12, 50, Int.max] {
            for byte in [UInt8(0), 255] {
                let delay = Backoff.delay(
                    afterAttempt: attempt, randomness: Randomness { [UInt8](repeating: byte, count: $0) })
                #expect((12_000...25_920_000).contains(delay.count))
            }
        }
    }

    @Test func `a job that gives up is dead at once`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        try await queue.runner(handlers { _ in throw JobGivesUp("no such thing") }).runDue()
        #expect(try queue.state(id) == "dead")
    }

    @Test func `a job of an unknown kind is kept and not counted`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue("from.the.future")
        try await queue.runner(JobHandlers()).runDue()
        #expect(try queue.state(id) == "scheduled")
        #expect(try queue.value("SELECT attempt FROM jobs") == "0")
    }

    @Test func `the effect of a job and its completion are one unit`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        let effect: JobHandler = { context in
            .commit { tx in
                try Jobs.enqueue("effect", in: tx)
                if context.attempt == 1 { throw Broken() }
            }
        }
        let runner = queue.runner(handlers(effect))
        try await runner.runDue()
        #expect(try queue.state(id) == "scheduled")
        #expect(try queue.value("SELECT count(*) FROM jobs WHERE kind = 'effect'") == "0")
        queue.clock.advance(by: .minutes(1))
        try await runner.runDue()
        #expect(try queue.state(id) == "completed")
        #expect(try queue.value("SELECT count(*) FROM jobs WHERE kind = 'effect'") == "1")
    }

    @Test func `the effect of a job that was cancelled meanwhile is not applied`() async throws {
        let queue = try QueueFixture()
        let id = try #require(try await queue.enqueue())
        let cancelling = queue.runner(
            handlers { context in
                _ = try await context.database.write(in: context.scope, by: .system("test")) {
                    try JobsStore.cancel(context.id, in: $0)
                }
                return .commit { try Jobs.enqueue("effect", in: $0) }
            })
        try await cancelling.runDue()
        #expect(try queue.state(id) == "cancelled")
        #expect(try queue.value("SELECT count(*) FROM jobs WHERE kind = 'effect'") == "0")
    }

    @Test func `claims come in the order of their time and never twice`() async throws {
        let queue = try QueueFixture()
        for minute in [3, 1, 2] {
            try await queue.enqueue(at: QueueFixture.start.adding(.minutes(Int64(-minute))))
        }
        let lease = QueueFixture.start.adding(.seconds(30))
        let claims = try await queue.write(in: .instance) { tx in
            try [2, 2].map { try JobsStore.claim(queue: "default", limit: $0, until: lease, in: tx).map(\.id) }
        }
        let order = try queue.database.read(in: .instance) { tx in
            try tx.rows("SELECT id FROM jobs ORDER BY run_at") { row -> JobID in try row.id(0) }
        }
        #expect(claims[0] == Array(order.prefix(2)) && claims[1] == Array(order.suffix(1)))
    }

    @Test func `a claim and the look for work read only the rows they want`() async throws {
        let queue = try QueueFixture()
        let plans: [(SQL, String)] = [
            (
                """
                EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE state = 'ready' AND queue = 'default'
                ORDER BY run_at, id LIMIT 8
                """, "jobs_ready"
            ),
            (
                """
                EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE state = 'scheduled' AND run_at <= 5
                ORDER BY run_at LIMIT 500
                """, "jobs_due"
            ),
            (
                """
                EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE state = 'running' AND lease_until < 5
                ORDER BY lease_until LIMIT 500
                """, "jobs_lease"
            ),
            (
                "EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE organization_id = 'o' ORDER BY id DESC LIMIT 26",
                "jobs_organization"
            ),
            (
                """
                EXPLAIN QUERY PLAN SELECT id FROM jobs
                WHERE 1 = 1 AND state = 'dead' AND state IN ('cancelled', 'dead') ORDER BY id DESC LIMIT 51
                """, "jobs_failed"
            ),
        ]
        for (statement, index) in plans {
            let plan = try queue.database.read(in: .instance) { try $0.rows(statement) { try $0.text(3) } }
            #expect(plan.contains { $0.contains(index) }, "\(plan)")
            #expect(!plan.contains { $0.contains("B-TREE") }, "\(plan)")
        }
    }

    @Test func `an organisation neither sees nor touches the jobs of another`() async throws {
        let queue = try QueueFixture()
        let id = try #require(try await queue.enqueue())
        let other = Scope.organization(OrganizationID(at: QueueFixture.start))
        #expect(try queue.database.read(in: other) { try JobsStore.job(id, in: $0) } == nil)
        #expect(try await queue.write(in: other) { try JobsStore.cancel(id, in: $0) } == false)
        #expect(try await queue.write(in: other) { try JobsStore.restart(id, in: $0) } == false)
        #expect(try queue.state(id) == "ready")
    }

    @Test func `a dead job can be tried again, with its failures kept`() async throws {
        let queue = try QueueFixture()
        let id = try #require(try await queue.enqueue())
        try await queue.runner(handlers { _ in throw JobGivesUp("no") }).runDue()
        let feature = JobsFeature(handlers: JobHandlers())
        let again = try await queue.write { try feature.retry(id, in: $0).state }
        #expect(again == .ready)
        try await queue.runner(handlers { _ in .done }).runDue()
        #expect(try queue.state(id) == "completed")
        #expect(try queue.value("SELECT count(*) FROM job_failures") == "1")
        await #expect(throws: JobsProblem.notRetryable) { try await queue.write { _ = try feature.retry(id, in: $0) } }
        await #expect(throws: JobsProblem.notCancellable) {
            try await queue.write { _ = try feature.cancel(id, in: $0) }
        }
        #expect(try queue.value("SELECT group_concat(action) FROM audit_events") == "job.retried")
    }

    @Test func `a job is not tried again while another one holds its key`() async throws {
        let queue = try QueueFixture()
        let id = try #require(try await queue.enqueue(unique: "k"))
        _ = try await queue.write { try JobsStore.cancel(id, in: $0) }
        try await queue.enqueue(unique: "k")
        let feature = JobsFeature(handlers: JobHandlers())
        await #expect(throws: JobsProblem.notRetryable) { try await queue.write { _ = try feature.retry(id, in: $0) } }
        #expect(try queue.state(id) == "cancelled")
    }

    @Test func `members enqueue only what is open to them`() async throws {
        let queue = try QueueFixture()
        var handlers = JobHandlers()
        try JobsFeature.addJobs(to: &handlers)
        let feature = JobsFeature(handlers: handlers)
        let echo = JobRequest(kind: "echo", payload: nil, runAt: nil, unique: "u", attemptsMax: nil)
        let id = try await queue.write { try feature.enqueue(echo, in: $0).id }
        await #expect(throws: JobsProblem.exists(id)) {
            try await queue.write { _ = try feature.enqueue(echo, in: $0) }
        }
        let prune = JobRequest(kind: "jobs.prune", payload: nil, runAt: nil, unique: nil, attemptsMax: nil)
        let refusal = await #expect(throws: Problem.self) {
            try await queue.write { _ = try feature.enqueue(prune, in: $0) }
        }
        #expect(refusal?.fields.map(\.pointer) == ["/kind"])
    }

    @Test func `what ended long ago is deleted, what is alive is not`() async throws {
        let queue = try QueueFixture()
        var handlers = handlers { _ in .done }
        try JobsFeature.addJobs(to: &handlers)
        let old = try await queue.enqueue()
        let runner = queue.runner(handlers)
        try await runner.runDue()
        let waiting = try await queue.enqueue(at: QueueFixture.start.adding(.days(400)))
        queue.clock.advance(by: .days(8))
        try await queue.enqueue("jobs.prune")
        try await runner.runDue()
        #expect(try queue.state(old) == nil)
        #expect(try queue.state(waiting) == "scheduled")
    }
}
