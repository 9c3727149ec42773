// The table of billing cases: complete, and every test that it names is there.

import Testing

@Suite struct BillingCaseTests {
    private struct Row {
        let number: String
        /// Path and name of each test; empty where the table says that it is missing.
        let tests: [(path: String, name: String)]
        let isMissing: Bool
    }

    private static let rows = (Repository.text("docs/billing-cases.md") ?? "").split(separator: "\n").compactMap(row)

    private static func row(_ line: Substring) -> Row? {
        let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { trimmed($0) }
        guard cells.count == 5, !["case", "property", "---"].contains(cells[1]) else { return nil }
        let isMissing = cells[3] == "missing"
        let named = cells[3].replacing("<br>", with: "\u{1}").split(separator: "\u{1}")
        return Row(number: cells[1], tests: isMissing ? [] : named.map { test($0) }, isMissing: isMissing)
    }

    /// Reads `path`: name.
    private static func test(_ text: Substring) -> (path: String, name: String) {
        let parts = text.split(separator: "`: ", maxSplits: 1)
        guard parts.count == 2 else { return (String(text), "") }
        return (String(parts[0].dropFirst()), String(parts[1]).replacing("&#124;", with: "|"))
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    @Test func `the forty cases and the five properties are each in the table once`() {
        #expect(Self.rows.map(\.number) == (1...40).map(String.init) + ["a", "b", "c", "d", "e"])
        #expect(Self.rows.allSatisfy { $0.isMissing || !$0.tests.isEmpty })
    }

    @Test func `every test that the table of billing cases names is in its file`() {
        let found = Self.rows.flatMap(\.tests).filter { test in
            let text = Repository.text(test.path) ?? ""
            return !text.contains("func `\(test.name)`(") && !text.contains("def \(test.name)(")
        }
        expectNone(
            "billing-cases",
            found.map { Violation(path: "docs/billing-cases.md", line: 1, what: "no test \($0.name) in \($0.path)") })
    }
}
