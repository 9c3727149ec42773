// The cards and UPI ids that Razorpay publishes for tests, with what happens to each.

/// How a published test card or UPI id ends.
enum TestInstrument: Equatable {
    case pays(method: String)
    case fails(method: String, reason: String, words: String, code: String)

    /// Nil for a card or id that is not published.
    init?(_ text: String) {
        let text = text.filter { $0 != " " && $0 != "-" }.lowercased()
        switch text {
        case "success@razorpay": self = .pays(method: "upi")
        case "failure@razorpay":
            self = .fails(
                method: "upi", reason: "payment_failed", words: "Payment failed", code: "BAD_REQUEST_ERROR")
        default:
            if Self.paying.contains(text) {
                self = .pays(method: "card")
            } else if let (reason, words, code) = Self.failing[text] {
                self = .fails(method: "card", reason: reason, words: words, code: code)
            } else {
                return nil
            }
        }
    }

    private static let paying: Set<String> = [
        // Domestic: Visa, Mastercard, RuPay, Diners, Amex.
        "4100280000001007", "5500670000001002", "6527658900001005", "36082800091007", "340256000401007",
        // International, for subscriptions, and the card that everybody knows.
        "5555555555554444", "4012888888881881", "4718609108204366", "5104015555555558", "4111111111111111",
    ]

    private static let failing: [String: (reason: String, words: String, code: String)] = [
        "4100280000000009": ("authentication_failed", "Authentication failed at the bank.", "BAD_REQUEST_ERROR"),
        "4100280000020007": ("gateway_technical_error", "The gateway has a technical problem.", "GATEWAY_ERROR"),
        "4100280000060003": ("card_declined", "The card was declined by the bank.", "BAD_REQUEST_ERROR"),
        "4100280000070002": ("payment_cancelled", "The payment was cancelled.", "BAD_REQUEST_ERROR"),
        "4100280000080001": ("insufficient_fund", "The account holds too little.", "BAD_REQUEST_ERROR"),
        "4100280000090000": ("payment_timed_out", "The payment took too long.", "BAD_REQUEST_ERROR"),
    ]
}
