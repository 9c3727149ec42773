// Single values as people read them: links, times, money, identifiers.
package import Core

extension HTML {
    /// A link; an address that would run script is dropped.
    package static func link(_ text: String, href: String) -> HTML {
        "<a href=\"\(address(href))\">\(text)</a>"
    }

    /// An identifier or another piece of program text.
    package static func code(_ text: String) -> HTML { "<code>\(text)</code>" }

    /// Program text with a button that copies it.
    package static func copyable(_ text: String, label: String = "Copy") -> HTML {
        "<span class=\"copyable\"><code>\(text)</code>\(copyButton(name: label))</span>"
    }

    /// Text that steps back.
    package static func muted(_ text: String) -> HTML { "<span class=\"muted\">\(text)</span>" }

    /// An amount with its currency.
    package static func money(_ money: Money) -> HTML { "<span class=\"nowrap\">\(money.formatted)</span>" }

    /// An instant as `23 Nov 2026, 05:40` in UTC; script puts the reader's own time into the tooltip.
    package static func time(_ instant: Timestamp) -> HTML {
        let text = instant.description
        let clock = text.dropFirst(11).prefix(5)
        return "<time datetime=\"\(text)\">\(day(instant)), \(String(clock))</time>"
    }

    /// The day of an instant as `23 Nov 2026`, in UTC.
    package static func date(_ instant: Timestamp) -> HTML {
        "<time datetime=\"\(instant.description)\">\(day(instant))</time>"
    }

    /// How long ago, or how far ahead, an instant lies: `3 minutes ago`, `in 2 days`; the exact time is the tooltip.
    package static func age(_ instant: Timestamp, now: Timestamp) -> HTML {
        "<time datetime=\"\(instant.description)\" title=\"\(instant.description)\">\(distance(instant, now))</time>"
    }

    private static func day(_ instant: Timestamp) -> String {
        let date = CivilDate(instant)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = months.indices.contains(date.month - 1) ? months[date.month - 1] : ""
        return "\(date.day) \(month) \(date.year)"
    }

    private static func distance(_ instant: Timestamp, _ now: Timestamp) -> String {
        let seconds = instant.since(now).count / 1000
        let units: [(Int64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
        guard let (size, name) = units.first(where: { seconds.magnitude >= $0.0 }) else { return "now" }
        let count = seconds.magnitude / UInt64(size)
        let words = "\(count) \(name)\(count == 1 ? "" : "s")"
        return seconds > 0 ? "in \(words)" : "\(words) ago"
    }

    static func copyButton(name: String, text: String = "") -> HTML {
        "<button type=\"button\" class=\"copy\" data-copy aria-label=\"\(name)\">\(icon(.copy))\(text)</button>"
    }

    /// A list of names and values.
    ///
    ///     HTML.details([("Plan", "Pro"), ("Id", HTML.copyable(id.text))])
    package static func details(_ pairs: [(String, HTML)]) -> HTML {
        "<dl class=\"details\">\(pairs.html { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" })</dl>"
    }
}
