// Work that the clock enqueues.
package import Core
import Storage
import Web

/// The kind of identifier that schedules have: `sch_…`.
package enum ScheduleKind: IdentifierKind { package static let prefix = "sch" }
package typealias ScheduleID = Identifier<ScheduleKind>

/// A schedule that the product declares.
struct NewSchedule: Sendable {
    let name: String
    let cron: CronExpression
    let kind: String
}

/// A schedule as it is stored.
package struct Schedule: Sendable {
    package let id: ScheduleID
    package let name: String
    package let cron: String
    /// The kind of job that it enqueues.
    package let kind: String
    package let isPaused: Bool
    /// Nil: the calendar has no such day.
    package let nextFireAt: Timestamp?
    package let lastFireAt: Timestamp?
    /// The job of the last fire; nil when none is kept any more or the fire was skipped.
    package let lastJob: JobID?
}

enum Scheduler {
    /// Schedules that fire in one unit of work; the others follow with the next tick.
    private static let batch = 100

    /// Makes the stored schedules of the instance equal to the declared ones.
    ///
    /// A schedule that fell due while nothing ran keeps its time, so it is caught up once. A time that lies further
    /// ahead than the expression says (the clock was moved back) is brought back.
    static func declare(_ schedules: [NewSchedule], in tx: any Transaction) throws {
        try SchedulesStore.removeAll(except: schedules.map(\.name), in: tx)
        for schedule in schedules {
            let next = schedule.cron.next(after: tx.now)
            try SchedulesStore.declare(schedule, id: ScheduleID(at: tx.now), next: next, in: tx)
        }
    }

    /// Fires what is due: one job for each schedule, however many times were missed; returns how many fired.
    ///
    /// The fire's row and its job are written together, so a time is never lost and never fires twice. A schedule
    /// whose last job is not over yet skips this time.
    static func fire(in tx: any Transaction) throws -> Int {
        let due = try SchedulesStore.due(limit: batch, in: tx)
        for schedule in due {
            // An expression that can't be read any more stops its own schedule, not the others.
            let next = (try? CronExpression(schedule.cron))?.next(after: tx.now)
            try tx.scoped(to: schedule.scope) { tx in
                if try SchedulesStore.insertFire(of: schedule, in: tx) {
                    let payload: JSONValue = .object(["scheduled_for": .string(schedule.fireAt.description)])
                    let job = try Jobs.enqueue(schedule.kind, payload, unique: "schedule:\(schedule.name)", in: tx)
                    if let job { try SchedulesStore.setJob(job, ofFire: schedule, in: tx) }
                }
                try SchedulesStore.advance(schedule, to: next, in: tx)
            }
        }
        return due.count
    }
}
