// Instants and days, held against known values and against Foundation.
import Core
import Foundation
import Testing

struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_795_411_898_123, "2026-11-23T05:31:38.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `an instant is spelled as RFC 3339 and read back`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            ("2026-11-23T11:01:38+05:30", 1_795_411_898_000), ("2026-11-23t05:31:38z", 1_795_411_898_000),
            ("2026-11-23 05:31:38.5Z", 1_795_411_898_500), ("2026-11-23T05:31:38.123456789Z", 1_795_411_898_123),
            ("2026-11-22T21:31:38-08:00", 1_795_411_898_000),
        ] as [(String, Int64)])
    func `offsets and fractions are understood`(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-11-23T05:31:38", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T05:60:00Z", "2026-11-23T05:31:38.Z", "2026-11-23T05:31:38.1234567890Z",
        "2026-11-23T05:31:38+24:00", "0000-01-01T00:00:00Z", "2026-11-23T05:31:38Zx", "２026-11-23T05:31:38Z",
    ])
    func `what is no RFC 3339 instant is refused`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `days agree with Foundation's Gregorian calendar over four centuries`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for day in stride(from: Int64(-100_000), to: 60_000, by: 37) {
            let instant = Timestamp(milliseconds: day * 86_400_000 + 12_345)
            let date = Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let civil = CivilDate(instant)
            #expect(civil.year == parts.year && civil.month == parts.month && civil.day == parts.day)
            #expect(civil.startOfDay.milliseconds == day * 86_400_000)
        }
    }

    @Test func `adding never leaves the years that can be spelled`() {
        #expect(Timestamp(milliseconds: .max).adding(Milliseconds(.max)).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).adding(Milliseconds(.min)).description == "0001-01-01T00:00:00.000Z")
    }

    @Test func `a movable clock runs on from where it was moved to`() {
        let movable = MovableClock(base: Clock { Timestamp(milliseconds: 1000) })
        movable.advance(by: .days(1))
        #expect(movable.clock.now.milliseconds == 86_401_000)
        #expect(abs(Clock.system.now.milliseconds - Int64(Date().timeIntervalSince1970 * 1000)) < 2000)
    }
}
