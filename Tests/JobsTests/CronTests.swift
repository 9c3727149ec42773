// The calendar of cron: computed with another implementation (croniter with the Vixie star rule).
import Core
import Jobs
import Testing

struct CronTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let expression: String
        let from: String
        let next: String

        init(_ expression: String, from: String, next: String) {
            self.expression = expression
            self.from = from
            self.next = next
        }

        var testDescription: String { "\(expression) after \(from)" }
    }

    @Test(arguments: vectors)
    func `an expression names the next minute`(vector: Vector) throws {
        let from = try #require(Timestamp(vector.from))
        #expect(try CronExpression(vector.expression).next(after: from) == Timestamp(vector.next))
    }

    @Test func `a day that the calendar does not have never comes`() throws {
        let now = Timestamp(milliseconds: 1_795_411_898_000)
        #expect(try CronExpression("0 0 30 2 *").next(after: now) == nil)
        #expect(try CronExpression("0 0 31 4,6,9,11 *").next(after: now) == nil)
        #expect(try CronExpression("* * * * *").next(after: Timestamp(milliseconds: .max)) == nil)
    }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *",
        "* * * * 8", "*/0 * * * *", "5/15 * * * *", "10-5 * * * *", "1,,2 * * * *", "1-2-3 * * * *", "*/5/5 * * * *",
        "-1 * * * *", "+1 * * * *", "a * * * *", "* * * janu *", "* * * * fri-mon", "0-99999999 * * * *", "@reboot",
        "@every 5m", "** * * * *", "*-5 * * * *", "1- * * * *", "٣ * * * *",
    ])
    func `what is no expression is refused`(text: String) {
        #expect(throws: CronProblem.self) { try CronExpression(text) }
    }

    @Test func `an expression without end is refused`() {
        #expect(throws: CronProblem.tooLong) {
            try CronExpression(String(repeating: "1,", count: 10_000) + "1 * * * *")
        }
    }

    @Test func `a refusal names the field and the reason`() {
        #expect(throws: CronProblem.field("hour", "24", reason: "is not between 0 and 23")) {
            try CronExpression("0 24 * * *")
        }
    }

    @Test(arguments: ["7 3 * * *", "*/13 */5 1-20/3 * *", "0 0 1,15 * 0", "59 23 29 2 *"])
    func `times strictly increase, and each is found from the minute before it`(text: String) throws {
        let expression = try CronExpression(text)
        var last = Timestamp(milliseconds: 1_700_000_000_000)
        for _ in 0..<50 {
            let next = try #require(expression.next(after: last))
            #expect(next > last)
            #expect(expression.next(after: next.adding(.minutes(-1))) == next)
            last = next
        }
    }

    static let vectors: [Vector] = [
        Vector("* * * * *", from: "2026-11-23T05:31:00Z", next: "2026-11-23T05:32:00Z"),
        Vector("*/15 * * * *", from: "2026-11-23T05:31:38Z", next: "2026-11-23T05:45:00Z"),
        Vector("0 * * * *", from: "2026-11-23T05:00:00Z", next: "2026-11-23T06:00:00Z"),
        Vector("30 2 * * *", from: "2026-11-23T02:30:00Z", next: "2026-11-24T02:30:00Z"),
        Vector("30 2 * * *", from: "2026-11-23T02:29:59Z", next: "2026-11-23T02:30:00Z"),
        Vector("5-10 * * * *", from: "2026-11-23T05:10:00Z", next: "2026-11-23T06:05:00Z"),
        Vector("1,31,59 * * * *", from: "2026-11-23T05:31:00Z", next: "2026-11-23T05:59:00Z"),
        Vector("0-30/10 4 * * *", from: "2026-11-23T04:20:00Z", next: "2026-11-23T04:30:00Z"),
        Vector("0 0 1 1 *", from: "2026-11-23T00:00:00Z", next: "2027-01-01T00:00:00Z"),
        Vector("@yearly", from: "2026-01-01T00:00:00Z", next: "2027-01-01T00:00:00Z"),
        Vector("@annually", from: "2025-12-31T23:59:59Z", next: "2026-01-01T00:00:00Z"),
        Vector("@monthly", from: "2026-11-01T00:00:00Z", next: "2026-12-01T00:00:00Z"),
        Vector("@weekly", from: "2026-11-23T00:00:00Z", next: "2026-11-29T00:00:00Z"),
        Vector("@daily", from: "2026-12-31T23:59:00Z", next: "2027-01-01T00:00:00Z"),
        Vector("@midnight", from: "2026-11-23T00:00:00Z", next: "2026-11-24T00:00:00Z"),
        Vector("@hourly", from: "2026-11-23T23:00:30Z", next: "2026-11-24T00:00:00Z"),
        Vector("0 0 29 2 *", from: "2024-02-29T00:00:00Z", next: "2028-02-29T00:00:00Z"),
        Vector("0 0 29 2 *", from: "2096-02-29T00:00:00Z", next: "2104-02-29T00:00:00Z"),
        Vector("0 0 29 2 *", from: "2012-07-09T00:00:00Z", next: "2016-02-29T00:00:00Z"),
        Vector("0 0 31 * *", from: "2026-01-31T00:00:00Z", next: "2026-03-31T00:00:00Z"),
        Vector("0 0 30 4,6,9,11 *", from: "2026-04-30T00:00:00Z", next: "2026-06-30T00:00:00Z"),
        Vector("0 0 28 2 *", from: "2026-02-28T00:00:00Z", next: "2027-02-28T00:00:00Z"),
        Vector("0 9 * * mon-fri", from: "2026-11-20T09:00:00Z", next: "2026-11-23T09:00:00Z"),
        Vector("0 9 * * MON-FRI", from: "2026-11-23T08:59:00Z", next: "2026-11-23T09:00:00Z"),
        Vector("0 9 * * 1-5", from: "2026-11-27T09:00:00Z", next: "2026-11-30T09:00:00Z"),
        Vector("0 0 * * 0", from: "2026-11-23T00:00:00Z", next: "2026-11-29T00:00:00Z"),
        Vector("0 0 * * 7", from: "2026-11-23T00:00:00Z", next: "2026-11-29T00:00:00Z"),
        Vector("0 0 * * sun", from: "2026-11-22T00:00:00Z", next: "2026-11-29T00:00:00Z"),
        Vector("0 0 * * 5-7", from: "2026-11-21T00:00:00Z", next: "2026-11-22T00:00:00Z"),
        Vector("0 0 1,15 * 0", from: "2026-01-01T00:00:00Z", next: "2026-01-04T00:00:00Z"),
        Vector("0 0 1,15 * 0", from: "2026-01-11T00:00:00Z", next: "2026-01-15T00:00:00Z"),
        Vector("0 0 13 * fri", from: "2026-11-13T00:00:00Z", next: "2026-11-20T00:00:00Z"),
        Vector("0 0 13 * 5", from: "2026-11-06T00:00:00Z", next: "2026-11-13T00:00:00Z"),
        Vector("0 16 */2 * sat", from: "2023-05-02T00:00:00Z", next: "2023-05-13T16:00:00Z"),
        Vector("0 16 */2 * sat", from: "2023-05-13T16:00:00Z", next: "2023-05-27T16:00:00Z"),
        Vector("0 0 10 * */2", from: "2026-11-10T00:00:00Z", next: "2026-12-10T00:00:00Z"),
        Vector("0 12 * jan-mar *", from: "2026-03-31T12:00:00Z", next: "2027-01-01T12:00:00Z"),
        Vector("0 12 * JAN,jul *", from: "2026-02-01T00:00:00Z", next: "2026-07-01T12:00:00Z"),
        Vector("0 0 1 */3 *", from: "2026-02-01T00:00:00Z", next: "2026-04-01T00:00:00Z"),
        Vector("0 0 1 2-12/5 *", from: "2026-02-01T00:00:00Z", next: "2026-07-01T00:00:00Z"),
        Vector("*/7 * * * *", from: "2026-11-23T05:56:00Z", next: "2026-11-23T06:00:00Z"),
        Vector("*/40 * * * *", from: "2026-11-23T05:40:00Z", next: "2026-11-23T06:00:00Z"),
        Vector("59 23 31 12 *", from: "2026-12-31T23:59:00Z", next: "2027-12-31T23:59:00Z"),
        Vector("0 0 * 2 *", from: "2024-02-29T00:00:00Z", next: "2025-02-01T00:00:00Z"),
        Vector("0 */5 * * *", from: "2026-11-23T20:00:00Z", next: "2026-11-24T00:00:00Z"),
        Vector("10-20/5,50 22-23 * * *", from: "2026-11-23T22:20:00Z", next: "2026-11-23T22:50:00Z"),
        Vector("0 0 29 2 */7", from: "2026-01-01T00:00:00Z", next: "2032-02-29T00:00:00Z"),
        Vector("0 0 1 * *", from: "1969-12-31T23:59:00Z", next: "1970-01-01T00:00:00Z"),
        Vector("15 14 1 * *", from: "1970-01-01T00:00:00Z", next: "1970-01-01T14:15:00Z"),
        Vector("0 22 * * 1-5", from: "2026-11-27T22:00:30Z", next: "2026-11-30T22:00:00Z"),
        Vector("23 0-20/2 * * *", from: "2026-11-23T20:23:00Z", next: "2026-11-24T00:23:00Z"),
        Vector("5 4 * * sun", from: "2026-11-29T04:05:00Z", next: "2026-12-06T04:05:00Z"),
    ]
}
