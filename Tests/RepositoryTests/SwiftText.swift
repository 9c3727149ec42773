// Splits Swift source into what is code and what is text, so that a rule about one is not set off by the other.

/// One source text, twice: `code` without comments and literals, `literals` without anything else.
/// Both keep the length and the line breaks of the original; what is left out is a space.
struct SwiftText {
    private(set) var code: [UInt8]
    private(set) var literals: [UInt8]

    private enum Mode {
        case code(parentheses: Int)
        case string(hashes: Int, quotes: Int)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var modes: [Mode] = [.code(parentheses: 0)]

    init(_ source: String) {
        bytes = Array(source.utf8)
        code = bytes.map { $0 == .newline ? .newline : .space }
        literals = code
        while index < bytes.count {
            switch modes[modes.count - 1] {
            case .code(let parentheses): scanCode(parentheses)
            case .string(let hashes, let quotes): scanString(hashes, quotes)
            }
        }
    }

    private func starts(with text: StaticString, at position: Int) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
    }

    private func run(of byte: UInt8, at position: Int) -> Int {
        var end = position
        while end < bytes.count, bytes[end] == byte { end += 1 }
        return end - position
    }

    private mutating func scanCode(_ parentheses: Int) {
        if starts(with: "//", at: index) { return skipLine() }
        if starts(with: "/*", at: index) { return skipBlock() }
        if bytes[index] == .backtick { return skipRawIdentifier() }
        let hashes = run(of: .hash, at: index)
        if starts(with: "\"", at: index + hashes) { return openString(hashes) }
        switch bytes[index] {
        case .openParenthesis: modes[modes.count - 1] = .code(parentheses: parentheses + 1)
        case .closeParenthesis where parentheses == 1 && modes.count > 1: modes.removeLast()
        case .closeParenthesis: modes[modes.count - 1] = .code(parentheses: parentheses - 1)
        default: break
        }
        code[index] = bytes[index]
        index += 1
    }

    private mutating func openString(_ hashes: Int) {
        let quotes = starts(with: "\"\"\"", at: index + hashes) ? 3 : 1
        for offset in 0..<(hashes + quotes) { code[index + offset] = bytes[index + offset] }
        index += hashes + quotes
        modes.append(.string(hashes: hashes, quotes: quotes))
    }

    private mutating func scanString(_ hashes: Int, _ quotes: Int) {
        if bytes[index] == .backslash, run(of: .hash, at: index + 1) >= hashes {
            let after = index + 1 + hashes
            if after < bytes.count, bytes[after] == .openParenthesis {
                modes.append(.code(parentheses: 1))
                code[after] = .openParenthesis
            }
            index = after + 1
            return
        }
        let closes = run(of: .quote, at: index) >= quotes && run(of: .hash, at: index + quotes) >= hashes
        if closes || (quotes == 1 && bytes[index] == .newline) {
            if closes { for offset in 0..<(quotes + hashes) { code[index + offset] = bytes[index + offset] } }
            index += closes ? quotes + hashes : 1
            modes.removeLast()
            return
        }
        literals[index] = bytes[index]
        index += 1
    }

    private mutating func skipLine() {
        while index < bytes.count, bytes[index] != .newline { index += 1 }
    }

    private mutating func skipBlock() {
        var depth = 0
        repeat {
            if starts(with: "/*", at: index) {
                depth += 1
                index += 2
            } else if starts(with: "*/", at: index) {
                depth -= 1
                index += 2
            } else {
                index += 1
            }
        } while depth > 0 && index < bytes.count
    }

    /// A name in backticks is code, but its words are not.
    private mutating func skipRawIdentifier() {
        code[index] = .letterX
        index += 1
        while index < bytes.count, bytes[index] != .backtick, bytes[index] != .newline {
            code[index] = .letterX
            index += 1
        }
        if index < bytes.count, bytes[index] == .backtick {
            code[index] = .letterX
            index += 1
        }
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let hash = UInt8(ascii: "#")
    static let backslash = UInt8(ascii: "\\")
    static let backtick = UInt8(ascii: "`")
    static let openParenthesis = UInt8(ascii: "(")
    static let closeParenthesis = UInt8(ascii: ")")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let letterX = UInt8(ascii: "x")

    /// Whether the byte can be part of a Swift identifier.
    var isWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: self >= 0x80
        }
    }
}
