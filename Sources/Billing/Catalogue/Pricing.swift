// From a price and a quantity to an amount: whole numbers only, exact up to the rounding of the total.
import Core

/// Why a price can't be, or can't be applied.
enum PricingProblem: Error, Equatable {
    /// The terms contradict themselves; the field, and what is wrong with it.
    case terms(String, String)
    case negativeQuantity
    /// The amount would be beyond ±(2^53 − 1).
    case tooLarge
}

/// One line of an explanation: so many units at such a rate.
struct PricedLine: Sendable, Hashable {
    /// For people: `Seats 1 to 10, ₹100.00 each`.
    let words: String
    let quantity: Int64
    /// What `per` units cost; for flat amounts the amount.
    let rate: Money
    let per: Int64
    let amount: Money
}

/// The arithmetic of prices. A total is rounded once, to the minor unit, half up; lines add up to the total.
enum Pricing {
    static let tierLimit = 20

    /// What a quantity costs.
    static func amount(of price: Price, quantity: Int64) throws(PricingProblem) -> Money {
        try amount(of: price.terms, quantity: quantity)
    }

    static func amount(of terms: PriceTerms, quantity: Int64) throws(PricingProblem) -> Money {
        let parts = try parts(terms, quantity)
        return try money(rounded(parts.reduce(0) { $0 + $1.numerator }, terms.per), terms.currency)
    }

    /// The same amount in lines; what nothing is charged for has a line too, so that a reader sees why.
    static func lines(of terms: PriceTerms, quantity: Int64) throws(PricingProblem) -> [PricedLine] {
        // Each line ends where the running total is rounded to: they add up to the total whatever the fractions are.
        var running: Int128 = 0
        var shown: Int128 = 0
        var lines: [PricedLine] = []
        for part in try parts(terms, quantity) {
            running += part.numerator
            let upTo = rounded(running, terms.per)
            let amount = try money(upTo - shown, terms.currency)
            shown = upTo
            let rate = Money(stored: part.rate, terms.currency)
            let per = part.isFlat ? 1 : terms.per
            lines.append(
                PricedLine(
                    words: part.words(terms), quantity: part.isFlat ? 1 : part.quantity, rate: rate, per: per,
                    amount: amount))
        }
        return lines
    }

    /// Some units at one rate; the numerator is over `per`.
    private struct Part {
        let first: Int64
        let quantity: Int64
        let rate: Int64
        let isFlat: Bool
        let numerator: Int128

        func words(_ terms: PriceTerms) -> String {
            let rate = Money(stored: rate, terms.currency).formatted
            let units = terms.plural(quantity)
            let of = terms.per == 1 ? "each" : "for \(terms.per.grouped)"
            switch terms.model {
            case .flat: return rate
            case .perUnit: return "\(units), \(rate) \(of)"
            case .package: return "\(quantity.grouped) × \(terms.plural(terms.per)), \(rate) each"
            case .volume: return isFlat ? "Once, for up to this volume" : "\(units), \(rate) \(of)"
            case .graduated:
                if isFlat { return "Once, from \(terms.unit) \(first.grouped)" }
                let last = first.addingReportingOverflow(quantity - 1).partialValue
                let range = last == first ? first.grouped : "\(first.grouped) to \(last.grouped)"
                return "\(terms.title) \(range), \(rate) \(of)"
            }
        }
    }

    private static func parts(_ terms: PriceTerms, _ quantity: Int64) throws(PricingProblem) -> [Part] {
        guard quantity >= 0 else { throw .negativeQuantity }
        let per = Int128(terms.per)
        func units(_ first: Int64, _ count: Int64, _ rate: Int64) -> Part {
            Part(
                first: first, quantity: count, rate: rate, isFlat: false, numerator: Int128(count) * Int128(rate))
        }
        func once(_ first: Int64, _ amount: Int64) -> [Part] {
            amount == 0
                ? [] : [Part(first: first, quantity: 1, rate: amount, isFlat: true, numerator: Int128(amount) * per)]
        }
        switch terms.model {
        case .flat:
            let amount = terms.amount ?? 0
            return [Part(first: 1, quantity: 1, rate: amount, isFlat: true, numerator: Int128(amount) * per)]
        case .perUnit: return [units(1, quantity, terms.amount ?? 0)]
        case .package:
            let count = quantity / terms.per + (quantity % terms.per == 0 ? 0 : 1)
            let amount = Int128(count) * Int128(terms.amount ?? 0)
            return [Part(first: 1, quantity: count, rate: terms.amount ?? 0, isFlat: false, numerator: amount * per)]
        case .graduated:
            var result: [Part] = []
            var below: Int64 = 0
            for tier in terms.tiers where quantity > below {
                let last = min(quantity, tier.upTo ?? quantity)
                result += once(below + 1, tier.flatAmount) + [units(below + 1, last - below, tier.unitAmount)]
                below = last
            }
            return result
        case .volume:
            guard quantity > 0, let tier = terms.tiers.first(where: { $0.upTo.map { quantity <= $0 } ?? true })
            else { return [] }
            return once(1, tier.flatAmount) + [units(1, quantity, tier.unitAmount)]
        }
    }

    /// Half up; both are positive or nothing.
    private static func rounded(_ numerator: Int128, _ per: Int64) -> Int128 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: Int128(max(per, 1)))
        return remainder * 2 >= Int128(max(per, 1)) ? quotient + 1 : quotient
    }

    private static func money(_ amount: Int128, _ currency: Currency) throws(PricingProblem) -> Money {
        guard let amount = Int64(exactly: amount), let money = Money(amount, currency) else { throw .tooLarge }
        return money
    }
}
