// Which terms a price may have, and how they are put into words.
import Core

extension Pricing {
    /// Throws what is wrong with terms that somebody wants to sell by.
    static func check(_ terms: PriceTerms) throws(PricingProblem) {
        let amounts = 0...Money.limit
        guard (1...Money.limit).contains(terms.per) else { throw .terms("per", "It is at least 1.") }
        guard (1...40).contains(terms.unit.count) else { throw .terms("unit", "It is a word, such as seat.") }
        guard terms.per == 1 || terms.model != .flat else {
            throw .terms("per", "A flat price is not counted by units.")
        }
        guard terms.model.hasTiers else {
            guard terms.tiers.isEmpty else { throw .terms("tiers", "Only graduated and volume prices have tiers.") }
            guard let amount = terms.amount else { throw .terms("amount", "The price needs an amount.") }
            guard amounts.contains(amount) else { throw .terms("amount", "It is 0 to 9007199254740991.") }
            return
        }
        guard terms.amount == nil else { throw .terms("amount", "A price in tiers has its amounts in the tiers.") }
        guard (1...tierLimit).contains(terms.tiers.count), terms.tiers.last?.upTo == nil else {
            throw .terms("tiers", "There are 1 to \(tierLimit) tiers, and only the last one has no up_to.")
        }
        var below: Int64 = 0
        for (index, tier) in terms.tiers.enumerated() {
            guard amounts.contains(tier.unitAmount), amounts.contains(tier.flatAmount) else {
                throw .terms("tiers", "Amounts are 0 to 9007199254740991.")
            }
            guard let upTo = tier.upTo else {
                guard index == terms.tiers.count - 1 else { throw .terms("tiers", "Only the last tier has no up_to.") }
                continue
            }
            guard upTo > below, upTo <= Money.limit else {
                throw .terms("tiers", "Each tier ends after the one before it.")
            }
            below = upTo
        }
    }
}

extension PriceTerms {
    /// `1 seat`, `12,000 calls`.
    func plural(_ count: Int64) -> String { "\(count.grouped) \(count == 1 ? unit : unit + "s")" }

    /// `Seats`.
    var title: String { unit.capitalised + "s" }

    /// The whole price in words, without the interval: `₹100.00 a seat up to 10, then ₹80.00`.
    var words: String {
        func rate(_ amount: Int64) -> String { Money(stored: amount, currency).formatted }
        let of = per == 1 ? "a \(unit)" : "for \(plural(per))"
        switch model {
        case .flat: return rate(amount ?? 0)
        case .perUnit: return "\(rate(amount ?? 0)) \(of)"
        case .package: return "\(rate(amount ?? 0)) for every \(plural(per)) begun"
        case .graduated, .volume:
            let isFree = { (tier: PriceTier) in tier.unitAmount == 0 && tier.flatAmount == 0 }
            let firstPaid = tiers.firstIndex { !isFree($0) }
            let steps = tiers.enumerated().map { index, tier in
                let flat = tier.flatAmount == 0 ? "" : "\(rate(tier.flatAmount)) and "
                let step = isFree(tier) ? "free" : flat + rate(tier.unitAmount) + (index == firstPaid ? " \(of)" : "")
                guard let upTo = tier.upTo else { return tiers.count == 1 ? step : "then \(step)" }
                return index == 0 ? "\(step) up to \(plural(upTo))" : "\(step) up to \(upTo.grouped)"
            }
            return steps.joined(separator: ", ") + (model == .volume ? "; the last step counts for all" : "")
        }
    }
}

extension String {
    /// The first letter in upper case.
    var capitalised: String { prefix(1).uppercased() + dropFirst() }
}

extension Int64 {
    /// `12,000`.
    var grouped: String {
        let digits = String(magnitude)
        let grouped = digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, (digits.count - digit.offset).isMultiple(of: 3) { text.append(",") }
            text.append(digit.element)
        }
        return (self < 0 ? "−" : "") + grouped
    }
}
