// Instants: milliseconds since 1970 in UTC, spelled as RFC 3339.

/// An instant with millisecond precision, between the years 1 and 9999.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Milliseconds since 1970-01-01T00:00:00Z; leap seconds do not exist here (POSIX).
    package let milliseconds: Int64

    /// Takes milliseconds since 1970; values outside the years 1 to 9999 are clamped.
    package init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_999)
    }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// The instant that lies the given duration later (or earlier, when it is negative).
    package func adding(_ duration: Milliseconds) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(duration.count)
        return Timestamp(milliseconds: overflow ? (duration.count > 0 ? .max : .min) : sum)
    }

    /// The duration from another instant to this one; negative when the other lies later.
    package func since(_ other: Timestamp) -> Milliseconds {
        Milliseconds(milliseconds - other.milliseconds)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-23T05:31:38.000Z`.
    package var description: String {
        let civil = CivilDate(self)
        let ofDay = Int(milliseconds - floorDivide(milliseconds, 86_400_000) * 86_400_000)
        return String(unsafeUninitializedCapacity: 24) { buffer in
            var position = 0
            func put(_ value: Int, _ width: Int, then mark: Unicode.Scalar) {
                var rest = value
                for place in (position..<position + width).reversed() {
                    buffer[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                buffer[position + width] = UInt8(ascii: mark)
                position += width + 1
            }
            put(civil.year, 4, then: "-")
            put(civil.month, 2, then: "-")
            put(civil.day, 2, then: "T")
            put(ofDay / 3_600_000, 2, then: ":")
            put(ofDay / 60_000 % 60, 2, then: ":")
            put(ofDay / 1000 % 60, 2, then: ".")
            put(ofDay % 1000, 3, then: "Z")
            return position
        }
    }

    /// Reads RFC 3339 with an offset and up to nine digits of fraction; nil for anything else.
    package init?(_ text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), hour < 24, minute < 60, second < 61,
            let date = CivilDate(year: year, month: month, day: day), let fraction = reader.fraction(),
            let offset = reader.offsetMinutes(), reader.isAtEnd
        else { return nil }
        let ofDay = Int64(hour) * 3_600_000 + Int64(minute) * 60_000 + Int64(second) * 1000 + Int64(fraction)
        self.init(milliseconds: date.startOfDay.milliseconds + ofDay - Int64(offset) * 60_000)
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 date-time")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A duration in whole milliseconds.
package struct Milliseconds: Hashable, Comparable, Sendable {
    package let count: Int64
    package init(_ count: Int64) { self.count = count }
    package static func seconds(_ count: Int64) -> Self { Self(count * 1000) }
    package static func minutes(_ count: Int64) -> Self { Self(count * 60_000) }
    package static func hours(_ count: Int64) -> Self { Self(count * 3_600_000) }
    package static func days(_ count: Int64) -> Self { Self(count * 86_400_000) }
    package static func < (left: Self, right: Self) -> Bool { left.count < right.count }
    package static prefix func - (value: Self) -> Self { Self(-value.count) }
}

/// A day of the proleptic Gregorian calendar in UTC.
package struct CivilDate: Hashable, Sendable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int

    /// The day that an instant falls on.
    package init(_ instant: Timestamp) {
        let days = Int(floorDivide(instant.milliseconds, 86_400_000))
        let shifted = days + 719_468
        let era = Int(floorDivide(Int64(shifted), 146_097))
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        day = ofYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// A day by its numbers; nil when the calendar has no such day or the year is outside 1 to 9999.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.days(inMonth: month, of: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The number of days in a month; 0 for a month outside 1 to 12.
    package static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        case 1...12: 31
        default: 0
        }
    }

    /// The first instant of the day.
    package var startOfDay: Timestamp {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = Int(floorDivide(Int64(shiftedYear), 400))
        let yearOfEra = shiftedYear - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let ofEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear
        return Timestamp(milliseconds: Int64(era * 146_097 + ofEra - 719_468) * 86_400_000)
    }

    /// `2026-11-23`.
    package var description: String { "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))" }
}

func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
}

/// Reads fixed-width decimal fields from the front of a text.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        var value = 0
        for _ in 0..<width {
            guard let byte = rest.first, (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 48)
            rest.removeFirst()
        }
        return value
    }

    /// Milliseconds of an optional fraction; further digits are cut off.
    mutating func fraction() -> Int? {
        guard take(".") else { return 0 }
        var value = 0
        var digits = 0
        while let byte = rest.first, (48...57).contains(byte) {
            if digits < 3 { value = value * 10 + Int(byte - 48) }
            digits += 1
            rest.removeFirst()
        }
        guard (1...9).contains(digits) else { return nil }
        for _ in 0..<max(0, 3 - digits) { value *= 10 }
        return value
    }

    mutating func offsetMinutes() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
