// A payment provider in memory, whose answers tests decide.
import Core
import Synchronization

@testable import Billing

/// What the provider has, and how its next calls go.
final class ScriptedProvider: Sendable {
    struct Books {
        var orders: [RemoteOrder] = []
        var payments: [PaymentFact] = []
        var refunds: [RefundFact] = []
        /// Calls that create something do so, but their answer is lost.
        var losesAnswers = false
        /// Calls that create something are refused with these words.
        var refusal: String?
        var creations = 0
        /// Refunds are refused because the balance is too low.
        var isPoor = false
        /// What the report says.
        var report: [Fact] = []
    }

    let books = Mutex(Books())

    /// How many things were created so far, and what there is.
    var creations: Int { books.withLock { $0.creations } }
    var refunds: [RefundFact] { books.withLock { $0.refunds } }

    func script(_ change: @Sendable (inout Books) -> Void) { books.withLock { change(&$0) } }

    /// Notes a payment that a person made, or what became of it.
    func put(_ payment: PaymentFact) {
        books.withLock { books in
            books.payments.removeAll { $0.id == payment.id }
            books.payments.append(payment)
        }
    }

    func put(_ refund: RefundFact) {
        books.withLock { books in
            books.refunds.removeAll { $0.id == refund.id }
            books.refunds.append(refund)
        }
    }

    static let account = "rzp_test_scripted"
    static let keySecret = "key_secret"
    static let webhookSecret = "webhook_secret"
    static let oldWebhookSecret = "old_webhook_secret"

    var provider: PaymentProvider {
        PaymentProvider(
            account: Self.account, createOrder: createOrder,
            findOrder: { receipt in self.books.withLock { $0.orders.first { $0.receipt == receipt } } },
            payments: { order in self.books.withLock { $0.payments.filter { $0.orderID == order } } },
            payment: { id in self.books.withLock { $0.payments.first { $0.id == id } } },
            capture: { id, _ in throw ProviderError.refused(code: "BAD_REQUEST_ERROR", words: "no \(id)") },
            refund: refund,
            refundStatus: { id in self.books.withLock { $0.refunds.first { $0.id == id } } },
            isCheckoutSignature: { signature, order, payment in
                RazorpaySignature.isValid(
                    signature, of: RazorpaySignature.checkout(orderID: order, paymentID: payment),
                    secret: Self.keySecret)
            },
            isWebhookSignature: { signature, body, _ in
                [Self.webhookSecret, Self.oldWebhookSecret].contains {
                    RazorpaySignature.isValid(signature, of: body, secret: $0)
                }
            },
            event: { try RazorpayWire.event($0, account: "acc_AAAAAAAAAAAAAA") }, checkout: Sandbox.checkout,
            dispute: { id in
                self.books.withLock { books in
                    books.report.filter { if case .dispute(let it) = $0 { it.id == id } else { false } }
                }
            },
            report: { _, _ in self.books.withLock { $0.report } })
    }

    @Sendable private func createOrder(
        _ receipt: String, _ amount: Money, _ notes: [String: String]
    ) async throws -> RemoteOrder {
        try books.withLock { books in
            try Self.check(&books)
            if books.orders.contains(where: { $0.receipt == receipt }) {
                throw ProviderError.refused(code: "BAD_REQUEST_ERROR", words: "Receipt should be unique")
            }
            books.creations += 1
            let order = RemoteOrder(id: RemoteID.make("order_"), receipt: receipt, amount: amount)
            books.orders.append(order)
            if books.losesAnswers { throw ProviderError.unknown("lost") }
            return order
        }
    }

    @Sendable private func refund(_ payment: String, _ amount: Money, _ key: String) async throws -> RefundFact {
        try books.withLock { books in
            try Self.check(&books)
            if books.isPoor { throw ProviderError.lowBalance }
            if let earlier = books.refunds.first(where: { $0.receipt == key }) { return earlier }
            books.creations += 1
            let refund = RefundFact(
                id: RemoteID.make("rfnd_"), paymentID: payment, amount: amount, state: .pending, receipt: key)
            books.refunds.append(refund)
            if books.losesAnswers { throw ProviderError.unknown("lost") }
            return refund
        }
    }

    private static func check(_ books: inout Books) throws {
        if let words = books.refusal { throw ProviderError.refused(code: "BAD_REQUEST_ERROR", words: words) }
    }
}
