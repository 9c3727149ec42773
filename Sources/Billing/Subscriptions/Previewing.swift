// What an invoice would come to, without making it.
import Core
import Storage

/// The money of an invoice that is not there yet.
struct DraftTotal: Sendable, Hashable {
    let subtotal: Int64
    let tax: Int64
    let total: Int64
    /// What the customer's balance pays of it; negative when it goes onto the balance instead.
    let credit: Int64
    /// What is left to pay.
    let due: Int64
}

extension Billing {
    /// The same arithmetic as finalising, on the same facts.
    func total(of draft: InvoiceDraft, in tx: any Transaction) throws -> DraftTotal {
        try draft.check()
        let situation = try taxSituation(draft.currency, in: tx)
        let taxed = try TaxedLines(
            draft.lines.map { ($0.amount, situation.rule(for: $0.taxCategory)) }, draft.currency)
        let use = BalanceUse(
            total: taxed.total, balance: try BalanceStore.balance(draft.currency, in: tx),
            least: Self.leastCharge(draft.currency))
        return DraftTotal(
            subtotal: taxed.subtotal, tax: taxed.taxTotal, total: taxed.total, credit: use.applied, due: use.due)
    }
}
