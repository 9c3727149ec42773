// Badges and the six tones that every status is drawn in.

/// What a colour means. A tone never stands alone: a word goes with it.
package enum Tone: String, Sendable, CaseIterable {
    case neutral, accent, good, info, warn, bad
}

extension HTML {
    /// The state of a thing in one or two words: `HTML.badge("Past due", .warn)`.
    package static func badge(_ text: String, _ tone: Tone = .neutral) -> HTML {
        "<span class=\"badge \(tone.rawValue)\">\(text)</span>"
    }

    /// A label without the status dot: a role, a plan, a kind.
    package static func label(_ text: String, _ tone: Tone = .neutral) -> HTML {
        "<span class=\"badge plain \(tone.rawValue)\">\(text)</span>"
    }

    /// The initials of a name in a circle; decoration, so the name has to stand beside it.
    package static func avatar(_ name: String, isSquare: Bool = false) -> HTML {
        "<span class=\"avatar\(isSquare ? " square" : "")\" aria-hidden=\"true\">\(initials(name))</span>"
    }

    /// The first letters of the first and the last word, at most two.
    static func initials(_ name: String) -> String {
        let words = name.split(whereSeparator: { !$0.isLetter && !$0.isNumber })
        guard let first = words.first?.first else { return "?" }
        guard words.count > 1, let last = words.last?.first else { return first.uppercased() }
        return first.uppercased() + last.uppercased()
    }
}
