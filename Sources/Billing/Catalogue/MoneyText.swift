// Amounts and tiers as people type them into a form: in the currency's own units, exactly.
import Core

enum MoneyText {
    /// `2499`, `2,499.00`: minor units; nil when it has more decimals than the currency, or is no amount.
    static func minorUnits(_ text: String, _ currency: Currency) -> Int64? {
        let parts = text.filter { $0 != "," && $0 != " " }
            .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard parts.count == 1 || !fraction.isEmpty, fraction.utf8.count <= currency.exponent,
            fraction.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        let padding = String(repeating: "0", count: currency.exponent - fraction.utf8.count)
        guard let amount = Int64(whole + fraction + padding), amount <= Money.limit else { return nil }
        return amount
    }

    /// Minor units as they are typed: `2499.00`.
    static func text(_ amount: Int64, _ currency: Currency) -> String {
        let digits = String(amount)
        let padded = String(repeating: "0", count: max(0, currency.exponent + 1 - digits.count)) + digits
        let whole = padded.dropLast(currency.exponent)
        return currency.exponent == 0 ? padded : "\(whole).\(padded.suffix(currency.exponent))"
    }

    /// One tier a line: `10: 100.00`, `20: 80.00 + 500.00`, and the last one `more: 60.00`; nil when a line is none.
    static func tiers(_ text: String, _ currency: Currency) -> [PriceTier]? {
        let lines = text.split(whereSeparator: \.isNewline).filter { $0.contains { $0 != " " } }
        let tiers = lines.compactMap { line -> PriceTier? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let border = parts[0].filter { $0 != " " && $0 != "," }
            let upTo = border == "more" ? nil : Int64(border)
            guard border == "more" || upTo != nil else { return nil }
            let amounts = parts[1].split(separator: "+", omittingEmptySubsequences: false)
                .map { minorUnits(String($0), currency) }
            guard (1...2).contains(amounts.count), let unit = amounts[0] else { return nil }
            guard amounts.count == 1 || amounts[1] != nil else { return nil }
            return PriceTier(upTo: upTo, unitAmount: unit, flatAmount: amounts.count == 2 ? amounts[1] ?? 0 : 0)
        }
        return tiers.count == lines.count && !tiers.isEmpty ? tiers : nil
    }
}
