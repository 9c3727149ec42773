// All SQL of the schedules.
import Core
import Storage

enum SchedulesStore {
    /// A schedule whose time has come.
    struct Due {
        let id: ScheduleID
        let scope: Scope
        let name: String
        let cron: String
        let kind: String
        let fireAt: Timestamp
    }

    static func removeAll(except names: [String], in tx: any Transaction) throws {
        try tx.run(
            "DELETE FROM schedules WHERE organization_id = \(tx.scope.key) AND name NOT IN \(list: names)")
    }

    /// Adds or renews a declared schedule; a changed expression takes its new time, an unchanged one keeps an
    /// earlier time that was missed.
    static func declare(_ schedule: NewSchedule, id: ScheduleID, next: Timestamp?, in tx: any Transaction) throws {
        let cron = schedule.cron.description
        try tx.run(
            """
            INSERT INTO schedules (id, organization_id, name, cron, kind, next_fire_at, created_at)
            VALUES (\(id), \(tx.scope.key), \(schedule.name), \(cron), \(schedule.kind), \(next), \(tx.now))
            ON CONFLICT (organization_id, name) DO UPDATE SET
              next_fire_at = CASE WHEN schedules.cron = excluded.cron AND schedules.next_fire_at < excluded.next_fire_at
                THEN schedules.next_fire_at ELSE excluded.next_fire_at END,
              cron = excluded.cron, kind = excluded.kind
            """)
    }

    static func due(limit: Int, in tx: any Transaction) throws -> [Due] {
        try tx.rows(
            """
            SELECT id, organization_id, name, cron, kind, next_fire_at FROM schedules
            WHERE is_paused = 0 AND next_fire_at <= \(tx.now) ORDER BY next_fire_at LIMIT \(limit)
            """
        ) { row in
            Due(
                id: try row.id(0), scope: Scope(key: try row.text(1)), name: try row.text(2), cron: try row.text(3),
                kind: try row.text(4), fireAt: try row.time(5))
        }
    }

    static func isAnythingDue(in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM schedules WHERE is_paused = 0 AND next_fire_at <= \(tx.now) LIMIT 1")
    }

    /// False when this time has fired before.
    static func insertFire(of due: Due, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            INSERT INTO schedule_fires (organization_id, schedule_id, fire_at, fired_at)
            VALUES (\(tx.scope.key), \(due.id), \(due.fireAt), \(tx.now)) ON CONFLICT (schedule_id, fire_at) DO NOTHING
            """) == 1
    }

    static func setJob(_ job: JobID, ofFire due: Due, in tx: any Transaction) throws {
        try tx.run(
            "UPDATE schedule_fires SET job_id = \(job) WHERE schedule_id = \(due.id) AND fire_at = \(due.fireAt)")
    }

    static func advance(_ due: Due, to next: Timestamp?, in tx: any Transaction) throws {
        try tx.run("UPDATE schedules SET next_fire_at = \(next), last_fire_at = \(due.fireAt) WHERE id = \(due.id)")
    }

    /// The schedules of the scope, by name.
    static func all(limit: Int, in tx: any Transaction) throws -> [Schedule] {
        try tx.rows(
            """
            SELECT id, name, cron, kind, is_paused, next_fire_at, last_fire_at,
              (SELECT job_id FROM schedule_fires AS f WHERE f.schedule_id = s.id ORDER BY fire_at DESC LIMIT 1)
            FROM schedules AS s WHERE organization_id = \(tx.scope.key) ORDER BY name LIMIT \(limit)
            """
        ) { row in
            Schedule(
                id: try row.id(0), name: try row.text(1), cron: try row.text(2), kind: try row.text(3),
                isPaused: try row.flag(4), nextFireAt: row.optionalTime(5), lastFireAt: row.optionalTime(6),
                lastJob: row.optionalID(7))
        }
    }

    static func pruneFires(before: Timestamp, limit: Int, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            DELETE FROM schedule_fires WHERE (schedule_id, fire_at) IN (
              SELECT schedule_id, fire_at FROM schedule_fires
              WHERE fired_at < \(before) ORDER BY fired_at LIMIT \(limit))
            """)
    }
}
