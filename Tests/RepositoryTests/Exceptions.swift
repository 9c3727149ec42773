// The committed list of places that may break a rule. It can only shrink: an entry that is not needed is a failure.

import Testing

/// Something that breaks a rule, in a form that stays the same when lines above it move.
struct Violation: Hashable, CustomStringConvertible {
    let path: String
    /// For the reader; an exception counts and names no lines.
    let line: Int
    let what: String

    var description: String { "\(path):\(line): \(what)" }
}

/// `exceptions.txt`: one `rule path count reason…` a line. `count` is how many violations of the rule the file has;
/// a rule about a length counts each line too many as one.
struct Exceptions {
    struct Entry {
        let rule: String
        let path: String
        let count: Int
    }

    static let all = parse(Repository.text("Tests/RepositoryTests/exceptions.txt") ?? "")

    static func parse(_ text: String) -> [Entry] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count == 4, let count = Int(words[2]) else {
                Issue.record("exceptions.txt: not `rule path count reason`: \(line)")
                return nil
            }
            return Entry(rule: String(words[0]), path: String(words[1]), count: count)
        }
    }

    /// What is wrong: files with more violations than the list allows, and entries that allow more than there are.
    static func judge(
        _ rule: String, _ violations: [Violation], entries: [Entry] = all
    ) -> [String] {
        let byPath = Dictionary(grouping: violations, by: \.path)
        let allowed = entries.filter { $0.rule == rule }
        var complaints: [String] = []
        for (path, found) in byPath.sorted(by: { $0.key < $1.key }) {
            let limit = allowed.first { $0.path == path }?.count ?? 0
            if found.count > limit { complaints += Set(found).sorted { $0.line < $1.line }.map(\.description) }
        }
        for entry in allowed where (byPath[entry.path]?.count ?? 0) < entry.count {
            let found = byPath[entry.path]?.count ?? 0
            complaints.append(
                "exceptions.txt: \(rule) \(entry.path) allows \(entry.count), there are \(found): lower it")
        }
        return complaints
    }
}

/// Fails with every complaint there is about a rule.
func expectNone(_ rule: String, _ violations: [Violation], sourceLocation: SourceLocation = #_sourceLocation) {
    let complaints = Exceptions.judge(rule, violations)
    let isKept = complaints.isEmpty
    #expect(isKept, "\(complaints.joined(separator: "\n"))", sourceLocation: sourceLocation)
}
