// The Date header (RFC 9110 section 5.6.7), made once a second.
import Core
import Synchronization

enum HTTPDate {
    private static let cache = Mutex((second: Int64.min, text: ""))

    /// The present second, such as `Mon, 23 Nov 2026 05:31:38 GMT`.
    static var now: String {
        let second = Clock.system.now.milliseconds / 1000
        return cache.withLock { cache in
            if cache.second != second { cache = (second, text(second: second)) }
            return cache.text
        }
    }

    /// An instant after 1970, in seconds.
    static func text(second: Int64) -> String {
        let date = CivilDate(Timestamp(milliseconds: second * 1000))
        let rest = second % 86_400
        // 1970 began on a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(second / 86_400 % 7)]
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][date.month - 1]
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map { two($0) }.joined(separator: ":")
        return "\(weekday), \(two(Int64(date.day))) \(month) \(date.year) \(time) GMT"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
