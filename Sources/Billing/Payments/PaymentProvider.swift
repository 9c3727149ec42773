// What billing needs from a payment provider; adapters fill it in.
import Core

/// A payment provider, as closures. Every call may take seconds and ends with an answer or a `ProviderError`.
package struct PaymentProvider: Sendable {
    /// Whose language is spoken.
    package enum Kind: String, CaseIterable, Sendable {
        case razorpay
        case stripe

        /// For people.
        var title: String { self == .razorpay ? "Razorpay" : "Stripe" }
    }

    var kind = Kind.razorpay
    /// Which account at the provider: stored with every order, payment and refund.
    package let account: String
    /// Creates an order under a receipt of ours that is used once.
    let createOrder:
        @Sendable (_ receipt: String, _ amount: Money, _ notes: [String: String]) async throws -> RemoteOrder
    /// Finds an order by its receipt; nil when there is none.
    let findOrder: @Sendable (_ receipt: String) async throws -> RemoteOrder?
    /// All payments that were tried for an order.
    let payments: @Sendable (_ orderID: String) async throws -> [PaymentFact]
    /// One payment; nil when the provider knows none.
    let payment: @Sendable (_ paymentID: String) async throws -> PaymentFact?
    /// Takes money that the bank has agreed to.
    let capture: @Sendable (_ paymentID: String, _ amount: Money) async throws -> PaymentFact
    /// Gives money back; the same key twice gives it back once.
    let refund: @Sendable (_ paymentID: String, _ amount: Money, _ key: String) async throws -> RefundFact
    /// One refund; nil when the provider knows none.
    let refundStatus: @Sendable (_ refundID: String) async throws -> RefundFact?
    /// Whether the signature a browser brought says that this order was paid by this payment.
    let isCheckoutSignature: @Sendable (_ signature: String, _ orderID: String, _ paymentID: String) -> Bool
    /// Whether a webhook's signature fits its raw body, at this instant.
    let isWebhookSignature: @Sendable (_ signature: String, _ body: [UInt8], _ now: Timestamp) -> Bool
    /// What a webhook says; throws `malformedEvent`.
    let event: @Sendable (_ body: [UInt8]) throws -> ProviderEvent
    /// How a person pays an order.
    let checkout: Checkout
    /// One dispute with what moved because of it; empty when the provider knows none.
    var dispute: @Sendable (_ disputeID: String) async throws -> [Fact] = { _ in [] }
    /// Disputes, settlements and the lines of the report between two instants: what nobody told of comes from here.
    var report: @Sendable (_ from: Timestamp, _ until: Timestamp) async throws -> [Fact] = { _, _ in [] }
    /// A page of the provider's that can be sent to somebody; nil for providers without one.
    var links: PaymentLinks?

    /// Where a person pays.
    package enum Checkout: Sendable {
        /// A page of this instance, the address given without the order.
        case page(path: String)
        /// The provider's script, on a page of ours.
        case script(address: String, origins: [String], keyID: String)
        /// The provider's script, which a script of ours asks to draw its form for the order with this secret.
        case element(publishableKey: String, secret: @Sendable (_ orderID: String) async throws -> String)
    }
}

/// Pages of the provider that a person pays on without an account here.
package struct PaymentLinks: Sendable {
    /// Makes one under a reference of ours that is used once.
    let create: @Sendable (_ reference: String, _ amount: Money, _ description: String) async throws -> RemoteLink
    /// Finds one by its reference; nil when there is none.
    let find: @Sendable (_ reference: String) async throws -> RemoteLink?
    /// All payments that were made by it.
    let payments: @Sendable (_ linkID: String) async throws -> [PaymentFact]
}

/// A payment link as the provider has it.
struct RemoteLink: Sendable, Hashable {
    let id: String
    let url: String
}

/// An order as the provider has it.
struct RemoteOrder: Sendable, Hashable {
    let id: String
    let receipt: String?
    let amount: Money
}

/// How a call to a provider failed.
enum ProviderError: Error, Sendable, Equatable {
    /// The provider refused: nothing happened. Its words are for the log and for operators.
    case refused(code: String, words: String)
    /// The account at the provider holds too little for a refund: nothing happened, and later it may.
    case lowBalance
    /// Our key is not accepted.
    case credentials
    /// No answer, or one that says nothing: it may or may not have happened.
    case unknown(String)
}
