// One event of usage, as programs report it, and what came of a batch.
import Core
import Web

/// Something that was used.
struct UsageEvent: Codable, Sendable, Hashable {
    /// Chosen by the sender and unique in the organisation: the same one again changes nothing.
    let id: String
    let meter: String
    /// When it happened; now, unless given.
    let at: Timestamp?
    /// How much; 1, unless given. Nothing for meters that count events.
    let value: Int64?
    /// What `unique_count` counts: a user, a device.
    let key: String?
}

/// Events to take in.
struct UsageBatch: RequestBody {
    let events: [UsageEvent]

    static let sizes = 1...1000
    static let largestValue: Int64 = 1_000_000_000_000
    static let limit = 524_288

    static let rules: [String: Rule] = [
        "events": .length(sizes), "events.id": .length(1...100), "events.meter": .length(2...40),
        "events.value": .range(0...largestValue), "events.key": .length(1...100),
    ]
}

/// What came of a batch.
struct UsageReceipt: Codable, Sendable, Hashable {
    var accepted: Int
    /// Already there: not counted again.
    var duplicates: Int
    /// Of the accepted ones: those whose period was invoiced already. They count for the present one.
    var late: Int
    /// Events whose id was used for something else before; nothing of them was counted.
    var conflicts: [String]
}
