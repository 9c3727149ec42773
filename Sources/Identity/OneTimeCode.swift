// Time-based one-time codes (RFC 6238), as authenticator programs make them.
import Core
import Crypto

/// The shared secret of an authenticator program and this instance: 20 random bytes.
struct CodeSeed: Sendable {
    let bytes: [UInt8]

    /// How long one code is shown.
    static let period: Int64 = 30
    static let digits = 6

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Makes a new one.
    init(randomness: Randomness = .system) { bytes = randomness.bytes(20) }

    /// The number of the 30 seconds that an instant lies in, counted from 1970.
    static func step(at now: Timestamp) -> Int64 { max(0, now.milliseconds) / (period * 1000) }

    /// The step whose code this is: the present one or the one before, for a clock that is a little late and for
    /// fingers that are slow; nil when it is neither's, or not newer than `last`.
    ///
    /// Compares in constant time and always computes both.
    func step(of code: String, at now: Timestamp, after last: Int64) -> Int64? {
        let present = Self.step(at: now)
        let typed = Array(code.utf8)
        var found: Int64?
        for step in [present - 1, present] where step >= 0 {
            if Self.isEqual(typed, Array(self.code(at: step).utf8)), step > last { found = step }
        }
        return found
    }

    /// The code of a step.
    func code(at step: Int64) -> String { Self.code(seed: bytes, step: step, digits: Self.digits, by: .sha1) }

    /// The functions of RFC 6238; authenticator programs know the first for certain.
    enum Function { case sha1, sha256, sha512 }

    /// HOTP (RFC 4226) of a step.
    static func code(seed: [UInt8], step: Int64, digits: Int, by function: Function) -> String {
        let counter = (0..<8).reversed().map { UInt8(truncatingIfNeeded: step >> (8 * $0)) }
        let key = SymmetricKey(data: seed)
        let digest: [UInt8] =
            switch function {
            case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: key))
            case .sha256: Array(HMAC<SHA256>.authenticationCode(for: counter, using: key))
            case .sha512: Array(HMAC<SHA512>.authenticationCode(for: counter, using: key))
            }
        let offset = Int(digest[digest.count - 1] & 15)
        let number = digest[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let modulus = (0..<digits).reduce(UInt32(1)) { product, _ in product * 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The seed in Base32 (RFC 4648) without padding: what people type when they can't scan.
    var text: String { Base32.encode(bytes) }

    /// The address that authenticator programs read from a QR code.
    func address(account: String, issuer: String) -> String {
        let name = PercentEncoding.encode(issuer)
        return "otpauth://totp/\(name):\(PercentEncoding.encode(account))?secret=\(text)&issuer=\(name)"
    }
}

/// The Base32 of RFC 4648: `A` to `Z` and `2` to `7`.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFFFF
            count += 8
            while count >= 5 {
                count -= 5
                output.append(alphabet[Int(bits >> count & 31)])
            }
        }
        if count > 0 { output.append(alphabet[Int(bits << (5 - count) & 31)]) }
        return String(decoding: output, as: UTF8.self)
    }
}
