// Taking events of usage in: checked as a whole, counted once, rolled up at once.
import Core
import Storage
import Web

extension Billing {
    /// How far a sender's clock may be ahead.
    static let clockSkew = Milliseconds.minutes(5)
    /// How long after it happened an event is taken in.
    static let usageLateness = Milliseconds.days(35)

    /// Takes a batch in, in the scope of an organisation: all of it, or none when anything in it is wrong.
    func ingest(_ events: [UsageEvent], in tx: any Transaction) throws -> UsageReceipt {
        let meters = try UsageStore.meters(in: tx)
        let known = Dictionary(meters.map { ($0.code, $0) }) { first, _ in first }
        try Self.check(events, known, now: tx.now)
        let billedUntil = try UsageStore.billedUntil(in: tx)
        var receipt = UsageReceipt(accepted: 0, duplicates: 0, late: 0, conflicts: [])
        var rollup = UsageRollup()
        for event in events {
            guard let meter = known[event.meter] else { continue }
            let at = event.at ?? tx.now
            let isLate = billedUntil.map { at < $0 } ?? false
            let counted = CountedEvent(
                event, meter, at: at, countedAt: isLate ? tx.now : at)
            switch try UsageStore.insert(counted, isTimed: event.at != nil, in: tx) {
            case .duplicate: receipt.duplicates += 1
            case .conflict: receipt.conflicts.append(event.id)
            case .new:
                receipt.accepted += 1
                if isLate { receipt.late += 1 }
                rollup.add(counted)
            }
        }
        guard receipt.accepted > 0 else { return receipt }
        try UsageStore.add(rollup, in: tx)
        try checkQuotas(of: Set(rollup.hours.keys.map(\.meter)), in: tx)
        return receipt
    }

    private static func check(_ events: [UsageEvent], _ meters: [String: Meter], now: Timestamp) throws {
        var validation = Validation()
        for (index, event) in events.enumerated() {
            let path = "/events/\(index)"
            let meter = meters[event.meter]
            validation.require(meter != nil, path + "/meter", "unknown_meter", "There is no such meter.")
            if meter?.aggregation == .uniqueCount {
                validation.require(event.key != nil, path + "/key", "required", "The meter counts different keys.")
            }
            guard let at = event.at else { continue }
            validation.require(
                at <= now.adding(clockSkew), path + "/at", "in_the_future",
                "It is more than 5 minutes ahead of the server's clock.")
            validation.require(
                at >= now.adding(-usageLateness), path + "/at", "too_old", "Events are taken in for 35 days.")
        }
        try validation.check()
    }
}

/// An event with everything decided: what it adds, and when it counts.
struct CountedEvent: Sendable, Hashable {
    let id: String
    let meter: Meter
    let at: Timestamp
    let countedAt: Timestamp
    let value: Int64
    let key: String

    init(_ event: UsageEvent, _ meter: Meter, at: Timestamp, countedAt: Timestamp) {
        id = event.id
        self.meter = meter
        self.at = at
        self.countedAt = countedAt
        value = event.value ?? 1
        key = event.key ?? ""
    }
}

/// What a batch adds to the rolled-up rows.
struct UsageRollup: Sendable {
    struct Hour: Hashable {
        let meter: String
        let hour: Int64
    }

    struct Key: Hashable {
        let meter: String
        let day: Int64
        let key: String
    }

    private(set) var hours: [Hour: UsageSum] = [:]
    private(set) var keys: Set<Key> = []

    mutating func add(_ event: CountedEvent) {
        let hour = UsageRollup.hour(of: event.countedAt)
        hours[Hour(meter: event.meter.code, hour: hour), default: UsageSum()].add(event)
        if event.meter.aggregation == .uniqueCount {
            keys.insert(Key(meter: event.meter.code, day: floorDivided(hour, 24), key: event.key))
        }
    }

    static let hourLength: Int64 = 3_600_000

    static func hour(of instant: Timestamp) -> Int64 { floorDivided(instant.milliseconds, hourLength) }
}

/// Whole steps below a number, for times before 1970 too.
func floorDivided(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
}

/// Events added up.
struct UsageSum: Sendable, Hashable {
    var events: Int64 = 0
    var total: Int64 = 0
    var largest: Int64 = 0
    var latest: Int64 = 0
    var latestAt = Timestamp(milliseconds: .min)
    var latestID = ""

    mutating func add(_ event: CountedEvent) {
        var one = UsageSum(events: 1, total: event.value, largest: event.value, latest: event.value)
        (one.latestAt, one.latestID) = (event.countedAt, event.id)
        add(one)
    }

    /// Adds what other events came to; sums stay below 2^63 and stop there.
    mutating func add(_ other: UsageSum) {
        events = events.addingReportingOverflow(other.events).partialValue
        let sum = total.addingReportingOverflow(other.total)
        total = sum.overflow ? .max : sum.partialValue
        largest = max(largest, other.largest)
        if (other.latestAt, other.latestID) > (latestAt, latestID) {
            (latest, latestAt, latestID) = (other.latest, other.latestAt, other.latestID)
        }
    }

    /// The number that a meter makes of it; for different keys it is counted elsewhere.
    func quantity(_ aggregation: Aggregation, unique: Int64) -> Int64 {
        switch aggregation {
        case .count: events
        case .sum: total
        case .max: largest
        case .latest: latest
        case .uniqueCount: unique
        }
    }
}
