// What a provider says has happened, in our words; where it came from no longer matters.
import Core
import Storage

/// Something that happened at the provider.
enum Fact: Sendable, Hashable {
    case payment(PaymentFact)
    case refund(RefundFact)
    case dispute(DisputeFact)
    case settlement(SettlementFact)
    /// A line of the provider's report: what really moved on its account with us.
    case line(SettlementLine)
}

/// A payment as the provider saw it at some moment; later news may have been told before.
package struct PaymentFact: Sendable, Hashable {
    let id: String
    /// Nil for a payment made without an order.
    let orderID: String?
    let amount: Money
    let state: PaymentState
    let method: String
    /// With tax; nil until the provider says.
    var fee: Int64?
    var feeTax: Int64?
    var errorCode: String?
    var errorText: String?
}

/// A refund as the provider saw it at some moment.
package struct RefundFact: Sendable, Hashable {
    let id: String
    let paymentID: String
    let amount: Money
    /// `pending`, `processed` or `failed`.
    let state: RefundState
    /// Our identifier, if we asked for it.
    let receipt: String?
}

/// A dispute as the provider saw it at some moment. It never says where the money is: that is told by a line.
package struct DisputeFact: Sendable, Hashable {
    let id: String
    let paymentID: String
    let amount: Money
    let state: DisputeState
    var phase = ""
    var reason = ""
    /// When evidence has to be there.
    var respondBy: Timestamp?
}

/// Money on its way to the bank, as the provider saw it at some moment.
package struct SettlementFact: Sendable, Hashable {
    let id: String
    let amount: Money
    let state: SettlementState
    /// What the bank shows beside the credit.
    var reference: String?
    var createdAt: Timestamp
}

/// One line of the provider's report of its account with us.
package struct SettlementLine: Sendable, Hashable {
    enum Kind: String, SQLBindable {
        case payment
        case refund
        case adjustment
        /// Of another world: it moved money all the same.
        case other
    }

    /// What it is about: a payment, a refund, or the adjustment itself.
    let id: String
    let kind: Kind
    /// What was added to the account, less what was taken from it; fees are taken off already.
    let net: Money
    /// With tax; part of `net`.
    var fee: Int64 = 0
    var feeTax: Int64 = 0
    /// The amount of the payment or refund itself.
    var gross: Int64 = 0
    var paymentID: String?
    var orderID: String?
    var disputeID: String?
    var settlementID: String?
    var method = "unknown"
    var createdAt: Timestamp
}

/// What one webhook says.
struct ProviderEvent: Sendable {
    let type: String
    /// The event's identifier, for providers that write it into the body.
    var id: String?
    /// In the order in which they have to be applied.
    let facts: [Fact]
}
