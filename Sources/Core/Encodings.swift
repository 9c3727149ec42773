// Spellings of bytes: hexadecimal, percent-encoding, base64url, base62, and the CRC-32 that API keys end with.

/// Bytes as hexadecimal digits.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Lower-case hexadecimal.
    package static func encode(_ bytes: some Collection<UInt8>) -> String { encode(Array(bytes)) }

    private static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            var position = 0
            for byte in bytes {
                buffer[position] = digits[Int(byte >> 4)]
                buffer[position + 1] = digits[Int(byte & 15)]
                position += 2
            }
            return position
        }
    }

    /// Reads hexadecimal of either case; nil for an odd length or another character.
    package static func decode(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count.isMultiple(of: 2) else { return nil }
        var result: [UInt8] = []
        for index in stride(from: 0, to: bytes.count, by: 2) {
            guard let high = nibble(bytes[index]), let low = nibble(bytes[index + 1]) else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}

/// Texts within addresses and forms: all but the unreserved characters become `%` and two digits (RFC 3986 2.3).
package enum PercentEncoding {
    package static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: String(UnicodeScalar(byte))
            default: "%" + Hex.encode([byte]).uppercased()
            }
        }.joined()
    }

    /// `name=value` pairs with `&` between them, for queries and forms.
    package static func encode(_ fields: [(String, String)]) -> String {
        fields.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
    }
}

/// Base64 with the URL-safe alphabet and without padding (RFC 4648 section 5).
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The six bits of each byte of the alphabet, 255 for all others: tokens are read with every request.
    private static let values: [UInt8] = alphabet.enumerated().reduce(into: [UInt8](repeating: 255, count: 256)) {
        $0[Int($1.element)] = UInt8(truncatingIfNeeded: $1.offset)
    }

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count * 4 / 3 + 3)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFFFF
            count += 8
            while count >= 6 {
                count -= 6
                output.append(alphabet[Int(bits >> count & 63)])
            }
        }
        if count > 0 { output.append(alphabet[Int(bits << (6 - count) & 63)]) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Reads one canonical spelling; nil for padding, another alphabet or stray bits.
    package static func decode(_ text: String) -> [UInt8]? {
        let values = values
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count * 3 / 4)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in text.utf8 {
            let value = values[Int(byte)]
            guard value < 64 else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        guard count < 6, bits & ((1 << count) - 1) == 0 else { return nil }
        return output
    }
}

/// Digits, upper case, lower case: the alphabet of API keys.
package enum Base62 {
    static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The given number of uniformly random characters.
    package static func random(_ count: Int, from randomness: Randomness = .system) -> String {
        var output: [UInt8] = []
        while output.count < count {
            // 248 is the largest multiple of 62 in a byte: anything above it would favour the first characters.
            for byte in randomness.bytes(count) where byte < 248 && output.count < count {
                output.append(alphabet[Int(byte % 62)])
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// A number, padded on the left with `0` to six characters.
    package static func sixCharacters(_ number: UInt32) -> String {
        var rest = number
        var output = [UInt8](repeating: alphabet[0], count: 6)
        for position in (0..<6).reversed() {
            output[position] = alphabet[Int(rest % 62)]
            rest /= 62
        }
        return String(decoding: output, as: UTF8.self)
    }
}

/// CRC-32 of ISO 3309, as in zlib.
package enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    package static func checksum(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let table = table
        var crc = ~UInt32(0)
        for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
        return ~crc
    }
}
