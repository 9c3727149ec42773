// A program's credential.
package import Core
import Crypto
import Storage

/// A key that a program acts with in one organisation; its secret is not part of it.
package struct APIKey: Codable, Sendable {
    package let id: APIKeyID
    package let name: String
    package let role: Role
    /// What it may do of what the role holds; nil: all of it, but for what is for people only.
    package let permissions: [Permission]?
    /// Addresses and networks it may be used from; empty: anywhere.
    package let allowedAddresses: [String]
    /// Whether it works only where payments are made up: in sandbox mode.
    package let isTest: Bool
    /// How the key ends: four characters, to tell keys apart.
    package let hint: String
    /// The name of who made it.
    package let createdBy: String
    package let createdAt: Timestamp
    /// When it stops working; nil: never by itself.
    package let expiresAt: Timestamp?
    /// To the minute.
    package let lastUsedAt: Timestamp?
    package let revokedAt: Timestamp?
    /// The key that takes its place; this one works until it expires.
    package let rotatedTo: APIKeyID?

    enum CodingKeys: String, CodingKey {
        case id, name, role, permissions, hint
        case allowedAddresses = "allowed_addresses"
        case isTest = "is_test"
        case rotatedTo = "rotated_to"
        case createdBy = "created_by"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
        case revokedAt = "revoked_at"
    }
}

/// A key at the only moment at which its secret is known.
package struct NewAPIKey: Codable, Sendable {
    package let key: APIKey
    /// `rfk_live_` or `rfk_test_` and 36 letters and digits; only its SHA-256 is kept.
    package let secret: String
}

/// The text of an API key: `rfk_live_` or `rfk_test_`, 30 random base62 characters, and 6 that spell their CRC-32 in
/// base62.
///
/// The form is the one that secret scanners verify without asking (GitHub's token format of 2021).
package enum APIKeyText {
    static let live = "rfk_live_"
    static let test = "rfk_test_"

    /// A new key with 178 random bits.
    static func make(isTest: Bool = false, randomness: Randomness = .system) -> String {
        let body = Base62.random(30, from: randomness)
        return (isTest ? test : live) + body + checksum(of: body)
    }

    /// Whether a credential is an API key, well formed or not.
    static func isKey(_ text: String) -> Bool { isLive(text) || isTest(text) }

    static func isTest(_ text: String) -> Bool { text.utf8.starts(with: test.utf8) }

    private static func isLive(_ text: String) -> Bool { text.utf8.starts(with: live.utf8) }

    /// The six characters that follow the thirty.
    static func checksum(of body: String) -> String {
        var body = body
        return body.withUTF8 { Base62.sixCharacters(CRC32.checksum($0)) }
    }

    /// Whether prefix, length and checksum are right: what a mistyped or made-up key fails before any read.
    package static func isWellFormed(_ text: String) -> Bool {
        guard text.utf8.count == live.utf8.count + 36, isKey(text) else { return false }
        var text = text
        return text.withUTF8 { bytes in
            let body = UnsafeBufferPointer(rebasing: bytes[live.utf8.count..<bytes.count - 6])
            return Base62.sixCharacters(CRC32.checksum(body)).utf8.elementsEqual(bytes.suffix(6))
        }
    }

    /// SHA-256 of the whole key: enough for 178 random bits.
    static func hash(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { Array(SHA256.hash(data: UnsafeRawBufferPointer($0))) }
    }
}
