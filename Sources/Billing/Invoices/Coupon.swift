// Coupons: what they take off the invoices of plans, before tax, and for how many of them.
import Core
import Storage
import Web

/// Something that lowers invoices.
struct Coupon: Sendable, Hashable {
    enum Duration: String, CaseIterable, Codable, Sendable, SQLBindable {
        case once
        case repeating
        case forever
    }

    enum Value: Sendable, Hashable {
        /// Basis points of the lines that charge something.
        case percent(Int64)
        /// Of the sum of those lines, at most all of it.
        case amount(Money)
    }

    let code: String
    let name: String
    let value: Value
    let duration: Duration
    /// For how many invoices; nil for ever.
    let periods: Int64?
    let maxRedemptions: Int64?
    let redemptions: Int64
    let expiresAt: Timestamp?

    /// What it takes off an amount.
    func discount(on amount: Int64, _ currency: Currency) -> Int64 {
        switch value {
        case .percent(let rate): TaxedLines.share(of: amount, rate, 10_000)
        case .amount(let money): money.currency == currency ? min(money.amount, amount) : 0
        }
    }
}

extension Billing {
    /// Redeems a coupon for the customer of the transaction: the next invoices of its plan cost less.
    func redeem(_ code: String, in tx: any Transaction) throws -> Coupon {
        let code = code.uppercased()
        let organization = try tx.organization()
        let coupon = try tx.scoped(to: .instance) { tx in
            guard let coupon = try CouponStore.find(code, in: tx), coupon.expiresAt.map({ $0 > tx.now }) ?? true,
                coupon.maxRedemptions.map({ coupon.redemptions < $0 }) ?? true
            else { throw BillingProblem.couponNotValid }
            guard try CouponStore.redeem(coupon, by: organization, in: tx) else { throw BillingProblem.couponRedeemed }
            return coupon
        }
        try Self.note("coupon.redeemed", "organization", organization, .object(["code": .string(code)]), in: tx)
        return coupon
    }

    /// What coupons take off each line of a draft: off the lines that charge something, in proportion.
    func discounts(on draft: InvoiceDraft, in tx: any Transaction) throws -> [Int64] {
        guard draft.term != nil, draft.takesCoupons else { return draft.lines.map { _ in 0 } }
        let charged = try TaxedLines.sum(draft.lines.map { max($0.amount, 0) })
        let organization = try tx.organization()
        let coupons = try tx.scoped(to: .instance) { try CouponStore.inForce(for: organization, in: $0) }
        // One after the other, in the order of redemption, each on what the ones before it left.
        let discount = coupons.reduce(Int64(0)) { $0 + $1.discount(on: charged - $0, draft.currency) }
        guard discount > 0 else { return draft.lines.map { _ in 0 } }
        var soFar: Int64 = 0
        var given: Int64 = 0
        return draft.lines.map { line in
            soFar += max(line.amount, 0)
            let upTo = TaxedLines.share(of: discount, soFar, charged)
            defer { given = upTo }
            return upTo - given
        }
    }
}
