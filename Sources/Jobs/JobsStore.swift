// All SQL of the queue. States stand in the text, not in bindings: only then are the partial indexes used.
import Core
import Storage
import Web

enum JobsStore {
    private static let columns: SQL = """
        id, organization_id, kind, queue, state, payload, run_at, attempt, attempts_max, lost, unique_key, last_error,
        created_at, started_at, finished_at
        """

    /// False when the unique key is taken.
    static func insert(_ job: NewJob, in tx: any Transaction) throws -> Bool {
        let state: JobState = job.runAt <= tx.now ? .ready : .scheduled
        return try tx.exists(
            """
            INSERT INTO jobs (id, organization_id, kind, queue, state, payload, run_at,
              attempts_max, unique_key, created_at)
            VALUES (\(job.id), \(tx.scope.key), \(job.kind), \(job.queue), \(state), \(job.payload.text), \(job.runAt),
              \(job.attemptsMax), \(job.unique), \(tx.now))
            ON CONFLICT (organization_id, kind, unique_key)
              WHERE unique_key IS NOT NULL AND state IN ('scheduled', 'ready', 'running')
            DO NOTHING RETURNING id
            """)
    }

    /// The live job that holds a unique key.
    static func holder(of unique: String, kind: String, in tx: any Transaction) throws -> JobID? {
        try tx.first(
            """
            SELECT id FROM jobs WHERE organization_id = \(tx.scope.key) AND kind = \(kind) AND unique_key = \(unique)
              AND unique_key IS NOT NULL AND state IN ('scheduled', 'ready', 'running')
            """
        ) { try $0.id(0) }
    }

    // MARK: Reading

    static func job(_ id: JobID, in tx: any Transaction) throws -> Job? {
        try tx.first("SELECT \(columns) FROM jobs WHERE id = \(id)", job)
    }

    /// Newest first, below an identifier; of one owner, or of all when `owner` is nil.
    static func page(
        owner: String?, state: JobState?, before: String?, limit: Int, in tx: any Transaction
    ) throws -> [Job] {
        let of: SQL = owner.map { "organization_id = \($0)" } ?? "1 = 1"
        let only: SQL = state.map { owner == nil ? ofAll($0) : "AND state = \($0)" } ?? ""
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            "SELECT \(columns) FROM jobs WHERE \(of) \(only) \(below) ORDER BY id DESC LIMIT \(limit)", job)
    }

    /// A state among the jobs of everybody, in the words of the partial index that finds it.
    private static func ofAll(_ state: JobState) -> SQL {
        switch state {
        case .scheduled: "AND state = 'scheduled'"
        case .ready: "AND state = 'ready'"
        case .running: "AND state = 'running'"
        case .completed: "AND state = 'completed'"
        case .cancelled: "AND state = 'cancelled' AND state IN ('cancelled', 'dead')"
        case .dead: "AND state = 'dead' AND state IN ('cancelled', 'dead')"
        }
    }

    /// How many jobs stand in a state, counted no further than `limit`.
    static func count(owner: String, state: JobState, limit: Int, in tx: any Transaction) throws -> Int {
        try tx.first(
            """
            SELECT count(*) FROM (
              SELECT 1 FROM jobs WHERE organization_id = \(owner) AND state = \(state) LIMIT \(limit)) AS some
            """
        ) { Int(try $0.int(0)) } ?? 0
    }

    static func failures(of id: JobID, in tx: any Transaction) throws -> [JobFailure] {
        try tx.rows(
            "SELECT outcome, error, at FROM job_failures WHERE job_id = \(id) ORDER BY epoch DESC LIMIT 100"
        ) { JobFailure(outcome: try $0.choice(0), error: try $0.text(1), at: try $0.time(2)) }
    }

    // MARK: Claiming

    /// Whether a round would find anything to do; costs a look at the ends of a few indexes.
    static func hasWork(queues: [String], except own: [JobID], in tx: any Transaction) throws -> Bool {
        for queue in queues {
            if try tx.exists("SELECT 1 FROM jobs WHERE state = 'ready' AND queue = \(queue) LIMIT 1") { return true }
        }
        return try tx.exists("SELECT 1 FROM jobs WHERE state = 'scheduled' AND run_at <= \(tx.now) LIMIT 1")
            || !expired(except: own, limit: 1, in: tx).isEmpty
    }

    /// Makes what is due ready; returns how many.
    static func promote(limit: Int, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            UPDATE jobs SET state = 'ready' WHERE state = 'scheduled' AND id IN (
              SELECT id FROM jobs WHERE state = 'scheduled' AND run_at <= \(tx.now) ORDER BY run_at LIMIT \(limit))
            """)
    }

    /// Takes the oldest ready jobs of a queue.
    static func claim(queue: String, limit: Int, until lease: Timestamp, in tx: any Transaction) throws -> [ClaimedJob]
    {
        let claimed = try tx.rows(
            """
            UPDATE jobs SET state = 'running', epoch = epoch + 1, attempt = attempt + 1, lease_until = \(lease),
              started_at = \(tx.now)
            WHERE state = 'ready' AND id IN (
              SELECT id FROM jobs WHERE state = 'ready' AND queue = \(queue) ORDER BY run_at, id LIMIT \(limit))
            RETURNING id, organization_id, kind, payload, attempt, attempts_max, epoch, run_at
            """
        ) { row in
            let job = ClaimedJob(
                id: try row.id(0), scope: Scope(key: try row.text(1)), kind: try row.text(2),
                payload: (try? JSONParser.parse(Array(try row.text(3).utf8))) ?? .null, attempt: Int(try row.int(4)),
                attemptsMax: Int(try row.int(5)), epoch: try row.int(6))
            return (job, try row.time(7))
        }
        return claimed.sorted { ($0.1, $0.0.id) < ($1.1, $1.0.id) }.map(\.0)
    }

    /// Prolongs the lease; false when the job is not ours any more (rescued, cancelled).
    static func renew(_ id: JobID, epoch: Int64, until lease: Timestamp, in tx: any Transaction) throws -> Bool {
        try tx.run(
            "UPDATE jobs SET lease_until = \(lease) WHERE id = \(id) AND state = 'running' AND epoch = \(epoch)") == 1
    }

    // MARK: Ending a run; each returns false when the epoch is stale.

    static func complete(_ job: ClaimedJob, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE jobs SET state = 'completed', finished_at = \(tx.now), lease_until = NULL
            WHERE id = \(job.id) AND state = 'running' AND epoch = \(job.epoch)
            """) == 1
    }

    static func retry(_ job: ClaimedJob, at runAt: Timestamp, error: String, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE jobs SET state = 'scheduled', run_at = \(runAt), last_error = \(error), lease_until = NULL
            WHERE id = \(job.id) AND state = 'running' AND epoch = \(job.epoch)
            """) == 1
    }

    static func bury(_ job: ClaimedJob, error: String, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE jobs SET state = 'dead', finished_at = \(tx.now), last_error = \(error), lease_until = NULL
            WHERE id = \(job.id) AND state = 'running' AND epoch = \(job.epoch)
            """) == 1
    }

    /// Hands a job back without counting the run; it is ready again at `runAt`.
    static func release(_ job: ClaimedJob, at runAt: Timestamp, in tx: any Transaction) throws -> Bool {
        let state: JobState = runAt <= tx.now ? .ready : .scheduled
        return try tx.run(
            """
            UPDATE jobs SET state = \(state), run_at = \(runAt), attempt = attempt - 1, lease_until = NULL
            WHERE id = \(job.id) AND state = 'running' AND epoch = \(job.epoch)
            """) == 1
    }

    static func note(_ failure: JobFailure, of job: ClaimedJob, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO job_failures (organization_id, job_id, epoch, outcome, error, at)
            VALUES (\(job.scope.key), \(job.id), \(job.epoch), \(failure.outcome), \(failure.error), \(failure.at))
            """)
    }

    // MARK: After a crash

    /// Gives every running job the same fresh lease: nobody knows how long this process was away.
    static func grace(until lease: Timestamp, in tx: any Transaction) throws -> Int {
        try tx.run("UPDATE jobs SET lease_until = \(lease) WHERE state = 'running'")
    }

    /// Jobs whose lease ran out, without those that this process knows it is running.
    static func expired(except own: [JobID], limit: Int, in tx: any Transaction) throws -> [(
        job: ClaimedJob, lost: Int
    )] {
        try tx.rows(
            """
            SELECT id, organization_id, kind, attempt, attempts_max, epoch, lost FROM jobs
            WHERE state = 'running' AND lease_until < \(tx.now) AND id NOT IN \(list: own)
            ORDER BY lease_until LIMIT \(limit)
            """
        ) { row in
            let job = ClaimedJob(
                id: try row.id(0), scope: Scope(key: try row.text(1)), kind: try row.text(2), payload: .null,
                attempt: Int(try row.int(3)), attemptsMax: Int(try row.int(4)), epoch: try row.int(5))
            return (job, Int(try row.int(6)))
        }
    }

    /// Takes a lost job back: the run does not count as an attempt, but it is remembered.
    static func recover(_ job: ClaimedJob, at runAt: Timestamp, error: String, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE jobs SET state = 'scheduled', run_at = \(runAt), attempt = attempt - 1, lost = lost + 1,
              last_error = \(error), lease_until = NULL
            WHERE id = \(job.id) AND state = 'running' AND epoch = \(job.epoch)
            """)
    }

    // MARK: By hand

    static func cancel(_ id: JobID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE jobs SET state = 'cancelled', finished_at = \(tx.now), lease_until = NULL
            WHERE id = \(id) AND state IN ('scheduled', 'ready', 'running')
            """) == 1
    }

    /// Makes a job ready now, with all its attempts before it.
    static func restart(_ id: JobID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE jobs SET state = 'ready', run_at = \(tx.now), attempt = 0, lost = 0, finished_at = NULL
            WHERE id = \(id) AND state IN ('scheduled', 'cancelled', 'dead')
            """) == 1
    }

    // MARK: Pruning

    /// Deletes what ended before an instant; returns how many.
    static func prune(_ state: JobState, before: Timestamp, limit: Int, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            DELETE FROM jobs WHERE id IN (
              SELECT id FROM jobs WHERE state IN ('completed', 'cancelled', 'dead') AND finished_at < \(before)
                AND state = \(state) ORDER BY finished_at LIMIT \(limit))
            """)
    }

    private static func job(_ row: Row) throws -> Job {
        Job(
            id: try row.id(0), scope: Scope(key: try row.text(1)), kind: try row.text(2), queue: try row.text(3),
            state: try row.choice(4), payload: try JSONParser.parse(Array(try row.text(5).utf8)),
            runAt: try row.time(6), attempt: Int(try row.int(7)), attemptsMax: Int(try row.int(8)),
            lost: Int(try row.int(9)), unique: row.optionalText(10), lastError: row.optionalText(11),
            createdAt: try row.time(12), startedAt: row.optionalTime(13), finishedAt: row.optionalTime(14))
    }

    /// Deletes a number of an organisation's jobs at most, with their failures; returns how many.
    static func erase(limit: Int, in tx: any Transaction) throws -> Int {
        try tx.run(
            """
            DELETE FROM jobs WHERE id IN
              (SELECT id FROM jobs WHERE organization_id = \(try tx.organization()) LIMIT \(limit))
            """)
    }
}
