// A month of a report, in the zone that documents are numbered in: Indian standard time.
import Core

/// A calendar month: `2026-11`.
struct ReportMonth: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The same zone as the fiscal year of a document's number, so that a report and a series end at one instant.
    static let offset = Milliseconds.minutes(330)

    /// Months since the year 0.
    let number: Int

    private init(number: Int) { self.number = number }

    /// The month that an instant falls in.
    init(_ instant: Timestamp) {
        let date = CivilDate(instant.adding(Self.offset))
        number = date.year * 12 + date.month - 1
    }

    /// Reads `2026-11`; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 4, parts[1].utf8.count == 2, let year = Int(parts[0]),
            let month = Int(parts[1]), (1970...9000).contains(year), (1...12).contains(month)
        else { return nil }
        number = year * 12 + month - 1
    }

    static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    func adding(_ months: Int) -> ReportMonth { ReportMonth(number: number + months) }

    /// The first instant of the month.
    var start: Timestamp {
        guard let first = CivilDate(year: number / 12, month: number % 12 + 1, day: 1) else {
            return Timestamp(milliseconds: 0)
        }
        return first.startOfDay.adding(-Self.offset)
    }

    /// The first instant after the month.
    var end: Timestamp { adding(1).start }

    var description: String {
        let month = number % 12 + 1
        return "\(number / 12)-\(month < 10 ? "0" : "")\(month)"
    }

    /// All months from this one to another, both included; empty when that one lies before.
    func through(_ last: ReportMonth) -> [ReportMonth] {
        number > last.number ? [] : (number...last.number).map { ReportMonth(number: $0) }
    }
}

extension ReportMonth: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let month = ReportMonth(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a month")
        }
        self = month
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
