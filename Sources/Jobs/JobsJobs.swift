// The queue's own work: tidying up, and a kind to try it out with.
import Core
import Storage
import Web

extension JobsFeature {
    private enum Keep {
        static let completed = Milliseconds.days(7)
        static let cancelled = Milliseconds.days(30)
        static let dead = Milliseconds.days(90)
        static let fires = Milliseconds.days(90)
        /// Rows deleted in one unit of work, so that other writers wait no longer than a moment.
        static let batch = 1000
    }

    /// Declares the handlers and schedules of the queue itself.
    package static func addJobs(to handlers: inout JobHandlers) throws(CronProblem) {
        handlers.on("jobs.prune", "Deletes jobs that ended long ago") { try await prune($0) }
        handlers.on(
            "echo", "Ends well after `seconds` (0 to 30), or fails with the text `fail`: to try the queue out",
            timeout: .minutes(1), isPublic: true
        ) { try await echo($0) }
        try handlers.schedule("Delete old jobs", "17 * * * *", kind: "jobs.prune")
    }

    private static func prune(_ context: JobContext) async throws -> JobOutcome {
        let ages: [(JobState, Milliseconds)] = [
            (.completed, Keep.completed), (.cancelled, Keep.cancelled), (.dead, Keep.dead),
        ]
        for (state, age) in ages {
            try await inBatches(context) { tx in
                try JobsStore.prune(state, before: tx.now.adding(-age), limit: Keep.batch, in: tx)
            }
        }
        try await inBatches(context) { tx in
            try SchedulesStore.pruneFires(before: tx.now.adding(-Keep.fires), limit: Keep.batch, in: tx)
        }
        return .done
    }

    private static func inBatches(
        _ context: JobContext, _ delete: @escaping @Sendable (any Transaction) throws -> Int
    ) async throws {
        while try await context.database.write(in: .instance, by: context.actor, delete) == Keep.batch {
            try Task.checkCancellation()
        }
    }

    private static func echo(_ context: JobContext) async throws -> JobOutcome {
        let seconds = min(max(context.payload["seconds"]?.integerValue ?? 0, 0), 30)
        if seconds > 0 { try await Task.sleep(for: .seconds(seconds)) }
        if let reason = context.payload["fail"]?.stringValue { throw EchoFailure(description: reason) }
        return .done
    }

    private struct EchoFailure: Error, CustomStringConvertible {
        let description: String
    }
}
