// All SQL of billing's clock and of the test clock; in the scope of the instance.
import Core
import Storage

enum ClockStore {
    /// What is known of the clock that billing goes by.
    struct State: Sendable, Hashable {
        let highWater: Timestamp
        let heldAt: Timestamp?
        let heldBecause: String?
        let confirmedAt: Timestamp?
    }

    static func state(in tx: any Transaction) throws -> State? {
        try tx.first("SELECT high_water, held_at, held_because, confirmed_at FROM billing_clock WHERE id = 1") { row in
            State(
                highWater: try row.time(0), heldAt: row.optionalTime(1), heldBecause: row.optionalText(2),
                confirmedAt: row.optionalTime(3))
        }
    }

    /// Notes that billing waits; false when it does already.
    static func hold(because reason: String, at now: Timestamp, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            INSERT INTO billing_clock (id, high_water, held_at, held_because) VALUES (1, \(now), \(now), \(reason))
            ON CONFLICT (id) DO UPDATE SET held_at = excluded.held_at, held_because = excluded.held_because
            WHERE billing_clock.held_at IS NULL
            """) > 0
    }

    /// Billing works at an instant.
    static func advance(to now: Timestamp, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO billing_clock (id, high_water) VALUES (1, \(now))
            ON CONFLICT (id) DO UPDATE SET held_at = NULL, held_because = NULL,
              high_water = max(billing_clock.high_water, excluded.high_water)
            """)
    }

    /// The clock is right, whatever it said before.
    static func confirm(_ now: Timestamp, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE billing_clock SET high_water = \(now), held_at = NULL, held_because = NULL, confirmed_at = \(now)
            WHERE id = 1
            """)
    }

    // MARK: The test clock

    static func ahead(in tx: any Transaction) throws -> Milliseconds {
        Milliseconds(try tx.first("SELECT ahead FROM test_clock WHERE id = 1") { try $0.int(0) } ?? 0)
    }

    static func keep(ahead: Milliseconds, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO test_clock (id, ahead) VALUES (1, \(ahead.count))
            ON CONFLICT (id) DO UPDATE SET ahead = excluded.ahead
            """)
    }

    /// The next instant at which billing has something to do, after another.
    static func next(after instant: Timestamp, in tx: any Transaction) throws -> Timestamp? {
        try tx.first(
            """
            SELECT min(due) FROM (
              SELECT min(billed_through) AS due FROM subscriptions
                WHERE state IN ('trialing', 'active') AND parked_at IS NULL AND billed_through > \(instant)
              UNION ALL SELECT min(due_at) FROM dunning_steps WHERE state = 'planned' AND due_at > \(instant)
              UNION ALL SELECT min(next_at) FROM revenue_schedules WHERE next_at > \(instant))
            """
        ) { $0.optionalTime(0) } ?? nil
    }
}
