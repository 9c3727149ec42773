// Attributes that are there only when they have something to say, and addresses that are safe to follow.

extension HTML {
    /// ` name="value"` with the value escaped, or nothing when there is no value.
    static func attribute(_ name: StaticString, _ value: String?) -> HTML {
        guard let value else { return .empty }
        return " \(name)=\"\(value)\""
    }

    /// ` name` when the condition holds.
    static func attribute(_ name: StaticString, if condition: Bool) -> HTML {
        condition ? " \(name)" : .empty
    }

    /// The address as it may stand in `href` or `action`: one that would run script or leave by an odd scheme becomes
    /// `#`. Allowed are relative addresses, `http`, `https` and `mailto`.
    static func address(_ text: String) -> String {
        // Browsers skip blanks and control characters in front of a scheme and inside it (WHATWG URL, 4.4), so an
        // address with any of them is refused rather than read.
        guard text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { return "#" }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return text }
        let scheme = text[..<colon]
        if scheme.utf8.contains(where: { $0 == 47 || $0 == 63 || $0 == 35 }) { return text }
        return ["http", "https", "mailto"].contains(scheme.lowercased()) ? text : "#"
    }

    /// Pieces one after another.
    static func joined(_ pieces: [HTML]) -> HTML {
        var result = HTML.empty
        for piece in pieces { result += piece }
        return result
    }
}
