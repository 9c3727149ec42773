// The timeline of an object, the checklist, and bars for progress and usage.
package import Core

/// Something that happened to an object.
package struct TimelineItem: Sendable {
    package let title: HTML
    package let time: Timestamp
    /// Who or what did it.
    package let actor: String?
    package let tone: Tone
    package let detail: HTML?

    package init(
        _ title: HTML, at time: Timestamp, by actor: String? = nil, tone: Tone = .neutral, detail: HTML? = nil
    ) {
        self.title = title
        self.time = time
        self.actor = actor
        self.tone = tone
        self.detail = detail
    }
}

/// One line of a traffic-light list.
package struct Check: Sendable {
    package let name: String
    package let tone: Tone
    /// The state in one word; the colour says it again.
    package let state: String
    package let text: HTML

    package init(_ name: String, _ tone: Tone, state: String, _ text: HTML) {
        self.name = name
        self.tone = tone
        self.state = state
        self.text = text
    }
}

extension HTML {
    /// What happened to an object, newest first as given.
    package static func timeline(_ items: [TimelineItem]) -> HTML {
        "<ol class=\"timeline\">\(items.html(entry))</ol>"
    }

    private static func entry(_ item: TimelineItem) -> HTML {
        let actor: HTML? = item.actor.map { " · \($0)" }
        let more: HTML? = item.detail.map { "<div class=\"more\">\($0)</div>" }
        return """
            <li class="\(item.tone.rawValue)"><div>\(item.title)</div>\
            <div class="when">\(time(item.time))\(actor)</div>\(more)</li>
            """
    }

    /// A list of states: good, to look at, broken.
    package static func checks(_ checks: [Check]) -> HTML {
        let lines = checks.html { check in
            "<li>\(badge(check.state, check.tone))<b>\(check.name)</b><span>\(check.text)</span></li>"
        }
        return "<ul class=\"checks\">\(lines)</ul>"
    }

    /// Work under way: what is done and what is left. A total of 0 or less shows a bar without an end.
    package static func progress(_ label: String, done: Int, total: Int, note: String = "") -> HTML {
        let words = note.isEmpty && total > 0 ? "\(grouped(done)) of \(grouped(total))" : note
        guard total > 0 else { return bar(label, words, tone: nil, amounts: .empty) }
        return bar(label, words, tone: nil, amounts: " value=\"\(min(max(done, 0), total))\" max=\"\(total)\"")
    }

    /// Use against a limit: a warning from 80 %, bad from 100 %. Without a limit only the count is shown.
    package static func meter(_ label: String, used: Int, limit: Int?, unit: String = "") -> HTML {
        let suffix = unit.isEmpty ? "" : " \(unit)"
        guard let limit, limit > 0 else {
            return """
                <div class="meter"><div><b>\(label)</b><span>\(grouped(used))\(suffix), no limit</span></div></div>
                """
        }
        let used = max(used, 0)
        let tone: Tone? = used >= limit ? .bad : used >= limit - limit / 5 ? .warn : nil
        let over = used > limit ? ", over by \(grouped(used - limit))" : ""
        let words = "\(grouped(used)) of \(grouped(limit))\(suffix)\(over)"
        return bar(label, words, tone: tone, amounts: " value=\"\(min(used, limit))\" max=\"\(limit)\"")
    }

    private static func bar(_ label: String, _ words: String, tone: Tone?, amounts: HTML) -> HTML {
        """
        <div class="meter \(tone?.rawValue ?? "")"><div><b>\(label)</b><span>\(words)</span></div>\
        <progress\(amounts) aria-label="\(label)"></progress></div>
        """
    }

    /// A count with groups of three digits: `12,400`.
    package static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return number < 0 ? "−" + result : result
    }
}
