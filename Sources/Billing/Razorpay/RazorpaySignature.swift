// Razorpay's signatures: HMAC-SHA256 in lower-case hexadecimal, compared in constant time.
import Core
import Crypto

enum RazorpaySignature {
    /// The signature of a message under a secret.
    static func sign(_ message: [UInt8], secret: String) -> String {
        Hex.encode(Array(HMAC<SHA256>.authenticationCode(for: message, using: key(secret))))
    }

    /// What a checkout signs: that this payment paid this order.
    static func checkout(orderID: String, paymentID: String) -> [UInt8] { Array("\(orderID)|\(paymentID)".utf8) }

    /// Whether a signature fits; it has to be spelled in lower case, as the provider does.
    static func isValid(_ signature: String, of message: [UInt8], secret: String) -> Bool {
        guard !secret.isEmpty, signature.utf8.count == 64, signature.utf8.allSatisfy(isLowerHex),
            let code = Hex.decode(signature)
        else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: key(secret))
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }

    private static func key(_ secret: String) -> SymmetricKey { SymmetricKey(data: Array(secret.utf8)) }
}
