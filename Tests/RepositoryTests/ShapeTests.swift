// Rules about how long things are and how a file begins.

import Testing

@Suite struct ShapeTests {
    static let lineLimit = 120
    static let fileLimit = 400
    static let functionLimit = 60

    @Test func `no line is longer than 120 characters`() {
        let written = Repository.resources.filter { !$0.path.hasSuffix(".svg") && !$0.path.hasSuffix(".css") }
        let files = Repository.sources + Repository.tests.filter { !$0.path.hasSuffix(".txt") } + written
        expectNone("line-length", files.flatMap { Self.longLines($0) })
    }

    @Test func `no file of code is longer than 400 lines`() {
        let files = (Repository.sources + Repository.tests).filter { $0.isSwift || $0.path.hasSuffix(".py") }
        expectNone("file-length", files.flatMap { Self.linesTooMany($0.path, 1, $0.lines.count, Self.fileLimit) })
    }

    @Test func `no function is longer than 60 lines`() {
        let found = SwiftCode.all.flatMap { code in
            code.functions.flatMap { Self.linesTooMany(code.file.path, $0.line, $0.length, Self.functionLimit) }
        }
        expectNone("function-length", found)
    }

    @Test func `every source file says its role in its first line`() {
        let found = Repository.swift.filter { file in
            !(file.lines.first?.hasPrefix("// ") ?? false)
        }
        expectNone("role-comment", found.map { Violation(path: $0.path, line: 1, what: "no `// role` in line 1") })
    }

    @Test func `no file is left with marks of unfinished work`() {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        let files = Repository.sources + Repository.tests + Repository.resources + Repository.docs
        let found = files.flatMap { file in
            file.lines.enumerated().flatMap { number, line in
                marks.filter { String(line).hasPhrase($0) }
                    .map { Violation(path: file.path, line: number + 1, what: $0) }
            }
        }
        expectNone("unfinished", found)
    }

    static func longLines(_ file: SourceFile) -> [Violation] {
        file.lines.enumerated().filter { $0.element.count > lineLimit }.map { number, line in
            Violation(path: file.path, line: number + 1, what: "\(line.count) characters")
        }
    }

    /// One violation for each line above the limit, so that an exception holds an exact length.
    static func linesTooMany(_ path: String, _ line: Int, _ length: Int, _ limit: Int) -> [Violation] {
        guard length > limit else { return [] }
        return (limit..<length).map { _ in Violation(path: path, line: line, what: "\(length) lines, at most \(limit)")
        }
    }
}
