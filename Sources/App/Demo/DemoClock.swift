// The demo's clock: goes through history while the file is filled, and forward by hand afterwards.
import Billing
import Core
import Storage
import Web

/// A clock that only goes forward, and remembers how far ahead it is.
struct DemoClock: Sendable {
    let file: DemoFile
    private let time: MovableClock

    /// How far before the present the demo's history begins.
    static let history = Milliseconds.days(425)

    /// The farthest that the clock goes ahead of the system's.
    static let limit = Milliseconds.days(3650)

    /// - Parameter ahead: how far ahead of the system's clock it starts; nil to start where history does.
    init(file: DemoFile, ahead: Milliseconds?) {
        self.file = file
        time = MovableClock(offset: ahead ?? -Self.history)
    }

    var clock: Clock { time.clock }

    private var ahead: Milliseconds { clock.now.since(Clock.system.now) }

    /// Goes on to so many days and hours before the present; stays where it is when that lies behind.
    func move(toDaysAgo days: Int64, hours: Int64 = 0) {
        let wanted = Clock.system.now.adding(-.days(days)).adding(-.hours(hours))
        let distance = wanted.since(clock.now)
        if distance > Milliseconds(0) { time.advance(by: distance) }
    }

    /// History is over: the clock is the system's from here on.
    func arrive() throws {
        time.advance(by: -ahead)
        try file.keep(ahead: Milliseconds(0))
    }

    /// How far one press of a button goes.
    enum Step: String, CaseIterable, Sendable {
        case hour, day, month

        var title: String { "+1 \(rawValue)" }

        /// A month ends on the same day of the next one, or on that month's last day.
        func length(from now: Timestamp) -> Milliseconds {
            switch self {
            case .hour: return .hours(1)
            case .day: return .days(1)
            case .month:
                let date = CivilDate(now)
                let month = date.month % 12 + 1
                let year = date.month == 12 ? date.year + 1 : date.year
                let day = min(date.day, CivilDate.days(inMonth: month, of: year))
                guard let next = CivilDate(year: year, month: month, day: day) else { return .days(30) }
                return next.startOfDay.since(date.startOfDay)
            }
        }
    }

    /// What the operator's page moves time with: through everything that falls due on the way.
    var testClock: TestClock {
        TestClock { distance in
            try file.keep(ahead: Milliseconds(ahead.count + distance.count))
            time.advance(by: distance)
        }
    }

    /// Goes forward by a step. Throws `demo_clock_limit` (409) when that is more than ten years ahead.
    func move(by step: Step) throws {
        let length = step.length(from: clock.now)
        let ahead = Milliseconds(ahead.count + length.count)
        guard ahead <= Self.limit else {
            throw Problem(
                "demo_clock_limit", status: 409,
                "The clock is ten years ahead. Start the demo with --fresh to go back to the present.")
        }
        try file.keep(ahead: ahead)
        time.advance(by: length)
    }
}
