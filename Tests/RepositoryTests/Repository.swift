// The working tree as the rules see it: its files, read once, and the committed list of exceptions.

import Foundation

/// One text file of the repository.
struct SourceFile: Sendable {
    /// Path from the top of the repository, with `/`.
    let path: String
    let text: String
    let lines: [Substring]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
    /// `LedgerStore+Verification.swift` → `LedgerStore`.
    var subject: String { String(name.prefix { $0 != "+" && $0 != "." }) }
    var isSwift: Bool { path.hasSuffix(".swift") }
    /// `Sources/Ledger/Posting.swift` → `Ledger`.
    var module: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }
}

enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let sources = files(under: "Sources")
    static let tests = files(under: "Tests")
    static let resources = files(under: "Resources")
    static let docs = files(under: "docs")
    static let swift = (sources + tests).filter(\.isSwift)

    /// Swift files of `Sources` that become part of the product.
    static let product = sources.filter { $0.isSwift && $0.module != "TestSupport" }

    /// Paths of all files below a folder, hidden ones left out, sorted.
    static func paths(under folder: String) -> [String] {
        let start = root.appending(path: folder)
        let walk = FileManager.default.enumerator(
            at: start, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
        var found: [String] = []
        while let url = walk?.nextObject() as? URL {
            let regular = (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true
            if regular, !url.path.contains("__pycache__") {
                found.append(String(url.standardizedFileURL.path.dropFirst(root.standardizedFileURL.path.count + 1)))
            }
        }
        return found.sorted()
    }

    /// The text files below a folder; pictures and the like are left out.
    static func files(under folder: String) -> [SourceFile] {
        paths(under: folder).compactMap { path in
            text(path).map { SourceFile(path: path, text: $0) }
        }
    }

    static func text(_ path: String) -> String? {
        try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }
}
