// Rules about words of the language that are kept out, or kept in one place.

import Testing

@Suite struct LanguageTests {
    /// Which module may import what; tests of that module may too.
    static let importers: [String: Set<String>] = [
        "GRDB": ["StorageSQLite"],
        "GRDBSQLite": ["StorageSQLite"],
        "CArgon2": ["Identity"],
        "CSQLite": ["StorageSQLite"],
        "Hummingbird": ["Web", "App"],
        "HummingbirdCore": ["Web", "App"],
        "HummingbirdTLS": ["Web", "App"],
        "HummingbirdHTTP2": ["Web", "App"],
        "ArgumentParser": ["App", "raptorflow"],
        "CResources": ["Core"],
    ]

    /// Kept out of the product everywhere, with the reason.
    static let forbidden = [
        "try!": "a failure would end the process",
        "as!": "a failure would end the process",
        "fatalError(": "a failure would end the process",
        "preconditionFailure(": "a failure would end the process",
        "Task.detached": "work outside the request loses its id, its limits and its stop",
        "@unchecked Sendable": "the compiler can no longer find a race",
        "nonisolated(unsafe)": "the compiler can no longer find a race",
        "RegexBuilder": "takes seconds to type-check",
        "DispatchQueue.main": "a server has no main queue",
        "public": "there is no library product: `package` is the widest",
    ]

    @Test func `an engine or a framework is imported only where it belongs`() {
        let found = SwiftCode.product.flatMap { code in
            code.code.enumerated().compactMap { number, line -> Violation? in
                let words = line.split(separator: " ")
                guard let keyword = words.firstIndex(of: "import"), let name = words.last, keyword < words.endIndex - 1,
                    let modules = Self.importers[String(name)], !modules.contains(code.file.module)
                else { return nil }
                return Violation(path: code.file.path, line: number + 1, what: "import \(name)")
            }
        }
        expectNone("imports", found)
    }

    @Test func `what can end the process or hide a race is not used`() {
        let found = SwiftCode.product.flatMap { code in
            Self.forbidden.keys.sorted().flatMap { code.uses($0) }
        }
        expectNone("forbidden", found)
    }

    @Test func `nothing is unwrapped by force`() {
        expectNone("force-unwrap", SwiftCode.product.flatMap { Self.forcedUnwraps($0) })
    }

    @Test func `time and output are not taken behind the clock and the log`() {
        let features = SwiftCode.product.filter { !["App", "raptorflow", "Core"].contains($0.file.module) }
        let words = [
            "Date()", "Date.now", "print(", "clock_gettime", "gettimeofday", "time(nil)",
        ]
        expectNone("ambient", features.flatMap { code in words.flatMap { code.uses($0) } })
    }

    @Test func `SQL is written in stores and in Storage only`() {
        let outside = SwiftCode.product.filter {
            !$0.file.subject.hasSuffix("Store") && !$0.file.module.hasPrefix("Storage")
        }
        let words = [
            "SELECT", "INSERT INTO", "DELETE FROM", "UPDATE", "CREATE TABLE", "CREATE INDEX", "CREATE TRIGGER",
            "DROP TABLE", "ALTER TABLE", "PRAGMA",
        ]
        let found = outside.flatMap { code in
            words.flatMap { word in
                SwiftCode.lines(code.literals, containing: word)
                    .map { Violation(path: code.file.path, line: $0, what: "SQL: \(word)") }
            }
        }
        expectNone("sql", found)
    }

    @Test func `every package type is documented`() {
        expectNone("documented", SwiftCode.product.flatMap { Self.undocumented($0) })
    }

    /// `name!`, `call()!`, `list[0]!` and the types `Name!`; not `!=` and not the operator in front.
    static func forcedUnwraps(_ code: SwiftCode) -> [Violation] {
        code.code.enumerated().compactMap { number, line in
            let bytes = Array(line.utf8)
            let hit = bytes.indices.dropFirst().contains { index in
                bytes[index] == UInt8(ascii: "!") && (bytes[index - 1].isWord || [41, 93].contains(bytes[index - 1]))
                    && (index + 1 == bytes.count || bytes[index + 1] != UInt8(ascii: "="))
            }
            return hit ? Violation(path: code.file.path, line: number + 1, what: "!") : nil
        }
    }

    /// `package` types with no `///` above them (attributes may stand between); markers in one line need none.
    static func undocumented(_ code: SwiftCode) -> [Violation] {
        code.code.indices.compactMap { index in
            let line = code.code[index]
            guard line.hasPhrase("package"), line.declaresType, !line.hasSuffix("}") else { return nil }
            var above = index - 1
            while above >= 0, code.code[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
            let comment = above >= 0 ? code.file.lines[above].drop { $0 == " " } : ""
            return comment.hasPrefix("///")
                ? nil : Violation(path: code.file.path, line: index + 1, what: "a package type with no doc comment")
        }
    }
}

extension String {
    /// Whether a type is declared in this line.
    fileprivate var declaresType: Bool {
        ["struct", "enum", "protocol", "actor", "class"]
            .contains { hasPhrase($0) }
    }
}
