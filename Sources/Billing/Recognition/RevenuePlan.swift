// How an amount that was invoiced becomes revenue: by days, month by month, exact in the sum.
import Core

/// What one line of an invoice earns, and when.
struct RevenuePlan: Sendable, Hashable {
    /// The price of the whole period, of which this line may be the rest after a change.
    let whole: Int64
    let period: DaySpan
    /// The first day that this line pays for.
    let from: CivilDate

    init(whole: Int64, period: DaySpan, from: CivilDate? = nil) {
        self.whole = whole
        self.period = period
        self.from = from ?? period.start
    }

    /// What the line is invoiced with.
    var amount: Int64 {
        // What begins and ends on one day has no days to divide by: it is earned whole when that day is over.
        guard period.count > 0 else { return from.number <= period.start.number ? whole : 0 }
        return whole - Proration.cumulative(whole, period.before(from), of: period.count)
    }

    /// What is earned before a day, cumulatively: a month books the difference of two of these.
    func earned(before day: CivilDate) -> Int64 {
        guard day.number > from.number else { return 0 }
        guard period.count > 0 else { return amount }
        return Proration.cumulative(whole, period.before(day), of: period.count)
            - Proration.cumulative(whole, period.before(from), of: period.count)
    }

    /// One month of it: what is earned until the day before `until`.
    struct Month: Sendable, Hashable {
        let until: CivilDate
        let amount: Int64
    }

    /// The month that follows what was booked before a day.
    func next(after day: CivilDate) -> CivilDate {
        let first = day.firstOfNextMonth
        guard period.count > 0, first.number < period.end.number else { return lastBorder }
        return first
    }

    /// The day on which everything is earned.
    var lastBorder: CivilDate {
        period.count > 0 ? period.end : CivilDate(period.start.startOfDay.adding(.days(1)))
    }

    /// All months, the first and the last usually shorter.
    var months: [Month] {
        var result: [Month] = []
        var (day, done) = (from, Int64(0))
        while day.number < lastBorder.number, result.count < 1200 {
            day = next(after: day)
            let earned = day.number >= lastBorder.number ? amount : earned(before: day)
            result.append(Month(until: day, amount: earned - done))
            done = earned
        }
        return result
    }
}
