// A price as lines of an invoice.
import Core

extension Price {
    /// The lines for a quantity over a period: one, or one for each tier; they add up to the amount.
    func drafts(of plan: String, quantity: Int64, _ period: Range<Timestamp>) throws -> [DraftLine] {
        let name = "\(plan), \(interval.adverb)"
        let whole = try Pricing.amount(of: self, quantity: quantity)
        switch model {
        case .flat:
            if let line = DraftLine(name, quantity: 1, at: whole.amount, period: period) { return [line] }
        case .perUnit where terms.per == 1:
            let rate = terms.amount ?? 0
            let words = "\(name), \(terms.plural(quantity))"
            if let line = DraftLine(words, quantity: quantity, at: rate, period: period) { return [line] }
        default: break
        }
        return try Pricing.lines(of: terms, quantity: quantity).map { part in
            DraftLine("\(name): \(part.words)", amount: part.amount.amount, quantity: part.quantity, period: period)
        }
    }
}
