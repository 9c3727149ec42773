// The rules themselves: each one is shown something that breaks it and something that does not.

import Testing

@Suite struct RulesTests {
    private func code(_ text: String) -> SwiftCode {
        SwiftCode(SourceFile(path: "Sources/Ledger/Sample.swift", text: text))
    }

    @Test func `comments and literals are not code`() {
        let text = #"""
            // print(1)
            let a = "print(2) \(show("print(3)")) print(4)" /* print(5) /* print(6) */ print(7) */
            let b = #"raw \(print(8)) " end"#
            print(9)
            """#
        #expect(code(text).uses("print(").map(\.line) == [4])
        #expect(code(text).uses("show(").map(\.line) == [2])
    }

    @Test func `code inside an interpolation is code`() {
        #expect(code(#"let a = "\(try! read("x"))""#).uses("try!").count == 1)
        #expect(code(#"let a = "try!""#).uses("try!").isEmpty)
    }

    @Test func `a literal over several lines keeps its line numbers`() {
        let text = "let a = \"\"\"\n    one\n    SELECT two\n    \"\"\"\nlet b = 1\n"
        #expect(SwiftCode.lines(code(text).literals, containing: "SELECT") == [3])
        #expect(code(text).uses("let b").map(\.line) == [5])
    }

    @Test func `a phrase is found as whole words only`() {
        #expect("try! x".hasPhrase("try!"))
        #expect(!"republic".hasPhrase("public"))
        #expect(!"sprint(1)".hasPhrase("print("))
        #expect("a.print(1)".hasPhrase("print("))
    }

    @Test func `functions are measured from their declaration to their brace`() {
        let text = """
            struct A {
                func short() { 1 }
                func long(
                    a: Int, b: () -> Int = { 3 }
                ) -> Int
                where Int: Sendable {
                    if a > 1 {
                        return 2
                    }
                    return 1
                }
                let stored: Int
                var computed: Int {
                    3
                }
                init?(a: Int) { self.init(b: a) }
            }
            protocol B {
                func required(a: Int) -> Int
                var needed: Int { get }
            }
            """
        let found = code(text).functions.map { "\($0.name) \($0.line) \($0.length)" }
        #expect(found.starts(with: ["short 2 1", "long 3 9", "computed 13 3"]), "\(found)")
        #expect(!found.contains { $0.hasPrefix("required") || $0.hasPrefix("stored") })
    }

    @Test func `a forced unwrap is seen and a comparison is not`() {
        #expect(LanguageTests.forcedUnwraps(code("let a = b!.c")).count == 1)
        #expect(LanguageTests.forcedUnwraps(code("let a = list[0]!")).count == 1)
        #expect(LanguageTests.forcedUnwraps(code("if !a, b != c, d! == e {}")).count == 1)
        #expect(LanguageTests.forcedUnwraps(code("if !a, b != c { print(\"x!\") }")).isEmpty)
    }

    @Test func `a package type without words is seen`() {
        let text = "/// Words.\n@frozen\npackage struct A {\n}\npackage struct B {\n}\npackage import Core\n"
        #expect(LanguageTests.undocumented(code(text)).map(\.line) == [5])
        #expect(LanguageTests.undocumented(code("package enum AKind: Marker { static let prefix = 1 }")).isEmpty)
    }

    @Test func `an exception that is not needed any more is a failure`() {
        let entries = Exceptions.parse("# why\nsql Sources/A.swift 2 because\n")
        let one = Violation(path: "Sources/A.swift", line: 1, what: "SQL")
        let two = Violation(path: "Sources/A.swift", line: 2, what: "SQL")
        let three = Violation(path: "Sources/A.swift", line: 3, what: "SQL")
        #expect(Exceptions.judge("sql", [one, two], entries: entries).isEmpty)
        #expect(Exceptions.judge("sql", [one], entries: entries).count == 1)
        #expect(Exceptions.judge("sql", [one, two, three], entries: entries).count == 3)
        #expect(Exceptions.judge("imports", [one], entries: entries).count == 1)
    }

    @Test func `the manifest and the document are read alike`() {
        let manifest = """
            targets: [
                .target(name: "C", path: "Resources"),
                module("A", ["C", .log]),
                module(
                    "B", ["A", "C", .product(name: "X", package: "y")]),
                .executableTarget(name: "run", dependencies: ["B"]),
            ]
            """
        let graph = ModuleGraph.manifest(manifest)
        #expect(graph == ["C": [], "A": ["C"], "B": ["A", "C"], "run": ["B"]])
        #expect(ModuleGraph.document("# T\n```modules\n\(ModuleGraph.text(graph))\n```\n") == graph)
    }

    @Test func `a link is resolved from the page it stands in`() {
        #expect(Markdown.links("see [a](b/c.md#part) and [d](#here)\n```\n[no](x)\n```") == ["b/c.md"])
        #expect(Markdown.resolve("../Makefile", from: "docs") == "Makefile")
        #expect(Markdown.resolve("./a/b.md", from: "docs") == "docs/a/b.md")
    }
}
