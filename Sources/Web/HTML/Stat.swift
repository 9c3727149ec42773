// Stat tiles: one number each, with what changed and how it went.

/// A number that somebody looks at every day.
package struct Stat: Sendable {
    package var label: String
    package var value: String
    /// What changed, such as `+12 %`; drawn in the tone.
    package var change: String?
    package var tone: Tone
    /// What the change is measured against, or what else matters.
    package var note: String
    /// Where a click leads.
    package var href: String?
    /// The recent past as a small line; needs two values or more.
    package var trend: [Double]

    package init(
        _ label: String, _ value: String, change: String? = nil, tone: Tone = .accent, note: String = "",
        href: String? = nil, trend: [Double] = []
    ) {
        self.label = label
        self.value = value
        self.change = change
        self.tone = tone
        self.note = note
        self.href = href
        self.trend = trend
    }
}

extension HTML {
    /// A row of stat tiles.
    package static func stats(_ stats: [Stat]) -> HTML { "<dl class=\"stats\">\(stats.html(tile))</dl>" }

    private static func tile(_ stat: Stat) -> HTML {
        let label: HTML = stat.href.map { link(stat.label, href: $0) } ?? "\(stat.label)"
        let change: HTML? = stat.change.map { "<b class=\"\(stat.tone.rawValue)\">\($0)</b> " }
        let isBare = stat.change == nil && stat.note.isEmpty
        let note: HTML = isBare ? .empty : "<dd class=\"note\">\(change)\(stat.note)</dd>"
        let tone: Tone = stat.tone == .bad || stat.tone == .warn ? stat.tone : .accent
        return """
            <div class="stat"><dt>\(label)</dt><dd class="value">\(stat.value)</dd>\(note)\
            \(sparkline(stat.trend, tone: tone))</div>
            """
    }
}
