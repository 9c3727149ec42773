// What usage costs: the lines of an invoice for a period that is over, by the prices that were bought.
import Core
import Storage

/// The usage of one meter in a period, and what it costs.
struct UsageLine: Sendable, Hashable {
    let meter: Meter
    let price: Price
    let period: UsagePeriod
    let quantity: Int64
    let amount: Money
    /// Which units cost what; they add up to the amount.
    let parts: [PricedLine]

    /// For an invoice: `API calls, 12,345 calls`.
    var words: String { "\(meter.name), \(price.terms.plural(quantity))" }
}

extension UsageLine {
    /// As lines of an invoice: one for each part that costs something, none when nothing does.
    var drafts: [DraftLine] {
        parts.filter { $0.amount.amount != 0 }.map { part in
            DraftLine(
                "\(meter.name): \(part.words)", amount: part.amount.amount, quantity: part.quantity,
                period: period.start..<period.end, revenue: .usage)
        }
    }
}

extension Billing {
    /// The lines for the usage of a period under a price of a plan, in arrears; meters without a price have none.
    ///
    /// A read: call `closeUsage` in the transaction that puts them on an invoice, so that what arrives later counts
    /// for the next period.
    func usageLines(under price: Price, _ period: UsagePeriod, in tx: any Transaction) throws -> [UsageLine] {
        let prices = try PriceStore.all(of: price.plan, in: tx).filter {
            $0.version == price.version && $0.currency == price.currency && $0.interval == price.interval
        }
        return try prices.compactMap { price -> UsageLine? in
            guard let meter = try price.meter.flatMap({ try UsageStore.meter($0, in: tx) }) else { return nil }
            let quantity = try UsageStore.quantity(of: meter, period, in: tx)
            return UsageLine(
                meter: meter, price: price, period: period, quantity: quantity,
                amount: try Pricing.amount(of: price, quantity: quantity),
                parts: try Pricing.lines(of: price.terms, quantity: quantity))
        }
    }

    /// Usage up to an instant stands on an invoice: what is reported of that time later counts when it arrives.
    func closeUsage(until: Timestamp, in tx: any Transaction) throws { try UsageStore.setBilled(until: until, in: tx) }
}
