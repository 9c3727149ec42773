// An account of a book, and its balance.
package import Core
import Storage
import Web

package enum LedgerAccountKind: IdentifierKind { package static let prefix = "acc" }
package typealias LedgerAccountID = Identifier<LedgerAccountKind>

/// What an account stands for; decides the side its balance normally lies on.
package enum AccountType: String, Codable, Sendable, CaseIterable, SQLBindable {
    case asset, liability, equity, income, expense
}

/// The two sides of an account.
package enum Direction: String, Codable, Sendable, CaseIterable {
    case debit, credit

    package var opposite: Direction { self == .debit ? .credit : .debit }
}

/// Which side the balance must lie on after every entry.
package enum BalanceRule: String, Codable, Sendable, CaseIterable, SQLBindable {
    case any
    case debitOnly = "debit_only"
    case creditOnly = "credit_only"
}

/// An account with its balance at one instant.
package struct LedgerAccount: Codable, Sendable, Versioned {
    package let id: LedgerAccountID
    /// Short and unique within currency and owner, for people: `1100`.
    package let code: String
    package let name: String
    package let type: AccountType
    /// Whether it lessens its type: refunds among income.
    package let contra: Bool
    package let currency: Currency
    /// The customer or provider it is kept for; empty when it is shared.
    package let ownerID: String
    package let rule: BalanceRule
    package let closedAt: Timestamp?
    package let createdAt: Timestamp
    /// The side that makes the balance positive.
    package let normalSide: Direction
    /// Positive on the normal side, in minor units.
    package let balance: Money
    /// All debits and all credits so far, in minor units.
    package let debits: Int64
    package let credits: Int64
    /// What is held now on each side; null for a balance of the past.
    package let pending: HeldTotals?
    /// The balance less what is held against it; null for a balance of the past.
    package let available: Money?

    /// What is stored of it, with the running totals of its newest posting.
    init(
        id: LedgerAccountID, new: NewAccount, closedAt: Timestamp?, createdAt: Timestamp, debits: Int64 = 0,
        credits: Int64 = 0, pending: HeldTotals? = nil
    ) {
        self.id = id
        code = new.code
        name = new.name
        type = new.type
        contra = new.contra
        currency = new.currency
        ownerID = new.ownerID
        rule = new.rule
        self.closedAt = closedAt
        self.createdAt = createdAt
        self.debits = debits
        self.credits = credits
        let isDebit = (new.type == .asset || new.type == .expense) != new.contra
        normalSide = isDebit ? .debit : .credit
        // Both totals are 0 or more, so the difference can't overflow.
        let amount = isDebit ? debits - credits : credits - debits
        balance = Money(stored: amount, new.currency)
        self.pending = pending
        available = pending.map {
            let left = amount.subtractingReportingOverflow(isDebit ? $0.credits : $0.debits)
            return Money(stored: left.overflow ? .min : left.partialValue, new.currency)
        }
    }

    /// The same account with more on both sides, or less.
    func moved(debits more: Int64, credits moreCredits: Int64) -> LedgerAccount {
        LedgerAccount(
            id: id,
            new: NewAccount(
                code: code, name: name, type: type, contra: contra, currency: currency, ownerID: ownerID, rule: rule),
            closedAt: closedAt, createdAt: createdAt, debits: debits + more, credits: credits + moreCredits)
    }

    package var entityTag: String {
        let held = pending.map { "-\($0.debits)-\($0.credits)" } ?? ""
        return "\"\(id)-\(debits)-\(credits)\(held)-\(closedAt?.milliseconds ?? 0)\""
    }

    enum CodingKeys: String, CodingKey {
        case id, code, name, type, contra, currency, rule, balance, debits, credits, pending, available
        case ownerID = "owner_id"
        case closedAt = "closed_at"
        case createdAt = "created_at"
        case normalSide = "normal_side"
    }
}

/// An account that is to be opened.
package struct NewAccount: Sendable {
    package let code: String
    package let name: String
    package let type: AccountType
    package let contra: Bool
    package let currency: Currency
    package let ownerID: String
    package let rule: BalanceRule

    /// `code` 1 to 40 characters, `name` 1 to 200, `ownerID` at most 100; texts without control characters.
    package init(
        code: String, name: String, type: AccountType, contra: Bool = false, currency: Currency, ownerID: String = "",
        rule: BalanceRule = .any
    ) {
        self.code = code
        self.name = name
        self.type = type
        self.contra = contra
        self.currency = currency
        self.ownerID = ownerID
        self.rule = rule
    }
}
