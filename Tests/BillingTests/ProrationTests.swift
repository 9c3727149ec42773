// Parts of amounts, borders of periods, months of revenue: arithmetic that has to be exact.
import Core
import Testing

@testable import Billing

@Suite struct ProrationTests {
    private func day(_ year: Int, _ month: Int, _ day: Int) throws -> CivilDate {
        try #require(CivilDate(year: year, month: month, day: day))
    }

    private func instant(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test func `parts add up to the whole wherever it is cut`() {
        var random = SystemRandomNumberGenerator()
        var missedAlone = 0
        for _ in 0..<20_000 {
            let amount = Int64.random(in: -Money.limit...Money.limit, using: &random) >> Int64.random(in: 0...40)
            let all = Int64.random(in: 1...366, using: &random)
            let cuts = [0, all] + (0..<Int.random(in: 1...5)).map { _ in Int64.random(in: 0...all, using: &random) }
            let sorted = cuts.sorted()
            let segments = zip(sorted, sorted.dropFirst())
            let parts = segments.map { Proration.part(amount, from: $0, to: $1, of: all) }
            #expect(parts.reduce(0, +) == amount)
            if segments.map({ Proration.cumulative(amount, $1 - $0, of: all) }).reduce(0, +) != amount {
                missedAlone += 1
            }
        }
        #expect(missedAlone > 0, "rounding each segment alone is expected to miss: the test would prove nothing")
    }

    @Test func `a part is rounded half away from zero, and its bounds are the whole and nothing`() {
        #expect(Proration.cumulative(5, 1, of: 2) == 3)
        #expect(Proration.cumulative(-5, 1, of: 2) == -3)
        #expect(Proration.cumulative(100, 1, of: 3) == 33)
        #expect(Proration.cumulative(100, 2, of: 3) == 67)
        #expect(Proration.cumulative(100, -1, of: 3) == 0)
        #expect(Proration.cumulative(100, 4, of: 3) == 100)
        #expect(Proration.cumulative(Int64.max, 365, of: 366) < Int64.max)
        #expect(Proration.cumulative(Int64.min, 365, of: 366) > Int64.min)
    }

    @Test(arguments: [28, 29, 30, 31])
    func `case 28: periods that begin at the end of a month come back to their day for ten years`(
        anchorDay: Int
    ) throws {
        for identifier in ["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"] {
            let zone = try #require(BillingZone(identifier))
            for start in [2023, 2024] {
                let first = try day(start, 1, anchorDay)
                let anchor = BillingAnchor(wall: first.startOfDay.adding(.hours(13)))
                for months in Int64(0)..<120 {
                    let border = zone.day(anchor.border(months: months, in: zone))
                    let (year, month) = (start + Int(months / 12), Int(months % 12) + 1)
                    let last = CivilDate.days(inMonth: month, of: year)
                    #expect(border == (try day(year, month, min(anchorDay, last))))
                    #expect(
                        anchor.border(months: months, in: zone) < anchor.border(months: months + 1, in: zone))
                }
            }
        }
    }

    @Test func `case 29: a yearly plan of 29 February comes back to it in the next leap year`() throws {
        let anchor = BillingAnchor(wall: try day(2024, 2, 29).startOfDay)
        let days = (Int64(1)...4).map { "\(CivilDate(anchor.border(months: $0 * 12, in: .utc)))" }
        #expect(days == ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"])
    }

    @Test func `case 30: a change of time zone neither loses a period nor bills one twice`() throws {
        var random = SystemRandomNumberGenerator()
        let zones = try ["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago"].map {
            try #require(BillingZone($0))
        }
        for _ in 0..<200 {
            let start = Timestamp(milliseconds: Int64.random(in: 1_700_000_000_000...1_800_000_000_000, using: &random))
            let anchor = BillingAnchor(at: start, in: zones[0])
            var last = start
            for months in Int64(1)...120 {
                let zone = try #require(zones.randomElement(using: &random))
                let border = anchor.border(months: months, in: zone)
                #expect(border.since(last) >= .days(26), "\(start) \(months)")
                #expect(border.since(last) <= .days(33), "\(start) \(months)")
                last = border
            }
        }
    }

    @Test func `case 30: a border keeps its hour over days of 23 and of 25 hours`() throws {
        let zone = try #require(BillingZone("America/New_York"))
        let anchor = BillingAnchor(at: try instant("2027-02-14T07:30:00Z"), in: zone)  // 02:30 on the wall
        #expect(anchor.border(months: 1, in: zone) == (try instant("2027-03-14T07:30:00Z")))  // 02:30 does not exist
        #expect(anchor.border(months: 2, in: zone) == (try instant("2027-04-14T06:30:00Z")))
        let autumn = BillingAnchor(at: try instant("2027-10-07T05:30:00Z"), in: zone)  // 01:30 on the wall
        #expect(autumn.border(months: 1, in: zone) == (try instant("2027-11-07T05:30:00Z")))  // the first of two
        #expect(zone.startOfDay(try day(2027, 3, 15)).since(zone.startOfDay(try day(2027, 3, 14))) == .hours(23))
        #expect(zone.startOfDay(try day(2027, 11, 8)).since(zone.startOfDay(try day(2027, 11, 7))) == .hours(25))
        let span = DaySpan(start: try day(2027, 3, 14), end: try day(2027, 3, 15))
        #expect(span.count == 1)
    }

    @Test func `a time zone has to exist`() {
        #expect(BillingZone("Asia/Kolkata") != nil)
        for wrong in ["", "Mars/Olympus", "GMT+5", "IST", "../../etc/passwd", String(repeating: "A/", count: 40)] {
            #expect(BillingZone(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `case 29: a year of 12,000 rupees from 29 February is recognised to the paisa`() throws {
        let plan = RevenuePlan(
            whole: 1_200_000, period: DaySpan(start: try day(2024, 2, 29), end: try day(2025, 2, 28)))
        #expect(
            plan.months.map(\.amount) == [
                3288, 101_917, 98_631, 101_917, 98_631, 101_917, 101_918, 98_630, 101_918, 98_630, 101_918, 101_918,
                88_767,
            ])
        #expect(plan.months.reduce(0) { $0 + $1.amount } == 1_200_000)
    }

    @Test func `what a change gives back is what is still deferred, on any day`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let start = CivilDate(Timestamp(milliseconds: Int64.random(in: 0...2_000_000_000_000, using: &random)))
            let end = CivilDate(start.startOfDay.adding(.days(Int64.random(in: 0...366, using: &random))))
            let cut = CivilDate(start.startOfDay.adding(.days(Int64.random(in: 0...366, using: &random))))
            let whole = Int64.random(in: 0...10_000_000, using: &random)
            let period = DaySpan(start: start, end: end)
            let before = RevenuePlan(whole: whole, period: period)
            let after = RevenuePlan(whole: whole, period: period, from: cut)
            if period.count > 0 { #expect(before.earned(before: cut) + after.amount == whole) }
            #expect(before.months.reduce(0) { $0 + $1.amount } == whole)
            let rest = cut.number < after.lastBorder.number ? after.amount : 0
            #expect(after.months.reduce(0) { $0 + $1.amount } == rest)
        }
    }

    @Test func `the standard schedule reminds on five days, then limits, then ends`() throws {
        let due = try instant("2027-03-10T09:00:00Z")
        let steps = DunningPolicy.standard.steps(dueAt: due, in: .utc)
        #expect(steps.map(\.action) == [.remind, .remind, .remind, .remind, .remind, .readOnly, .cancel])
        #expect(steps.map { $0.dueAt.since(due).count / 86_400_000 } == [0, 1, 3, 5, 7, 7, 21])
        let zone = try #require(BillingZone("America/New_York"))
        let local = DunningPolicy.standard.steps(dueAt: due, in: zone)
        #expect(local[3].dueAt.since(due) == .hours(5 * 24 - 1), "five days by the wall clock, one of 23 hours")
    }
}
