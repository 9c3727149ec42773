// A Swift file taken apart into lines of code and lines of literals, and the functions found in it.

/// A function, initialiser or computed property with a body.
struct FoundFunction {
    let name: String
    /// 1-based line of the declaration.
    let line: Int
    /// Lines from the declaration to its closing brace, both counted.
    let length: Int
}

struct SwiftCode {
    let file: SourceFile
    let code: [String]
    let literals: [String]
    let functions: [FoundFunction]

    static let product = Repository.product.map(SwiftCode.init)
    static let all = Repository.swift.map(SwiftCode.init)

    init(_ file: SourceFile) {
        self.file = file
        let text = SwiftText(file.text)
        code = Self.lines(text.code)
        literals = Self.lines(text.literals)
        functions = FunctionScanner(text.code).functions()
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: .newline, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Every line whose code contains the phrase as whole words.
    func uses(_ phrase: String) -> [Violation] {
        Self.lines(code, containing: phrase).map { Violation(path: file.path, line: $0, what: phrase) }
    }

    /// 1-based numbers of the lines in which the phrase stands with no letter or digit against its ends.
    static func lines(_ lines: [String], containing phrase: String) -> [Int] {
        lines.indices.filter { lines[$0].hasPhrase(phrase) }.map { $0 + 1 }
    }
}

extension String {
    func hasPhrase(_ phrase: String) -> Bool {
        let text = Array(utf8)
        let wanted = Array(phrase.utf8)
        guard let first = wanted.first, let last = wanted.last, text.count >= wanted.count else { return false }
        for start in 0...(text.count - wanted.count) where text[start] == first {
            let end = start + wanted.count
            guard text[start..<end].elementsEqual(wanted) else { continue }
            let openBefore = start == 0 || !first.isWord || !text[start - 1].isWord
            let openAfter = end == text.count || !last.isWord || !text[end].isWord
            if openBefore && openAfter { return true }
        }
        return false
    }
}

/// Finds declarations with a body by their keyword and matches braces; a scanner, not a parser.
struct FunctionScanner {
    private let code: [UInt8]

    init(_ code: [UInt8]) { self.code = code }

    func functions() -> [FoundFunction] {
        var found: [FoundFunction] = []
        var line = 1
        var index = 0
        while index < code.count {
            guard code[index].isWord else {
                if code[index] == .newline { line += 1 }
                index += 1
                continue
            }
            let word = word(at: index)
            if isDeclaration(word, at: index), let end = bodyEnd(from: index + word.utf8.count, property: word == "var")
            {
                let length = code[index...end].count { $0 == .newline } + 1
                found.append(
                    FoundFunction(name: name(after: index + word.utf8.count) ?? word, line: line, length: length))
            }
            index += word.utf8.count
        }
        return found
    }

    private func word(at start: Int) -> String {
        String(decoding: code[start...].prefix { $0.isWord }, as: UTF8.self)
    }

    private func name(after start: Int) -> String? {
        let rest = code[start...].drop { $0 == .space }.prefix { $0.isWord }
        return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
    }

    private func isDeclaration(_ word: String, at index: Int) -> Bool {
        switch word {
        case "func", "deinit", "subscript", "var": true
        case "init": index == 0 || code[index - 1] != UInt8(ascii: ".")
        default: false
        }
    }

    /// The position of the closing brace of the body that starts after `start`; nil when there is none
    /// (a protocol's requirement, a stored property).
    private func bodyEnd(from start: Int, property: Bool) -> Int? {
        var nesting = 0
        var braces = 0
        for index in start..<code.count {
            switch code[index] {
            case .openParenthesis, UInt8(ascii: "["): nesting += 1
            case .closeParenthesis, UInt8(ascii: "]"): nesting -= 1
            case UInt8(ascii: "=") where property && braces == 0 && nesting == 0: return nil
            case .newline where braces == 0 && nesting == 0 && (property || declarationFollows(index)): return nil
            case .openBrace where nesting <= 0 || braces > 0: braces += 1
            case .closeBrace where braces == 0 && nesting <= 0: return nil
            case .closeBrace where braces > 0:
                braces -= 1
                if braces == 0 { return index }
            default: break
            }
            if nesting < 0 && braces == 0 { return nil }
        }
        return nil
    }

    private func declarationFollows(_ newline: Int) -> Bool {
        let next = code[(newline + 1)...].drop { $0 == .space || $0 == .newline }
        let starters = [
            "func", "var", "let", "init", "static", "mutating", "package", "private", "struct", "enum", "extension",
            "associatedtype", "subscript", "@", "}", "protocol", "final", "class", "case", "fileprivate", "override",
        ]
        let text = String(decoding: next.prefix(16), as: UTF8.self)
        return next.isEmpty || starters.contains { text.hasPrefix($0) }
    }
}
