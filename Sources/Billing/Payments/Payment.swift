// Orders, payments and refunds as we know them, and how far each may move.
package import Core
import Storage

/// Names our orders at the provider, and is their receipt there: `ord_…`.
package enum OrderKind: IdentifierKind { package static let prefix = "ord" }
package typealias OrderID = Identifier<OrderKind>

/// Names payments: `pmt_…` (the provider's own begin with `pay_`).
package enum PaymentKind: IdentifierKind { package static let prefix = "pmt" }
package typealias PaymentID = Identifier<PaymentKind>

/// Names refunds: `ref_…` (the provider's own begin with `rfnd_`).
package enum RefundKind: IdentifierKind { package static let prefix = "ref" }
package typealias RefundID = Identifier<RefundKind>

enum CreditNoteKind: IdentifierKind { static let prefix = "crn" }
typealias CreditNoteID = Identifier<CreditNoteKind>

/// An order at the provider: what a checkout is opened for.
struct PaymentOrder: Sendable, Hashable {
    enum State: String, SQLBindable {
        /// Written down; the call is under way or was lost with the process.
        case planned
        /// The call got no answer: it has to be looked up by its receipt.
        case unknown
        case created
        case paid
        /// Not to be paid any more: its invoice is paid otherwise or void.
        case closed
    }

    /// How it is paid: on a checkout of ours, or by a link that was sent to somebody.
    enum Kind: String, SQLBindable {
        case order
        case link
    }

    let id: OrderID
    let organization: OrganizationID
    let invoice: InvoiceID
    let provider: String
    let remoteID: String?
    let state: State
    let amount: Money
    var kind = Kind.order
    /// Where a link leads.
    var url: String?
}

/// Where a payment stands; it only ever moves down this list, whatever order the news comes in.
package enum PaymentState: String, CaseIterable, Codable, Sendable, SQLBindable, Comparable {
    case created
    case failed
    /// The bank agreed; the money is not ours yet. May come after `failed` (late authorisation).
    case authorized
    /// Given back by the provider without ever having been ours.
    case autoRefunded = "auto_refunded"
    case captured

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// One attempt to pay an order.
package struct Payment: Sendable, Hashable {
    package let id: PaymentID
    let organization: OrganizationID
    let invoice: InvoiceID
    let order: OrderID
    let provider: String
    let remoteID: String
    package let state: PaymentState
    /// Whether it paid its invoice; money that did not is in suspense until somebody decides.
    let isApplied: Bool
    package let amount: Money
    let method: String
    /// What the provider kept, with tax; nil until it says.
    let fee: Int64?
    let feeTax: Int64?
    /// Refunds that are planned, pending or processed.
    let refundReserved: Int64
    /// What credit notes give back, planned ones included.
    let credited: Int64
    let errorCode: String?
    let errorText: String?
    let createdAt: Timestamp
    let capturedAt: Timestamp?

    /// What can still be given back.
    var refundable: Money { Money(stored: max(0, amount.amount - refundReserved), amount.currency) }
}

/// Where a refund stands; forward only, and `failed` is last: money that came back after `processed` is owed again.
package enum RefundState: String, CaseIterable, Codable, Sendable, SQLBindable, Comparable {
    case planned
    /// The provider refused it; nothing happened.
    case rejected
    case pending
    case processed
    case failed

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    /// Whether the provider has the refund.
    var isAccepted: Bool { self >= .pending }
}

/// Money given back.
package struct Refund: Sendable, Hashable {
    /// Whether we asked for it, or it was made at the provider without us.
    enum Origin: String, CaseIterable, Codable, SQLBindable {
        case ours
        case provider
    }

    package let id: RefundID
    let payment: PaymentID
    let provider: String
    let remoteID: String?
    let origin: Origin
    package let state: RefundState
    package let amount: Money
    /// How much of it a new credit note covers; the rest is still owed from a refund that failed before.
    let credit: Int64
    let reason: String
    let requestedBy: String
    let createdAt: Timestamp
    /// When its credit note was issued although the provider could not pay it yet; owed since.
    var owedAt: Timestamp?
    /// The lost dispute that it turned out to be the money of.
    var dispute: DisputeID?
}
