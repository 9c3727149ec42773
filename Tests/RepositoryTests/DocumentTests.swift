// Documents can be found from the index, their links lead somewhere, and they agree with the manifest.

import Testing

@Suite struct DocumentTests {
    private static let pages = Repository.docs.filter { $0.path.hasSuffix(".md") }
    private static let linked = pages + Repository.files(under: ".").filter { $0.path == "README.md" }

    @Test func `every document has one title`() {
        let found = Self.pages.filter { Markdown.titles($0.text).count != 1 }
        expectNone("one-title", found.map { Violation(path: $0.path, line: 1, what: "not exactly one `# title`") })
    }

    @Test func `every document is linked from the index`() {
        let index = Markdown.links(Repository.text("docs/00-index.md") ?? "").map { Markdown.resolve($0, from: "docs") }
        let found = Self.pages.map(\.path).filter { $0 != "docs/00-index.md" && !index.contains($0) }
        expectNone("indexed", found.map { Violation(path: $0, line: 1, what: "no link to it in docs/00-index.md") })
    }

    @Test func `every link between documents leads somewhere`() {
        let found = Self.linked.flatMap { page in
            let folder = page.path.split(separator: "/").dropLast().joined(separator: "/")
            return Markdown.links(page.text).filter { !Markdown.isOutside($0) }
                .filter { !Repository.exists(Markdown.resolve($0, from: folder)) }
                .map { Violation(path: page.path, line: 1, what: "no such file: \($0)") }
        }
        expectNone("links", found)
    }

    @Test func `the module graph in the architecture is the manifest's`() {
        let manifest = ModuleGraph.manifest(Repository.text("Package.swift") ?? "")
        let written = ModuleGraph.document(Repository.text("docs/01-architecture.md") ?? "")
        #expect(manifest.count > 5, "Package.swift is not understood any more: \(manifest)")
        #expect(
            manifest == written,
            "docs/01-architecture.md needs this block:\n```modules\n\(ModuleGraph.text(manifest))\n```")
    }
}

/// The little of Markdown that the rules need.
enum Markdown {
    /// The text without what stands between code fences.
    static func prose(_ text: String) -> [Substring] {
        var fenced = false
        return text.split(separator: "\n").filter { line in
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                fenced.toggle()
                return false
            }
            return !fenced
        }
    }

    static func titles(_ text: String) -> [Substring] { prose(text).filter { $0.hasPrefix("# ") } }

    /// The targets of `[words](target)`, without their `#part`; links within the page are left out.
    static func links(_ text: String) -> [String] {
        prose(text).flatMap { line in
            line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
                let target = rest.prefix { $0 != ")" && $0 != " " }.prefix { $0 != "#" }
                return target.isEmpty ? nil : String(target)
            }
        }
    }

    static func isOutside(_ link: String) -> Bool {
        ["http://", "https://", "mailto:"].contains { link.hasPrefix($0) }
    }

    /// A link's path from the top of the repository.
    static func resolve(_ link: String, from folder: String) -> String {
        var parts = folder.split(separator: "/")
        for part in link.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}

/// Which of our modules depends on which.
enum ModuleGraph {
    /// From `module("Name", […])`, `.target(name: "Name", …)` and `.executableTarget(name: "Name", …)`.
    static func manifest(_ source: String) -> [String: [String]] {
        let targets = source.firstRange(of: "targets: [").map { source[$0.upperBound...] } ?? ""
        var calls: [[String]] = []
        for opening in ["module(", ".target(", ".executableTarget(", ".systemLibrary("] {
            for call in targets.split(separator: opening, omittingEmptySubsequences: false).dropFirst() {
                let strings = quoted(argumentsOf: call)
                if !strings.isEmpty { calls.append(strings) }
            }
        }
        let names = Set(calls.map { $0[0] })
        return Dictionary(
            calls.map { ($0[0], Set($0.dropFirst()).intersection(names).sorted()) },
            uniquingKeysWith: { first, _ in first })
    }

    /// From lines `Name: One Two` in a fenced block called `modules`.
    static func document(_ text: String) -> [String: [String]] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let block = lines.drop { $0 != "```modules" }.dropFirst().prefix { $0 != "```" }
        return Dictionary(
            block.compactMap { line in
                let parts = line.split(separator: ":", omittingEmptySubsequences: false)
                guard parts.count == 2 else { return nil }
                return (String(parts[0]), parts[1].split(separator: " ").map(String.init).sorted())
            }, uniquingKeysWith: { first, _ in first })
    }

    static func text(_ graph: [String: [String]]) -> String {
        graph.sorted { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
            .map { ([$0.key + ":"] + $0.value).joined(separator: " ") }.joined(separator: "\n")
    }

    /// The quoted strings up to the parenthesis that closes the call, labels' values of other kinds left out.
    private static func quoted(argumentsOf call: Substring) -> [String] {
        var depth = 1
        var inside = false
        var current = ""
        var found: [String] = []
        for character in call {
            switch character {
            case "\"":
                if inside { found.append(current) }
                current = ""
                inside.toggle()
            case _ where inside: current.append(character)
            case "(": depth += 1
            case ")": depth -= 1
            default: break
            }
            if depth == 0 { break }
        }
        return found
    }
}
