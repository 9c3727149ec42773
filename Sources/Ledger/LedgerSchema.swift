// The tables, indexes and triggers as the migrations made them, to compare a file with.
import Core

/// What the ledger's part of the schema must read like.
struct LedgerSchema: Sendable {
    /// Each object's statement by its name, with white space evened out.
    let statements: [String: String]

    /// Reads the migrations that are compiled in; a later statement of the same name replaces the earlier one.
    init(_ resources: Resources) {
        var statements: [String: String] = [:]
        for name in Resources.names.sorted() where name.hasPrefix("migrations/sqlite/") {
            for statement in Self.split(resources.text(name) ?? "") {
                guard let object = Self.name(of: statement), object.hasPrefix("ledger_") else { continue }
                statements[object] = Self.even(statement)
            }
        }
        self.statements = statements
    }

    /// The first difference between the file's statements and these, in words; nil when there is none.
    func difference(from found: [(name: String, statement: String)]) -> String? {
        let found = found.map { ($0.name, Self.even($0.statement)) }
        for name in statements.keys.sorted() where !found.contains(where: { $0.0 == name }) {
            return "\(name) is missing from the schema"
        }
        for (name, statement) in found.sorted(by: { $0.0 < $1.0 }) {
            guard let expected = statements[name] else { return "\(name) does not belong into the schema" }
            guard statement == expected else { return "\(name) was altered" }
        }
        return nil
    }

    /// The CREATE statements of a migration: each starts a line; a trigger ends with a line `END;`, anything else with
    /// the first line that ends in a semicolon.
    private static func split(_ text: String) -> [String] {
        var statements: [String] = []
        var current: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if current.isEmpty, !line.hasPrefix("CREATE ") { continue }
            current.append(line)
            let isTrigger = current[0].hasPrefix("CREATE TRIGGER ")
            if isTrigger ? line == "END;" : line.hasSuffix(";") {
                statements.append(String(current.joined(separator: "\n").dropLast()))
                current = []
            }
        }
        return statements
    }

    private static func name(of statement: String) -> String? {
        let kinds: Set<Substring> = ["CREATE", "UNIQUE", "TABLE", "INDEX", "TRIGGER"]
        let words = statement.prefix(200).split(whereSeparator: { $0 == " " || $0 == "\n" })
        return words.first { !kinds.contains($0) }.map(String.init)
    }

    private static func even(_ statement: String) -> String {
        statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
