// What a customer has with us beside open invoices: credit that the next invoice uses, or a small rest that it carries.
import Core
import Storage
import Web

/// What became of the money of an invoice at the customer's balance.
struct BalanceUse: Sendable, Hashable {
    /// What the invoice takes from the balance; negative when it puts something onto it.
    let applied: Int64
    /// What is left to pay.
    let due: Int64

    /// Credit pays first. What is then too small for a provider is carried to the next invoice instead.
    init(total: Int64, balance: Int64, least: Int64) {
        // Both are bounded by 2^53 − 1.
        let rest = total - balance
        if rest <= 0 || rest < least {
            (applied, due) = (total, 0)
        } else {
            (applied, due) = (balance, rest)
        }
    }
}

extension Billing {
    /// The least that a provider takes (Razorpay: one rupee): one unit of the currency.
    static func leastCharge(_ currency: Currency) -> Int64 {
        switch currency.exponent {
        case 0: 1
        case 3: 1000
        default: 100
        }
    }

    /// What changes a customer's balance; with the source, once.
    enum BalanceCause: String, SQLBindable {
        case invoice
        case void
        case creditNote = "credit_note"
        case payment
    }

    /// Changes the balance of the transaction's customer; returns what the change moved in account 2200, credits
    /// positive. A balance below zero is a rest that was carried, and stays in the receivable account.
    func changeBalance(
        by amount: Int64, _ currency: Currency, _ cause: BalanceCause, _ source: String, in tx: any Transaction
    ) throws -> Int64 {
        guard amount != 0 else { return 0 }
        let before = try BalanceStore.balance(currency, in: tx)
        let after = try TaxedLines.sum([before, amount])
        try BalanceStore.set(after, currency, by: amount, cause, source, in: tx)
        return max(after, 0) - max(before, 0)
    }
}

extension Billing {
    /// Money that paid no invoice (a second payment, too much) becomes the customer's credit; in the customer's scope.
    func allocate(_ id: PaymentID, in tx: any Transaction) throws -> Payment {
        let payment = try payment(id, in: tx)
        let rest = payment.refundable
        guard payment.state == .captured, !payment.isApplied, rest.amount > 0 else {
            throw BillingProblem.notUnapplied
        }
        // What became credit can't be given back as well.
        try PaymentStore.reserve(rest.amount, credit: rest.amount, of: id, in: tx)
        let moved = try changeBalance(by: rest.amount, rest.currency, .payment, id.text, in: tx)
        try Books.post(.allocated(payment, rest.amount, credit: moved), in: tx)
        try Self.note("payment.allocated", "payment", id, payment.facts, in: tx)
        return try self.payment(id, in: tx)
    }
}

enum BalanceChangeKind: IdentifierKind { static let prefix = "cbc" }
typealias BalanceChangeID = Identifier<BalanceChangeKind>
