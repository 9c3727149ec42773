// Recovery codes: what somebody signs in with who has lost their authenticator.
import Core
import Crypto

/// A code of 128 random bits that works once; the database holds its SHA-256 only.
struct RecoveryCode: Sendable {
    /// 26 letters and digits in groups: `abcde-fghij-…`.
    let text: String

    /// How many somebody is given.
    static let count = 10

    init(randomness: Randomness = .system) {
        let letters = Base32.encode(randomness.bytes(16)).lowercased()
        text = (0..<5).map { String(letters.dropFirst(5 * $0).prefix($0 < 4 ? 5 : 6)) }.joined(separator: "-")
    }

    var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8.filter { $0 != UInt8(ascii: "-") }))) }

    /// The hash of what was typed, however it is grouped and in either case; nil when it can't be a recovery code.
    static func hash(of typed: String) -> [UInt8]? {
        let plain = typed.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
        guard plain.count == 26 else { return nil }
        return Array(SHA256.hash(data: Array(plain)))
    }
}
