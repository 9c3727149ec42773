// What a provider says has happened, in our words; where it came from no longer matters.
import Core

/// Something that happened at the provider.
enum Fact: Sendable, Hashable {
    case payment(PaymentFact)
    case refund(RefundFact)
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

/// What one webhook says.
struct ProviderEvent: Sendable {
    let type: String
    /// In the order in which they have to be applied.
    let facts: [Fact]
}
