// Exact parts of an amount: how much of a period's price lies before a day, to the minor unit.
package import Core

/// Proration by whole days.
///
/// Days and not milliseconds, because a person can check a day on paper, a preview that is looked at for an hour still
/// holds when it is confirmed, a day of 23 or 25 hours costs what any other day costs, and revenue is recognised by
/// the same days: what a change gives back is then exactly what is still deferred.
enum Proration {
    /// What the first `done` of `all` units of an amount come to, rounded half away from zero.
    ///
    /// Always the cumulative amount from the start, in 128 bits: a part between two cuts is the difference of two of
    /// these, so that the parts add up to the whole wherever it is cut. `done` outside `0...all` is taken as its
    /// nearest bound; the whole of nothing is the whole.
    static func cumulative(_ amount: Int64, _ done: Int64, of all: Int64) -> Int64 {
        guard all > 0, done < all else { return amount }
        guard done > 0 else { return 0 }
        let product = Int128(amount) * Int128(done) * 2
        let shifted = amount < 0 ? product - Int128(all) : product + Int128(all)
        return Int64(shifted / (Int128(all) * 2))
    }

    /// What lies between two cuts.
    static func part(_ amount: Int64, from: Int64, to: Int64, of all: Int64) -> Int64 {
        cumulative(amount, to, of: all) - cumulative(amount, from, of: all)
    }
}

/// The days of a period, in the time zone of whoever has it: `end` is the day after the last one.
struct DaySpan: Sendable, Hashable {
    let start: CivilDate
    let end: CivilDate

    /// How many days it has; 0 for a period that begins and ends on the same day.
    var count: Int64 { max(0, end.number - start.number) }

    /// How many of its days lie before a day.
    func before(_ day: CivilDate) -> Int64 { min(max(0, day.number - start.number), count) }
}

extension CivilDate: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// Days since 1 January 1970.
    var number: Int64 { startOfDay.milliseconds / 86_400_000 }

    /// The first day of the month after this one.
    var firstOfNextMonth: CivilDate {
        CivilDate(year: month == 12 ? year + 1 : year, month: month % 12 + 1, day: 1) ?? self
    }
}
