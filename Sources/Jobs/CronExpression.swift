// When a schedule fires: five fields in the manner of Vixie cron, in UTC.
package import Core

/// A cron expression: minute, hour, day of month, month, day of week; or a nickname such as `@daily`.
///
/// Fields take `*`, numbers, names (`jan`, `sun`; any case), ranges `a-b`, steps `*/n` and `a-b/n`, and lists. Sunday
/// is 0 and 7. As in Vixie cron a day matches when **either** day field matches, if both are restricted; when one of
/// them begins with `*`, both have to match. Times are UTC, so there is no hour that is skipped or repeated.
package struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// As it was written.
    package let description: String
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    /// Whether a day has to match both day fields.
    private let needsBothDays: Bool

    /// Reads an expression; throws `CronProblem`, which says which field is wrong and why.
    package init(_ text: String) throws(CronProblem) {
        let written = try Self.expanded(text)
        guard written.count == 5 else { throw .fieldCount(written.count) }
        description = text
        minutes = try CronField.minute.values(of: written[0])
        hours = try CronField.hour.values(of: written[1])
        days = try CronField.day.values(of: written[2])
        months = try CronField.month.values(of: written[3])
        weekdays = Set(try CronField.weekday.values(of: written[4]).map { $0 % 7 })
        needsBothDays = written[2].hasPrefix("*") || written[4].hasPrefix("*")
    }

    private static func expanded(_ text: String) throws(CronProblem) -> [Substring] {
        guard text.utf8.count <= 200 else { throw .tooLong }
        guard text.hasPrefix("@") else { return text.split(whereSeparator: { $0 == " " || $0 == "\t" }) }
        switch text.lowercased() {
        case "@yearly", "@annually": return ["0", "0", "1", "1", "*"]
        case "@monthly": return ["0", "0", "1", "*", "*"]
        case "@weekly": return ["0", "0", "*", "*", "0"]
        case "@daily", "@midnight": return ["0", "0", "*", "*", "*"]
        case "@hourly": return ["0", "*", "*", "*", "*"]
        default: throw .unknownNickname(text)
        }
    }

    /// The first matching minute strictly after an instant; nil when the calendar has none (30 February).
    ///
    /// The calendar repeats after 400 years, but a date with a weekday comes back within 40.
    package func next(after instant: Timestamp) -> Timestamp? {
        let start = instant.adding(.minutes(1)).flooredToMinute
        guard start > instant else { return nil }
        var day = CivilDate(start)
        var earliest = Int(start.since(day.startOfDay).count / 60_000)
        for _ in 0..<(41 * 366) {
            if matches(day), let minute = firstMinute(from: earliest) {
                return day.startOfDay.adding(.minutes(Int64(minute)))
            }
            let following = CivilDate(day.startOfDay.adding(.days(1)))
            if following == day { return nil }
            day = following
            earliest = 0
        }
        return nil
    }

    private func matches(_ date: CivilDate) -> Bool {
        guard months.contains(date.month) else { return false }
        let isDay = days.contains(date.day)
        let isWeekday = weekdays.contains(date.weekday)
        return needsBothDays ? isDay && isWeekday : isDay || isWeekday
    }

    /// The first matching minute of a day, counted from midnight.
    private func firstMinute(from earliest: Int) -> Int? {
        for hour in (earliest / 60)..<24 where hours.contains(hour) {
            let least = hour == earliest / 60 ? earliest % 60 : 0
            if let minute = minutes.filter({ $0 >= least }).min() { return hour * 60 + minute }
        }
        return nil
    }
}

extension Timestamp {
    fileprivate var flooredToMinute: Timestamp {
        let rest = milliseconds % 60_000
        return Timestamp(milliseconds: milliseconds - (rest < 0 ? rest + 60_000 : rest))
    }
}

extension CivilDate {
    /// 0 is Sunday; the first of January 1970 was a Thursday.
    fileprivate var weekday: Int {
        let days = Int(startOfDay.milliseconds / 86_400_000)
        return ((days + 4) % 7 + 7) % 7
    }
}
