// When periods begin and end: an anchor that is stored, counted in whole months, in the time zone of whoever pays.
import Core
import Foundation

/// A time zone of the IANA database: `Asia/Kolkata`.
struct BillingZone: Sendable, Hashable {
    let identifier: String
    private let zone: TimeZone?

    static let utc = BillingZone(stored: "UTC")

    /// Takes an identifier from outside; nil when there is no such zone.
    init?(_ identifier: String) {
        guard identifier.utf8.count <= 40, identifier == "UTC" || identifier.utf8.contains(UInt8(ascii: "/")),
            let zone = TimeZone(identifier: identifier)
        else { return nil }
        self.identifier = identifier
        self.zone = identifier == "UTC" ? nil : zone
    }

    /// Takes an identifier that this program stored; one that the database of zones lost counts as UTC.
    init(stored identifier: String) {
        self.identifier = identifier
        zone = identifier == "UTC" ? nil : TimeZone(identifier: identifier)
    }

    private func offset(at instant: Int64) -> Int64 {
        guard let zone else { return 0 }
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant) / 1000))) * 1000
    }

    /// What the clock on the wall shows, as if it were UTC.
    func wall(_ instant: Timestamp) -> Timestamp { instant.adding(Milliseconds(offset(at: instant.milliseconds))) }

    /// The day that an instant falls on.
    func day(_ instant: Timestamp) -> CivilDate { CivilDate(wall(instant)) }

    /// The instant at which the clock on the wall shows this: the first of two; after a gap by as much as the gap took.
    func instant(wall: Timestamp) -> Timestamp {
        let day: Int64 = 86_400_000
        let (before, after) = (offset(at: wall.milliseconds - day), offset(at: wall.milliseconds + day))
        for offset in [before, after] where self.offset(at: wall.milliseconds - offset) == offset {
            return wall.adding(Milliseconds(-offset))
        }
        return wall.adding(Milliseconds(-before))
    }

    /// The first instant of a day.
    func startOfDay(_ day: CivilDate) -> Timestamp { instant(wall: day.startOfDay) }

    /// So many days later by the clock on the wall.
    func adding(days: Int64, to instant: Timestamp) -> Timestamp {
        self.instant(wall: wall(instant).adding(.days(days)))
    }
}

/// What the borders of a subscription's periods are counted from.
///
/// The wall clock of the first border is stored, not inferred from the last one: 31 January, 28 February, 31 March.
/// Border number n is counted from the anchor itself and not from its neighbour, so nothing drifts, and a change of
/// the time zone moves a border by hours but never loses a period or bills one twice.
struct BillingAnchor: Sendable, Hashable {
    /// What the clock on the wall showed at border 0, as if it were UTC.
    let wall: Timestamp

    init(wall: Timestamp) { self.wall = wall }

    init(at instant: Timestamp, in zone: BillingZone) { wall = zone.wall(instant) }

    /// The border that lies so many months after border 0.
    func border(months: Int64, in zone: BillingZone) -> Timestamp {
        let date = CivilDate(wall)
        let ofDay = wall.since(date.startOfDay)
        let (all, overflow) = Int64(date.year * 12 + date.month - 1).addingReportingOverflow(months)
        guard !overflow, all >= 12, all < 120_000 else { return zone.instant(wall: wall) }
        let (year, month) = (Int(all / 12), Int(all % 12) + 1)
        let day = min(date.day, CivilDate.days(inMonth: month, of: year))
        guard let moved = CivilDate(year: year, month: month, day: day) else { return zone.instant(wall: wall) }
        return zone.instant(wall: moved.startOfDay.adding(ofDay))
    }
}
