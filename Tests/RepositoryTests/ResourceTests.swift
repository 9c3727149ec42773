// What is below Resources is what gets compiled into the program, and the migrations are in step.

import Testing

@Suite struct ResourceTests {
    @Test func `every resource is embedded and every embedded file exists`() {
        let source = Repository.text("Resources/embed.c") ?? ""
        let files = Set(Repository.paths(under: "Resources").map { String($0.dropFirst("Resources/".count)) })
            .filter { $0 != "embed.c" && !$0.hasPrefix("include/") }
        let included = Self.quoted(in: source, after: "#embed \"")
        let entries = Self.quoted(in: source, after: "ENTRY(\"")
        #expect(Set(included) == files, "#embed and the folder differ: \(files.symmetricDifference(included).sorted())")
        #expect(Set(entries) == files, "ENTRY and the folder differ: \(files.symmetricDifference(entries).sorted())")
        #expect(entries.count == Set(entries).count, "a file is listed twice")
        #expect(!files.isEmpty)
    }

    @Test func `each engine's migrations are numbered once and named alike`() {
        let all = Repository.paths(under: "Resources/migrations")
        let byEngine = Dictionary(grouping: all) { String($0.split(separator: "/")[2]) }
            .mapValues { $0.map { String($0.split(separator: "/")[3]) }.sorted() }
        #expect(byEngine["sqlite"]?.isEmpty == false)
        for (engine, names) in byEngine {
            let numbers = names.map { $0.prefix(4) }
            #expect(Set(numbers).count == numbers.count, "\(engine): a number is used twice")
            #expect(names.allSatisfy { Self.isMigrationName($0) }, "\(engine): not NNNN_name.sql: \(names)")
            #expect(names == byEngine["sqlite"], "\(engine) and sqlite do not have the same migrations")
        }
    }

    static func isMigrationName(_ name: String) -> Bool {
        name.prefix(4).allSatisfy { "0"..."9" ~= $0 } && name.dropFirst(4).hasPrefix("_") && name.hasSuffix(".sql")
    }

    static func quoted(in text: String, after opening: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            guard let start = line.firstRange(of: opening) else { return nil }
            let name = line[start.upperBound...].prefix { $0 != "\"" }
            return name.isEmpty ? nil : String(name)
        }
    }
}
