// All SQL of meters and usage.
import Core
import Storage

enum UsageStore {
    // MARK: Meters

    static func meters(in tx: any Transaction) throws -> [Meter] {
        try tx.rows("SELECT code, name, aggregation, unit FROM meters ORDER BY code LIMIT 1000", meter)
    }

    static func meter(_ code: String, in tx: any Transaction) throws -> Meter? {
        try tx.first("SELECT code, name, aggregation, unit FROM meters WHERE code = \(code)", meter)
    }

    private static func meter(_ row: Row) throws -> Meter {
        Meter(code: try row.text(0), name: try row.text(1), aggregation: try row.choice(2), unit: try row.text(3))
    }

    static func save(_ it: Meter, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO meters (code, name, aggregation, unit)
            VALUES (\(it.code), \(it.name), \(it.aggregation), \(it.unit))
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, unit = excluded.unit
            """)
    }

    // MARK: Taking in

    enum Insertion {
        case new
        case duplicate
        case conflict
    }

    /// Writes an event down once; `isTimed`: its sender said when it happened.
    static func insert(_ it: CountedEvent, isTimed: Bool, in tx: any Transaction) throws -> Insertion {
        let organization = try tx.organization()
        let isNew =
            try tx.run(
                """
                INSERT INTO usage_events
                  (organization_id, event_id, meter_code, occurred_at, counted_at, received_at, value, key)
                VALUES (\(organization), \(it.id), \(it.meter.code), \(it.at), \(it.countedAt), \(tx.now), \(it.value),
                  \(it.key))
                ON CONFLICT (organization_id, event_id) DO NOTHING
                """) == 1
        if isNew { return .new }
        let isSame = try tx.exists(
            """
            SELECT 1 FROM usage_events WHERE organization_id = \(organization) AND event_id = \(it.id)
              AND meter_code = \(it.meter.code) AND value = \(it.value) AND key = \(it.key)
              AND (occurred_at = \(it.at) OR NOT \(isTimed))
            """)
        return isSame ? .duplicate : .conflict
    }

    static func add(_ rollup: UsageRollup, in tx: any Transaction) throws {
        let organization = try tx.organization()
        for (place, sum) in rollup.hours {
            try tx.run(
                """
                INSERT INTO usage_hours
                  (organization_id, meter_code, hour, events, total, largest, latest, latest_at, latest_id)
                VALUES (\(organization), \(place.meter), \(place.hour), \(sum.events), \(sum.total), \(sum.largest),
                  \(sum.latest), \(sum.latestAt), \(sum.latestID))
                ON CONFLICT (organization_id, meter_code, hour) DO UPDATE SET
                  events = usage_hours.events + excluded.events, total = usage_hours.total + excluded.total,
                  largest = max(usage_hours.largest, excluded.largest),
                  latest = CASE WHEN (excluded.latest_at, excluded.latest_id)
                    > (usage_hours.latest_at, usage_hours.latest_id) THEN excluded.latest ELSE usage_hours.latest END,
                  latest_id = CASE WHEN (excluded.latest_at, excluded.latest_id)
                    > (usage_hours.latest_at, usage_hours.latest_id)
                    THEN excluded.latest_id ELSE usage_hours.latest_id END,
                  latest_at = max(usage_hours.latest_at, excluded.latest_at)
                """)
        }
        for place in rollup.keys {
            try tx.run(
                """
                INSERT INTO usage_keys (organization_id, meter_code, day, key)
                VALUES (\(organization), \(place.meter), \(place.day), \(place.key))
                ON CONFLICT (organization_id, meter_code, day, key) DO NOTHING
                """)
        }
    }

    // MARK: Reading

    /// What a meter says of a period.
    static func quantity(of meter: Meter, _ period: UsagePeriod, in tx: any Transaction) throws -> Int64 {
        if meter.aggregation == .uniqueCount { return try uniqueKeys(of: meter, period, in: tx) }
        return try sums(of: meter, period, in: tx).reduce(into: UsageSum()) { $0.add($1.sum) }
            .quantity(meter.aggregation, unique: 0)
    }

    /// Whole hours from the rolled-up rows, the beginnings and ends that are no whole hours from the events themselves.
    static func sums(
        of meter: Meter, _ period: UsagePeriod, in tx: any Transaction
    ) throws -> [(hour: Int64, sum: UsageSum)] {
        let organization = try tx.organization()
        let (first, last) = whole(period, of: UsageRollup.hourLength)
        guard first < last else { return try eventSums(of: meter, period.start, period.end, in: tx) }
        let hours = try tx.rows(
            """
            SELECT hour, events, total, largest, latest, latest_at, latest_id FROM usage_hours
            WHERE organization_id = \(organization) AND meter_code = \(meter.code) AND hour >= \(first)
              AND hour < \(last) ORDER BY hour LIMIT 20000
            """
        ) { row in
            (
                hour: try row.int(0),
                sum: UsageSum(
                    events: try row.int(1), total: try row.int(2), largest: try row.int(3), latest: try row.int(4),
                    latestAt: try row.time(5), latestID: try row.text(6))
            )
        }
        let (begin, end) = (instant(first), instant(last))
        return try eventSums(of: meter, period.start, begin, in: tx) + hours
            + eventSums(of: meter, end, period.end, in: tx)
    }

    private static func eventSums(
        of meter: Meter, _ start: Timestamp, _ end: Timestamp, in tx: any Transaction
    ) throws -> [(hour: Int64, sum: UsageSum)] {
        guard start < end else { return [] }
        var hours: [Int64: UsageSum] = [:]
        let events = try tx.rows(
            """
            SELECT value, counted_at, event_id FROM usage_events
            WHERE organization_id = \(try tx.organization()) AND meter_code = \(meter.code)
              AND counted_at >= \(start) AND counted_at < \(end)
            """
        ) { (value: try $0.int(0), at: try $0.time(1), id: try $0.text(2)) }
        for event in events {
            var one = UsageSum(events: 1, total: event.value, largest: event.value, latest: event.value)
            (one.latestAt, one.latestID) = (event.at, event.id)
            hours[UsageRollup.hour(of: event.at), default: UsageSum()].add(one)
        }
        return hours.map { (hour: $0.key, sum: $0.value) }.sorted { $0.hour < $1.hour }
    }

    private static func uniqueKeys(of meter: Meter, _ period: UsagePeriod, in tx: any Transaction) throws -> Int64 {
        let organization = try tx.organization()
        let (first, last) = whole(period, of: 24 * UsageRollup.hourLength)
        let begin = first < last ? instant(first * 24) : period.end
        let end = first < last ? instant(last * 24) : period.end
        return try tx.first(
            """
            SELECT count(*) FROM (
              SELECT key FROM usage_keys WHERE organization_id = \(organization) AND meter_code = \(meter.code)
                AND day >= \(first) AND day < \(last)
              UNION
              SELECT key FROM usage_events WHERE organization_id = \(organization) AND meter_code = \(meter.code)
                AND counted_at >= \(period.start) AND counted_at < \(begin)
              UNION
              SELECT key FROM usage_events WHERE organization_id = \(organization) AND meter_code = \(meter.code)
                AND counted_at >= \(end) AND counted_at < \(period.end))
            """
        ) { try $0.int(0) } ?? 0
    }

    /// How many different keys each day had.
    static func uniqueKeysByDay(
        of meter: Meter, _ period: UsagePeriod, in tx: any Transaction
    ) throws -> [Int64: Int64] {
        let first = floorDivided(UsageRollup.hour(of: period.start), 24)
        let rows = try tx.rows(
            """
            SELECT day, count(*) FROM usage_keys
            WHERE organization_id = \(try tx.organization()) AND meter_code = \(meter.code) AND day >= \(first)
              AND day * 86400000 < \(period.end) GROUP BY day
            """
        ) { (try $0.int(0), try $0.int(1)) }
        return Dictionary(rows) { first, _ in first }
    }

    /// The steps that lie in a period as a whole: from one, up to before another.
    private static func whole(_ period: UsagePeriod, of length: Int64) -> (Int64, Int64) {
        let first = floorDivided(period.start.milliseconds - 1, length) + 1
        return (first, floorDivided(period.end.milliseconds, length))
    }

    private static func instant(_ hour: Int64) -> Timestamp { Timestamp(milliseconds: hour * UsageRollup.hourLength) }

    /// Deletes a number of the organisation's events and keys at most, which may name people; the sums stay, as
    /// invoices do. Returns how many.
    static func erase(limit: Int, in tx: any Transaction) throws -> Int {
        let organization = try tx.organization()
        let events = try tx.run(
            """
            DELETE FROM usage_events WHERE organization_id = \(organization) AND event_id IN
              (SELECT event_id FROM usage_events WHERE organization_id = \(organization) LIMIT \(limit))
            """)
        guard events < limit else { return events }
        return try events
            + tx.run(
                """
                DELETE FROM usage_keys WHERE organization_id = \(organization) AND (meter_code, day, key) IN
                  (SELECT meter_code, day, key FROM usage_keys WHERE organization_id = \(organization)
                  LIMIT \(limit - events))
                """)
    }

    // MARK: Billing and alerts

    /// Up to when usage stands on invoices; nil when none does.
    static func billedUntil(in tx: any Transaction) throws -> Timestamp? {
        try tx.first("SELECT until FROM usage_billed WHERE organization_id = \(try tx.organization())") {
            try $0.time(0)
        }
    }

    static func setBilled(until: Timestamp, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO usage_billed (organization_id, until) VALUES (\(try tx.organization()), \(until))
            ON CONFLICT (organization_id) DO UPDATE SET until = max(usage_billed.until, excluded.until)
            """)
    }

    /// Notes that a share of a quota was reached; false when it was told for this period.
    static func raise(
        _ percent: Int64, of feature: String, _ period: UsagePeriod, in tx: any Transaction
    ) throws -> Bool {
        try tx.run(
            """
            INSERT INTO usage_alerts (organization_id, feature_code, period_start, percent, raised_at)
            VALUES (\(try tx.organization()), \(feature), \(period.start), \(percent), \(tx.now))
            ON CONFLICT (organization_id, feature_code, period_start, percent) DO NOTHING
            """) == 1
    }
}
