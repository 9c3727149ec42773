// A strict reader of JSON: one meaning per document, bounded depth, no surprises.
package import Core

/// Reads a JSON document strictly (RFC 8259 and RFC 7493): valid UTF-8, no duplicate names, at most 64 levels, nothing
/// after the value.
package struct JSONParser {
    package static let depthLimit = 64

    private let bytes: [UInt8]
    private var position = 0
    private var path: [String] = []

    /// Parses a whole document; throws `malformed_json` (400), or `validation_failed` naming a duplicate name (422).
    package static func parse(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem("malformed_json", status: 400, "The body is not valid UTF-8.")
        }
        var parser = JSONParser(bytes: bytes)
        parser.skipBlanks()
        let value = try parser.value()
        parser.skipBlanks()
        guard parser.position == bytes.count else { throw parser.malformed("there is more after the value") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func malformed(_ reason: String) -> Problem {
        Problem("malformed_json", status: 400, "The body is not valid JSON at byte \(position): \(reason).")
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == 32 || byte == 10 || byte == 13 || byte == 9 { position += 1 }
    }

    private mutating func value() throws(Problem) -> JSONValue {
        guard path.count <= Self.depthLimit else {
            throw malformed("it is nested more than \(Self.depthLimit) levels deep")
        }
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw malformed("it ends too early")
        default: return try number()
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(Problem) -> JSONValue {
        let expected = text.withUTF8Buffer { Array($0) }
        guard bytes[position...].starts(with: expected) else { throw malformed("unknown word") }
        position += expected.count
        return value
    }

    private mutating func object() throws(Problem) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        skipBlanks()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw malformed("a name in quotes was expected") }
            let name = try string()
            path.append(name)
            guard names.insert(name).inserted else {
                throw .invalid([FieldProblem(pointer, "duplicate_field", "The field occurs more than once.")])
            }
            skipBlanks()
            guard next == UInt8(ascii: ":") else { throw malformed("a colon was expected") }
            position += 1
            skipBlanks()
            members.append(.init(name, try value()))
            path.removeLast()
            if try closes(UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array() throws(Problem) -> JSONValue {
        position += 1
        var items: [JSONValue] = []
        skipBlanks()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            skipBlanks()
            path.append(String(items.count))
            items.append(try value())
            path.removeLast()
            if try closes(UInt8(ascii: "]")) { return .array(items) }
        }
    }

    /// After an element: true at the closing bracket, false after a comma.
    private mutating func closes(_ bracket: UInt8) throws(Problem) -> Bool {
        skipBlanks()
        guard next == bracket || next == UInt8(ascii: ",") else { throw malformed("a comma or bracket was expected") }
        position += 1
        return bytes[position - 1] == bracket
    }

    private var pointer: String {
        path.map { "/" + JSONPointer.escape($0) }.joined()
    }

    private mutating func number() throws(Problem) -> JSONValue {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[position - whole] != 48 else { throw malformed("not a number") }
        var isInteger = true
        if next == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard digits() > 0 else { throw malformed("not a number") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw malformed("not a number") }
        }
        guard position - start <= 64 else { throw malformed("the number has too many digits") }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let number = Int64(text) { return .integer(number) }
        return .number(text)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (48...57).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func string() throws(Problem) -> String {
        position += 1
        let start = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        var text = String(decoding: bytes[start..<position], as: UTF8.self)
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                position += 1
                return text
            }
            guard byte >= 0x20 else { throw malformed("a control character inside a string") }
            if byte == UInt8(ascii: "\\") {
                text.unicodeScalars.append(try escape())
            } else {
                let from = position
                while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
                    position += 1
                }
                text += String(decoding: bytes[from..<position], as: UTF8.self)
            }
        }
        throw malformed("a string without an end")
    }

    private mutating func escape() throws(Problem) -> Unicode.Scalar {
        position += 1
        guard let byte = next else { throw malformed("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw malformed("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(Problem) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), next == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw malformed("half a surrogate pair") }
        position += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw malformed("half a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(Problem) -> UInt32 {
        guard position + 4 <= bytes.count,
            let digits = Hex.decode(String(decoding: bytes[position..<position + 4], as: UTF8.self))
        else { throw malformed("four hexadecimal digits were expected") }
        position += 4
        return UInt32(digits[0]) << 8 | UInt32(digits[1])
    }
}

/// RFC 6901.
package enum JSONPointer {
    /// A name as one step of a pointer.
    package static func escape(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == 126 || $0 == 47 }) else { return String(name.prefix(100)) }
        var output = ""
        for character in name.prefix(100) {
            switch character {
            case "~": output += "~0"
            case "/": output += "~1"
            default: output.append(character)
            }
        }
        return output
    }
}
