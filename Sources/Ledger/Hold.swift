// An amount that is held on two accounts: a transfer in two phases.
package import Core
import Storage
import Web

package enum HoldKind: IdentifierKind { package static let prefix = "hold" }
package typealias HoldID = Identifier<HoldKind>

/// How far a hold is.
package enum HoldState: String, Codable, Sendable, CaseIterable {
    case pending, posted, voided, expired
}

/// A hold that is to be made.
package struct NewHold: Sendable {
    /// What it is for, for people: 1 to 500 characters.
    package let description: String
    /// The account that the amount would leave, when both are on the side of liabilities.
    package let debit: LedgerAccountID
    package let credit: LedgerAccountID
    package let amount: Money
    package let expiresAt: Timestamp

    package init(
        _ description: String, debit: LedgerAccountID, credit: LedgerAccountID, amount: Money, expiresAt: Timestamp
    ) {
        self.description = description
        self.debit = debit
        self.credit = credit
        self.amount = amount
        self.expiresAt = expiresAt
    }
}

/// A hold as it stands.
package struct Hold: Codable, Sendable, Versioned {
    package let id: HoldID
    package let state: HoldState
    package let description: String
    package let debitAccount: LedgerAccountID
    package let creditAccount: LedgerAccountID
    package let amount: Money
    /// What was moved in the end; null unless it is posted.
    package let posted: Money?
    /// The entry that moved it.
    package let entry: JournalEntryID?
    package let expiresAt: Timestamp
    package let createdAt: Timestamp
    package let endedAt: Timestamp?

    package var entityTag: String { "\"\(id)-\(state.rawValue)\"" }

    enum CodingKeys: String, CodingKey {
        case id, state, description, amount, posted, entry
        case debitAccount = "debit_account"
        case creditAccount = "credit_account"
        case expiresAt = "expires_at"
        case createdAt = "created_at"
        case endedAt = "ended_at"
    }
}

/// What is held on an account, on each side.
package struct HeldTotals: Codable, Sendable, Hashable {
    package let debits: Int64
    package let credits: Int64
}
