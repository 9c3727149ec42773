// How long one payment lasts, and when it is over.
import Core
import Storage

/// How long one payment lasts.
package enum Interval: String, CaseIterable, Codable, Sendable, SQLBindable {
    case month
    case quarter
    case year

    /// For people: `monthly`.
    var adverb: String {
        switch self {
        case .month: "monthly"
        case .quarter: "quarterly"
        case .year: "yearly"
        }
    }

    /// For people: `a month`.
    var each: String { "a \(rawValue)" }

    var months: Int {
        switch self {
        case .month: 1
        case .quarter: 3
        case .year: 12
        }
    }
}

extension Timestamp {
    /// The end of a period that starts here: the same day so many months later, or that month's last day.
    ///
    /// `anchor` is the day of the month that the first period began on, so that 31 January, 28 February and then
    /// 31 March follow each other.
    func adding(_ interval: Interval, anchor: Int? = nil) -> Timestamp {
        let date = CivilDate(self)
        let ofDay = Milliseconds(milliseconds - date.startOfDay.milliseconds)
        let months = date.month - 1 + interval.months
        let (year, month) = (date.year + months / 12, months % 12 + 1)
        let day = min(anchor ?? date.day, CivilDate.days(inMonth: month, of: year))
        guard let next = CivilDate(year: year, month: month, day: day) else { return self }
        return next.startOfDay.adding(ofDay)
    }
}
