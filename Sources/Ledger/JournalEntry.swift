// A journal entry, its postings, and the draft it is made from.
package import Core
import Web

package enum JournalEntryKind: IdentifierKind { package static let prefix = "je" }
package typealias JournalEntryID = Identifier<JournalEntryKind>

/// The business fact that an entry books; for each kind of entry a fact is booked once.
package struct EntrySource: Codable, Sendable, Hashable {
    /// Such as `invoice`, `razorpay_payment`.
    package let type: String
    package let id: String

    package init(_ type: String, _ id: some CustomStringConvertible) {
        self.type = type
        self.id = id.description
    }
}

/// One line of an entry: an amount on one side of an account.
package struct Posting: Codable, Sendable, Hashable {
    package let account: LedgerAccountID
    package let direction: Direction
    /// Minor units, 1 to 2^53 − 1.
    package let amount: Int64

    package init(_ direction: Direction, _ account: LedgerAccountID, _ amount: Int64) {
        self.account = account
        self.direction = direction
        self.amount = amount
    }

    package static func debit(_ account: LedgerAccountID, _ amount: Int64) -> Posting { .init(.debit, account, amount) }
    package static func credit(_ account: LedgerAccountID, _ amount: Int64) -> Posting {
        .init(.credit, account, amount)
    }

    /// Debits positive, credits negative.
    var signed: Int64 { direction == .debit ? amount : Int64(0).subtractingReportingOverflow(amount).partialValue }

    /// A line from its signed amount.
    init(_ account: LedgerAccountID, signed: Int64) {
        self.account = account
        direction = signed >= 0 ? .debit : .credit
        amount = Int64(clamping: signed.magnitude)
    }
}

/// An entry that is to be posted.
package struct NewEntry: Sendable {
    /// What happened, for people: 1 to 500 characters.
    package let description: String
    package let currency: Currency
    /// 2 to 200 lines on different accounts; debits and credits are equal.
    package let postings: [Posting]
    /// A word of the poster's own that tells apart what is booked of one source: `capture`, `fee`.
    package var kind = "manual"
    package var source: EntrySource?
    /// When it counts; now unless given.
    package var effectiveAt: Timestamp?
    /// Joins the entries of one event, such as the two currencies of an exchange.
    package var group: String?
    var reverses: JournalEntryID?

    package init(_ description: String, _ currency: Currency, _ postings: [Posting]) {
        self.description = description
        self.currency = currency
        self.postings = postings
    }
}

/// An entry as it stands in the book, for ever.
package struct JournalEntry: Codable, Sendable, Versioned {
    package let id: JournalEntryID
    /// The place in the book, from 1 without gaps.
    package let sequence: Int64
    package let kind: String
    package let description: String
    package let currency: Currency
    package let postings: [Posting]
    package let source: EntrySource?
    package let group: String?
    /// The entry that this one takes back.
    package let reverses: JournalEntryID?
    /// The entry that takes this one back; only read for a single entry.
    package var reversedBy: JournalEntryID?
    package let effectiveAt: Timestamp
    package let bookedAt: Timestamp
    /// SHA-256 over the entry and the hash of the one before it, hexadecimal.
    package let hash: String

    /// The sum of the debits, which is that of the credits.
    package var amount: Money {
        // At most 200 amounts below 2^53 were stored, so the sum stays far below 2^63.
        Money(stored: postings.reduce(0) { $0 + ($1.direction == .debit ? $1.amount : 0) }, currency)
    }

    package var entityTag: String { "\"\(hash)\(reversedBy == nil ? "" : "-r")\"" }

    enum CodingKeys: String, CodingKey {
        case id, sequence, kind, description, currency, postings, source, group, reverses, hash
        case reversedBy = "reversed_by"
        case effectiveAt = "effective_at"
        case bookedAt = "booked_at"
    }
}
