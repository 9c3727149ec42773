// A strict reader of the part of CBOR that authenticators write.

/// A value of CBOR (RFC 8949), as far as WebAuthn needs it: no floating point, no tags.
enum CBOR: Hashable, Sendable {
    case integer(Int64)
    case bytes([UInt8])
    case text(String)
    case array([CBOR])
    case map([CBOR: CBOR])
    case bool(Bool)
    case null

    /// The value under a name of a map; nil when there is none or this is no map.
    subscript(_ name: String) -> CBOR? { self[.text(name)] }

    /// The value under a label of a map; nil when there is none or this is no map.
    subscript(_ label: Int64) -> CBOR? { self[.integer(label)] }

    private subscript(_ key: CBOR) -> CBOR? { if case .map(let members) = self { members[key] } else { nil } }

    var integerValue: Int64? { if case .integer(let number) = self { number } else { nil } }
    var bytesValue: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var textValue: String? { if case .text(let text) = self { text } else { nil } }
    var mapValue: [CBOR: CBOR]? { if case .map(let members) = self { members } else { nil } }
}

/// Reads CBOR so that a value has one spelling only: definite lengths in their shortest form, valid UTF-8, no name
/// twice, bounded depth (CTAP 2.1 section 8). The order of a map's members is not looked at.
struct CBORReader {
    /// How deep arrays and maps may lie in each other.
    static let depthLimit = 8

    private let bytes: [UInt8]
    /// Where the next value starts.
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// Reads bytes that are one value and nothing after it. Throws `malformed`.
    static func decode(_ bytes: [UInt8]) throws(PasskeyRefusal) -> CBOR {
        var reader = CBORReader(bytes)
        let value = try reader.value()
        guard reader.position == bytes.count else { throw .malformed }
        return value
    }

    /// Reads the next value. Throws `malformed`.
    mutating func value() throws(PasskeyRefusal) -> CBOR { try value(depth: 0) }

    private mutating func value(depth: Int) throws(PasskeyRefusal) -> CBOR {
        guard depth <= Self.depthLimit else { throw .malformed }
        let (kind, argument) = try head()
        switch kind {
        case 0: return .integer(try signed(argument))
        case 1: return .integer(-1 - (try signed(argument)))
        case 2: return .bytes(Array(try take(argument)))
        case 3:
            guard let text = String(validating: try take(argument), as: UTF8.self) else { throw .malformed }
            return .text(text)
        case 4: return .array(try array(argument, depth: depth))
        case 5: return .map(try map(argument, depth: depth))
        case 7: return try simple(argument)
        default: throw .malformed
        }
    }

    /// The first byte's upper three bits, and the number that goes with them.
    private mutating func head() throws(PasskeyRefusal) -> (kind: UInt8, argument: UInt64) {
        guard let first = try take(1).first else { throw .malformed }
        let (kind, short) = (first >> 5, first & 31)
        if short < 24 { return (kind, UInt64(short)) }
        // 28 to 30 mean nothing, 31 a length that is not known yet; after 7 comes a floating point number.
        guard short <= 27, kind != 7 else { throw .malformed }
        let argument = try take(1 << UInt64(short - 24)).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let least: [UInt64] = [24, 0x100, 0x1_0000, 0x1_0000_0000]
        guard argument >= least[Int(short - 24)] else { throw .malformed }
        return (kind, argument)
    }

    private func signed(_ argument: UInt64) throws(PasskeyRefusal) -> Int64 {
        guard let number = Int64(exactly: argument) else { throw .malformed }
        return number
    }

    private mutating func take(_ count: UInt64) throws(PasskeyRefusal) -> ArraySlice<UInt8> {
        guard let count = Int(exactly: count), count <= bytes.count - position else { throw .malformed }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func array(_ count: UInt64, depth: Int) throws(PasskeyRefusal) -> [CBOR] {
        var items: [CBOR] = []
        // Each takes a byte at least, so a count that lies ends with the bytes.
        for _ in 0..<count { items.append(try value(depth: depth + 1)) }
        return items
    }

    private mutating func map(_ count: UInt64, depth: Int) throws(PasskeyRefusal) -> [CBOR: CBOR] {
        var members: [CBOR: CBOR] = [:]
        for _ in 0..<count {
            let key = try value(depth: depth + 1)
            guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else { throw .malformed }
        }
        return members
    }

    private func simple(_ argument: UInt64) throws(PasskeyRefusal) -> CBOR {
        switch argument {
        case 20: return .bool(false)
        case 21: return .bool(true)
        case 22: return .null
        default: throw .malformed
        }
    }
}
