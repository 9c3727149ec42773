// One field of a cron expression, and everything that can be wrong with it.
package import Core

/// Why a cron expression is refused, in words that name the field.
package enum CronProblem: Error, Equatable, CustomStringConvertible {
    case tooLong
    case fieldCount(Int)
    case unknownNickname(String)
    case field(String, String, reason: String)

    package var description: String {
        switch self {
        case .tooLong: "A cron expression has at most 200 characters."
        case .fieldCount(let count):
            "A cron expression has five fields (minute, hour, day of month, month, day of week); this one has \(count)."
        case .unknownNickname(let name):
            "\(name) is not known; use @hourly, @daily, @weekly, @monthly or @yearly."
        case .field(let field, let text, let reason): "The \(field) '\(text)' \(reason)."
        }
    }
}

extension CronProblem: ProblemConvertible {
    package var problem: Problem { Problem("cron_invalid", status: 422, description) }
}

/// The bounds and names of one field.
struct CronField {
    let name: String
    let bounds: ClosedRange<Int>
    /// Three-letter names; the first one stands for the lower bound.
    let names: [String]

    static let minute = CronField(name: "minute", bounds: 0...59, names: [])
    static let hour = CronField(name: "hour", bounds: 0...23, names: [])
    static let day = CronField(name: "day of month", bounds: 1...31, names: [])
    static let month = CronField(
        name: "month", bounds: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
    static let weekday = CronField(
        name: "day of week", bounds: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

    /// The numbers that a written field stands for.
    func values(of text: Substring) throws(CronProblem) -> Set<Int> {
        var result: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            result.formUnion(try values(ofPart: part))
        }
        return result
    }

    private func values(ofPart part: Substring) throws(CronProblem) -> [Int] {
        let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
        guard let base = pieces.first, pieces.count <= 2 else { throw refused(part, "has more than one step") }
        let range = try range(base, of: part)
        guard pieces.count == 2 else { return Array(range) }
        guard base == "*" || base.contains("-") else {
            throw refused(part, "has a step after a single value; write a range such as \(base)-\(bounds.upperBound)")
        }
        guard let step = number(pieces[1]), step > 0 else { throw refused(part, "has a step that is not 1 or more") }
        return Array(stride(from: range.lowerBound, through: range.upperBound, by: step))
    }

    private func range(_ base: Substring, of part: Substring) throws(CronProblem) -> ClosedRange<Int> {
        // Day of week has 7 for Sunday; `*` must not name Sunday twice, or steps would count wrong.
        if base == "*" { return bounds.lowerBound...(bounds.upperBound == 7 ? 6 : bounds.upperBound) }
        let ends = base.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = ends.first, ends.count <= 2 else { throw refused(part, "is not a range") }
        let low = try value(first, of: part)
        guard ends.count == 2 else { return low...low }
        let high = try value(ends[1], of: part)
        guard low <= high else { throw refused(part, "runs backwards; write two ranges with a comma") }
        return low...high
    }

    private func value(_ text: Substring, of part: Substring) throws(CronProblem) -> Int {
        if let index = names.firstIndex(of: text.lowercased()) { return bounds.lowerBound + index }
        guard let number = number(text), bounds.contains(number) else {
            throw refused(part, "is not between \(bounds.lowerBound) and \(bounds.upperBound)")
        }
        return number
    }

    /// At most four digits, nothing else: no sign, no blanks.
    private func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    private func refused(_ part: Substring, _ reason: String) -> CronProblem {
        .field(name, String(part), reason: reason)
    }
}
