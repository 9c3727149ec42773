// Money: whole minor units of one currency.

/// An amount in minor units (paise, cents) of one currency.
///
/// On the wire: `{"amount": 129900, "currency": "INR"}`; the amount lies within ±(2^53 − 1) so that every JSON
/// reader keeps it exact.
package struct Money: Hashable, Sendable, Codable {
    package static let limit: Int64 = 9_007_199_254_740_991

    package let amount: Int64
    package let currency: Currency

    /// Takes an amount in minor units; nil outside ±(2^53 − 1).
    package init?(_ amount: Int64, _ currency: Currency) {
        guard (-Self.limit...Self.limit).contains(amount) else { return nil }
        self.amount = amount
        self.currency = currency
    }

    /// Takes an amount that the database has already bounded.
    package init(stored amount: Int64, _ currency: Currency) {
        self.amount = amount
        self.currency = currency
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let amount = try container.decode(Int64.self, forKey: .amount)
        guard let value = Money(amount, try container.decode(Currency.self, forKey: .currency)) else {
            throw DecodingError.dataCorruptedError(
                forKey: .amount, in: container, debugDescription: "outside ±(2^53 − 1)")
        }
        self = value
    }

    /// `₹1,299.00`, `$10.00`, `JPY 500`: for people, in the grouping of the currency's home.
    package var formatted: String {
        let magnitude = String(amount.magnitude)
        let exponent = currency.exponent
        let padded = String(repeating: "0", count: max(0, exponent + 1 - magnitude.count)) + magnitude
        let whole = currency.code == "INR" ? indianGroups(padded.dropLast(exponent)) : groups(padded.dropLast(exponent))
        let fraction = exponent == 0 ? "" : "." + padded.suffix(exponent)
        return (amount < 0 ? "−" : "") + currency.symbol + whole + fraction
    }

    private func groups(_ digits: Substring) -> String {
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// Lakh and crore: three digits, then groups of two.
    private func indianGroups(_ digits: Substring) -> String {
        guard digits.count > 3 else { return String(digits) }
        let head = digits.dropLast(3)
        var result = ""
        for (index, digit) in head.enumerated() {
            if index > 0, (head.count - index).isMultiple(of: 2) { result.append(",") }
            result.append(digit)
        }
        return result + "," + digits.suffix(3)
    }
}

/// A currency by its ISO 4217 code, three upper-case letters.
package struct Currency: Hashable, Sendable, CustomStringConvertible {
    package let code: String

    package static let inr = Currency(stored: "INR")
    package static let usd = Currency(stored: "USD")

    /// Takes a code from outside; nil unless it is three upper-case ASCII letters.
    package init?(_ code: String) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (65...90).contains($0) }) else { return nil }
        self.code = code
    }

    /// Takes a code that this program stored itself.
    package init(stored code: String) { self.code = code }

    package var description: String { code }

    /// The number of decimals of the minor unit (ISO 4217 table A.1): 0, 2 or 3.
    package var exponent: Int {
        switch code {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF":
            0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        default: 2
        }
    }

    var symbol: String {
        switch code {
        case "INR": "₹"
        case "USD": "$"
        case "EUR": "€"
        case "GBP": "£"
        default: code + " "
        }
    }
}

extension Currency: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Currency(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an ISO 4217 code")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }
}
