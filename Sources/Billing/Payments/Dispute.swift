// A customer's bank takes a payment back, or tries to; and money on its way from the provider to the bank.
package import Core
import Storage
import Web

/// Names disputes: `dsp_…` (the provider's own begin with `disp_`).
package enum DisputeKind: IdentifierKind { package static let prefix = "dsp" }
package typealias DisputeID = Identifier<DisputeKind>

/// Where a dispute stands; it only moves down this list. One that was won may be lost in a later phase.
package enum DisputeState: String, CaseIterable, Codable, Sendable, SQLBindable, Comparable {
    case open
    case underReview = "under_review"
    /// Over without either: the report tells where the money is.
    case closed
    case won
    case lost

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    /// Whether it may still go either way.
    var isOpen: Bool { self <= .underReview }
}

/// Where a settlement stands; forward only.
enum SettlementState: String, CaseIterable, Codable, Sendable, SQLBindable, Comparable {
    case created
    /// On its way to the bank.
    case processed
    /// It came back.
    case failed

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// A dispute as we know it.
struct Dispute: Sendable, Hashable {
    let id: DisputeID
    let organization: OrganizationID
    let payment: PaymentID
    let provider: String
    let remoteID: String
    var state: DisputeState
    var phase: String
    var reason: String
    let amount: Money
    var respondBy: Timestamp?
    /// The report showed the money leaving, and coming back.
    var isTaken = false
    var isReturned = false
    /// What of it is in the books.
    var isHeld = false
    var isBookedLost = false
    var fee: Int64?
    let createdAt: Timestamp

    /// What audit log and events say of it.
    var facts: JSONValue {
        .object([
            "payment_id": .string(payment.text), "amount": .integer(amount.amount),
            "currency": .string(amount.currency.code), "state": .string(state.rawValue), "reason": .string(reason),
        ])
    }
}
