// Stripe's webhook signatures: a time and HMAC-SHA256 over the time and the raw body, in one header.
import Core
import Crypto

enum StripeSignature {
    /// A message whose time differs more from ours is not believed: somebody may be playing it again.
    static let tolerance = Milliseconds.minutes(5)
    /// More parts than this are no signature.
    private static let partsMax = 20

    /// The value of `Stripe-Signature` for a body.
    static func header(for body: [UInt8], secret: String, at now: Timestamp) -> String {
        "t=\(now.seconds),v1=\(sign(body, time: String(now.seconds), secret: secret))"
    }

    private static func sign(_ body: [UInt8], time: String, secret: String) -> String {
        RazorpaySignature.sign(Array("\(time).".utf8) + body, secret: secret)
    }

    /// Whether a header fits: one of its `v1` parts under one of the secrets, and a time near ours.
    static func isValid(_ header: String, of body: [UInt8], secrets: [String], now: Timestamp) -> Bool {
        guard header.utf8.count <= 2000 else { return false }
        let parts = header.split(separator: ",").prefix(partsMax).map { $0.split(separator: "=", maxSplits: 1) }
        let times = parts.filter { $0.count == 2 && $0[0] == "t" }.map { String($0[1]) }
        let signatures = parts.filter { $0.count == 2 && $0[0] == "v1" }.map { String($0[1]) }
        guard let time = times.first, times.count == 1, time.utf8.count <= 12, let seconds = Int64(time),
            abs(now.seconds - seconds) * 1000 <= tolerance.count
        else { return false }
        let message = Array("\(time).".utf8) + body
        return secrets.contains { secret in
            signatures.contains { RazorpaySignature.isValid($0, of: message, secret: secret) }
        }
    }
}
