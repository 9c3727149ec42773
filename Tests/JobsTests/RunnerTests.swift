// The worker as a service: wakes, holds, stops, recovers.
import Core
import Logging
import ServiceLifecycle
import Storage
import StorageSQLite
import Synchronization
import Testing
import Web

@testable import Jobs

struct RunnerTests {
    private func handlers(timeout: Milliseconds = .minutes(5), _ run: @escaping JobHandler) -> JobHandlers {
        var handlers = JobHandlers()
        handlers.on("work", "Work", timeout: timeout, run: run)
        return handlers
    }

    private func group(_ runner: JobRunner) -> ServiceGroup {
        ServiceGroup(
            configuration: .init(
                services: [.init(service: runner)], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }

    @Test func `a job runs as soon as its unit is committed, long before the next tick`() async throws {
        let queue = try QueueFixture()
        let runner = queue.runner(handlers { _ in .done }) { $0.tick = .minutes(10) }
        let group = group(runner)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await queue.enqueue(at: QueueFixture.start.adding(.days(9)))
            try await Task.sleep(for: .milliseconds(100))
            let id = try await queue.enqueue()
            #expect(try await queue.wait { try queue.state(id) == "completed" })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func `no more jobs of a queue run at once than it has slots`() async throws {
        let queue = try QueueFixture()
        let counts = Mutex((now: 0, most: 0, total: 0))
        let runner = queue.runner(
            handlers { _ in
                counts.withLock { counts in
                    counts.now += 1
                    counts.most = max(counts.most, counts.now)
                    counts.total += 1
                }
                try await Task.sleep(for: .milliseconds(5))
                counts.withLock { $0.now -= 1 }
                return .done
            }
        ) { $0.slots = ["default": 3] }
        let group = group(runner)
        for _ in 0..<30 { try await queue.enqueue() }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(
                try await queue.wait { try queue.value("SELECT count(*) FROM jobs WHERE state = 'completed'") == "30" })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        let (most, total) = counts.withLock { ($0.most, $0.total) }
        #expect(most == 3 && total == 30)
    }

    @Test func `a run that takes too long is stopped and counts as failed`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        let runner = queue.runner(
            handlers(timeout: Milliseconds(50)) { _ in
                try await Task.sleep(for: .seconds(60))
                return .done
            })
        try await runner.runDue()
        #expect(try queue.state(id) == "scheduled")
        #expect(try queue.value("SELECT outcome FROM job_failures") == "timed_out")
    }

    @Test func `a graceful stop lets a running job finish`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        let group = group(
            queue.runner(
                handlers { _ in
                    try await Task.sleep(for: .milliseconds(300))
                    return .done
                }))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(try await queue.wait { try queue.state(id) == "running" })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try queue.state(id) == "completed")
    }

    @Test func `a graceful stop hands back what does not finish, without counting the attempt`() async throws {
        let queue = try QueueFixture()
        let id = try await queue.enqueue()
        let runner = queue.runner(
            handlers { _ in
                try await Task.sleep(for: .seconds(60))
                return .done
            }
        ) { $0.drain = Milliseconds(50) }
        let group = group(runner)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(try await queue.wait { try queue.state(id) == "running" })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try queue.state(id) == "ready")
        #expect(try queue.value("SELECT attempt FROM jobs") == "0")
        #expect(try queue.value("SELECT count(*) FROM job_failures") == "0")
    }

    @Test func `cancelling a running job stops its run`() async throws {
        let queue = try QueueFixture()
        let id = try #require(try await queue.enqueue())
        let wasStopped = Mutex(false)
        let runner = queue.runner(
            handlers { _ in
                do { try await Task.sleep(for: .seconds(60)) } catch { wasStopped.withLock { $0 = true } }
                return .done
            }
        ) { $0.lease = Milliseconds(90) }
        let group = group(runner)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(try await queue.wait { try queue.state(id) == "running" })
            _ = try await queue.write { try JobsStore.cancel(id, in: $0) }
            #expect(try await queue.wait { wasStopped.withLock { $0 } })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try queue.state(id) == "cancelled")
    }

    @Test func `a clock that jumps ahead takes no running job away`() async throws {
        let queue = try QueueFixture()
        let runs = Mutex(0)
        let id = try await queue.enqueue()
        let group = group(
            queue.runner(
                handlers { _ in
                    runs.withLock { $0 += 1 }
                    try await Task.sleep(for: .milliseconds(300))
                    return .done
                }))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(try await queue.wait { try queue.state(id) == "running" })
            queue.clock.advance(by: .days(30))
            #expect(try await queue.wait { try queue.state(id) == "completed" })
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(runs.withLock { $0 } == 1)
    }
}
