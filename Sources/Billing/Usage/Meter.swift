// A meter: what is counted, and how the events of a period become one number.
import Core
import Storage

/// How the events of a period become one number.
enum Aggregation: String, CaseIterable, Codable, Sendable, SQLBindable {
    case count
    case sum
    case max
    /// How many different keys there were.
    case uniqueCount = "unique_count"
    /// The value of the last event; 0 when there was none in the period.
    case latest
}

/// What is counted.
struct Meter: Sendable, Hashable {
    /// Short and stable: `api_calls`.
    let code: String
    let name: String
    let aggregation: Aggregation
    /// What is counted, in the singular.
    let unit: String
}

/// From an instant to another, the last one not included.
struct UsagePeriod: Sendable, Hashable {
    let start: Timestamp
    let end: Timestamp

    /// The calendar month (UTC) that an instant falls into: for organisations that have no period of their own.
    static func month(of instant: Timestamp) -> UsagePeriod {
        let date = CivilDate(instant)
        let first = CivilDate(year: date.year, month: date.month, day: 1)?.startOfDay ?? instant
        return UsagePeriod(start: first, end: first.adding(.month))
    }
}

extension Billing {
    /// The period that usage counts for now, in the scope of an organisation: of its subscription, else the month.
    static func usagePeriod(in tx: any Transaction) throws -> UsagePeriod {
        if let subscription = try SubscriptionStore.find(in: tx), let start = subscription.periodStart,
            let end = subscription.periodEnd, start <= tx.now, tx.now < end, subscription.isPaid
        {
            return UsagePeriod(start: start, end: end)
        }
        return .month(of: tx.now)
    }
}
