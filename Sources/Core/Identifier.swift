// Typed identifiers: a prefix, an underscore and a UUIDv7 in Crockford base32 (TypeID).

/// Names the kind of thing an identifier points to.
package protocol IdentifierKind: Sendable {
    /// The lower-case word before the underscore, 1 to 8 characters.
    static var prefix: String { get }
}

/// An identifier such as `org_01hrz8…`: opaque to clients, ordered by the time it was made.
///
/// The form is a TypeID: the prefix, `_`, and 26 characters of lower-case Crockford base32 that
/// spell a UUIDv7 (RFC 9562).
package struct Identifier<Kind: IdentifierKind>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// Makes a new identifier of the given instant with 74 random bits.
    package init(at now: Timestamp, randomness: Randomness = .identifiers) {
        text = Crockford.spell(UUIDv7.make(at: now, random: randomness.bytes(10)), after: Kind.prefix)
    }

    /// Takes an identifier from outside; nil when prefix, length or alphabet are wrong.
    package init?(_ text: String) {
        let bytes = text.utf8
        let prefix = Kind.prefix.utf8
        guard bytes.count == prefix.count + 27, bytes.starts(with: prefix) else { return nil }
        let rest = bytes.dropFirst(prefix.count)
        guard rest.first == UInt8(ascii: "_") else { return nil }
        let body = rest.dropFirst()
        guard let first = body.first, first <= UInt8(ascii: "7"), body.allSatisfy(Crockford.contains) else {
            return nil
        }
        self.text = text
    }

    /// Takes an identifier that this program stored itself.
    package init(stored text: String) {
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an identifier")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// The kinds that more than one module speaks of.
package enum UserKind: IdentifierKind { package static let prefix = "user" }
package enum OrganizationKind: IdentifierKind { package static let prefix = "org" }
package enum SessionKind: IdentifierKind { package static let prefix = "ses" }
package enum APIKeyKind: IdentifierKind { package static let prefix = "key" }
package enum RoleKind: IdentifierKind { package static let prefix = "role" }
package enum RequestKind: IdentifierKind { package static let prefix = "req" }

package typealias UserID = Identifier<UserKind>
package typealias OrganizationID = Identifier<OrganizationKind>
package typealias SessionID = Identifier<SessionKind>
package typealias APIKeyID = Identifier<APIKeyKind>
package typealias RoleID = Identifier<RoleKind>
package typealias RequestID = Identifier<RequestKind>

/// UUID version 7 of RFC 9562, spelled as a TypeID suffix.
enum UUIDv7 {
    /// The first 10 random bytes, of which 6 bits give way to version and variant.
    static func make(at now: Timestamp, random: [UInt8]) -> UInt128 {
        var value = UInt128(UInt64(clamping: now.milliseconds) & 0xFFFF_FFFF_FFFF)
        for byte in random.prefix(10) { value = value << 8 | UInt128(byte) }
        value &= ~(UInt128(0xF) << 76)
        value |= UInt128(7) << 76
        value &= ~(UInt128(3) << 62)
        value |= UInt128(2) << 62
        return value
    }
}

/// Crockford's base32, lower case, without padding.
enum Crockford {
    static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Digits, and the letters without i, l, o and u.
    static func contains(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 97...104, 106, 107, 109, 110, 112...116, 118...122: true
        default: false
        }
    }

    /// A prefix, `_` and the 26 digits of a number.
    static func spell(_ value: UInt128, after prefix: String) -> String {
        let count = prefix.utf8.count + 27
        return String(unsafeUninitializedCapacity: count) { buffer in
            var rest = value
            for position in stride(from: count - 1, to: count - 27, by: -1) {
                buffer[position] = alphabet[Int(truncatingIfNeeded: rest & 31)]
                rest >>= 5
            }
            buffer[count - 27] = UInt8(ascii: "_")
            for (position, byte) in prefix.utf8.enumerated() { buffer[position] = byte }
            return count
        }
    }
}
