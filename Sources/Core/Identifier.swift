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
        text = "\(Kind.prefix)_\(UUIDv7.base32(at: now, random: randomness.bytes(10)))"
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
    static func base32(at now: Timestamp, random: [UInt8]) -> String {
        var value = UInt128(UInt64(clamping: now.milliseconds) & 0xFFFF_FFFF_FFFF) << 80
        for (index, byte) in random.prefix(10).enumerated() {
            value |= UInt128(byte) << (72 - 8 * UInt128(index))
        }
        value &= ~(UInt128(0xF) << 76)
        value |= UInt128(7) << 76
        value &= ~(UInt128(3) << 62)
        value |= UInt128(2) << 62
        return Crockford.spell(value)
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

    static func spell(_ value: UInt128) -> String {
        let alphabet = alphabet
        return String(unsafeUninitializedCapacity: 26) { buffer in
            for position in 0..<26 {
                buffer[position] = alphabet[Int(truncatingIfNeeded: (value >> (5 * UInt128(25 - position))) & 31)]
            }
            return 26
        }
    }
}
