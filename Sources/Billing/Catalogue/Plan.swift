// What is sold: plans and their prices.
import Core
import Storage

/// How long one payment lasts.
package enum Interval: String, CaseIterable, Codable, Sendable, SQLBindable {
    case month
    case year

    /// For people: `monthly`.
    var adverb: String { self == .month ? "monthly" : "yearly" }
}

/// Something that organisations can subscribe to.
package struct Plan: Sendable, Hashable {
    /// Short and stable: `pro`.
    package let code: String
    package let name: String
    let summary: String
    let features: [String]
    /// Days of trial that an organisation gets once; 0 for none.
    let trialDays: Int
    /// How often an organisation may call; nil: as often as the instance's options say.
    let callsPerMinute: Int?
    /// All prices, without tax.
    let prices: [Price]

    static let free = "free"

    /// The price in a currency for an interval; nil when it is not sold that way.
    func price(_ currency: Currency, _ interval: Interval) -> Price? {
        prices.first { $0.amount.currency == currency && $0.interval == interval }
    }
}

/// What a plan costs for one interval, without tax.
struct Price: Sendable, Hashable, Codable {
    let interval: Interval
    let amount: Money
}

extension Timestamp {
    /// The end of a period that starts here: the same day of the next month or year, or that month's last day.
    ///
    /// `anchor` is the day of the month that the first period began on, so that 31 January, 28 February and then
    /// 31 March follow each other.
    func adding(_ interval: Interval, anchor: Int? = nil) -> Timestamp {
        let date = CivilDate(self)
        let ofDay = Milliseconds(milliseconds - date.startOfDay.milliseconds)
        let month = interval == .month ? date.month % 12 + 1 : date.month
        let year = interval == .year || date.month == 12 ? date.year + 1 : date.year
        let day = min(anchor ?? date.day, CivilDate.days(inMonth: month, of: year))
        guard let next = CivilDate(year: year, month: month, day: day) else { return self }
        return next.startOfDay.adding(ofDay)
    }
}
