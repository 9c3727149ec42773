// The payment simulator without its wire: for a company that is simulated in one process.
import Core
import Storage
import Web

extension Sandbox {
    /// The account of the simulator in a simulated company: the same as in an instance without credentials.
    package static let account = "rzp_test_raptorflow"
}

/// Payments as the simulator has them, made in the caller's transaction.
///
/// Every amount lands in the simulator's own tables, so that its books can be held against the ledger afterwards.
struct SimulatedProvider: Sendable {
    let database: any Database

    /// What billing talks to: the simulator's tables, by function call instead of over HTTP.
    var provider: PaymentProvider {
        PaymentProvider(
            account: Sandbox.account,
            createOrder: { receipt, amount, _ in
                try await database.write(in: .instance, by: .system("simulation")) { tx in
                    try createOrder(receipt, amount, in: tx)
                }
            },
            findOrder: { receipt in
                try database.read(in: .instance) { tx in
                    try SandboxStore.orders(receipt: receipt, count: 1, skip: 0, in: tx).first.map {
                        RemoteOrder(id: $0.id, receipt: $0.receipt, amount: $0.amount)
                    }
                }
            },
            payments: { order in
                try database.read(in: .instance) { try SandboxStore.payments(of: order, in: $0).map(fact) }
            },
            payment: { id in try database.read(in: .instance) { try SandboxStore.payment(id, in: $0).map(fact) } },
            capture: { id, _ in throw ProviderError.refused(code: "BAD_REQUEST_ERROR", words: id) },
            refund: { payment, amount, key in
                try await database.write(in: .instance, by: .system("simulation")) { tx in
                    try refund(payment, amount, key: key, in: tx)
                }
            },
            refundStatus: { id in
                try database.read(in: .instance) { try SandboxStore.refund(id, in: $0).map(fact) }
            },
            isCheckoutSignature: { _, _, _ in false }, isWebhookSignature: { _, _, _ in false },
            event: { _ in throw BillingProblem.malformedEvent }, checkout: Sandbox.checkout)
    }

    func createOrder(_ receipt: String, _ amount: Money, in tx: any Transaction) throws -> RemoteOrder {
        let order = SandboxOrder(
            id: RemoteID.make("order_"), receipt: receipt, status: .created, capture: .automatic, amount: amount,
            paid: 0, attempts: 0, notes: .object([]), createdAt: tx.now)
        try SandboxStore.insert(order, in: tx)
        return RemoteOrder(id: order.id, receipt: receipt, amount: amount)
    }

    /// A person pays an order, or the bank declines.
    func pay(_ orderID: String, succeeds: Bool, method: String, in tx: any Transaction) throws -> PaymentFact? {
        guard var order = try SandboxStore.order(orderID, in: tx) else { return nil }
        var payment = SandboxPayment(
            id: RemoteID.make("pay_"), order: order.id, status: succeeds ? .authorized : .failed,
            amount: order.amount, refunded: 0, method: method, fee: nil, tax: nil,
            errorCode: succeeds ? nil : "BAD_REQUEST_ERROR", errorText: succeeds ? nil : "The bank declined it.",
            createdAt: tx.now)
        if succeeds { payment.capture() }
        try SandboxStore.insert(payment, in: tx)
        order.attempts += 1
        if succeeds { (order.status, order.paid) = (.paid, payment.amount.amount) }
        try SandboxStore.update(order, in: tx)
        return fact(payment)
    }

    /// Gives money back; the same key twice gives it back once. Nil key: somebody did it in the provider's dashboard.
    func refund(_ id: String, _ amount: Money, key: String?, in tx: any Transaction) throws -> RefundFact {
        if let key, let earlier = try SandboxStore.refund(key: key, in: tx) { return fact(earlier) }
        guard var payment = try SandboxStore.payment(id, in: tx), payment.isCaptured,
            amount.amount <= payment.amount.amount - payment.refunded
        else { throw ProviderError.refused(code: "BAD_REQUEST_ERROR", words: "more than was captured") }
        let refund = SandboxRefund(
            id: RemoteID.make("rfnd_"), payment: id, status: .processed, amount: amount, receipt: key,
            notes: .object([]), idempotencyKey: key, createdAt: tx.now)
        try SandboxStore.insert(refund, in: tx)
        payment.refunded += amount.amount
        if payment.refunded == payment.amount.amount { payment.status = .refunded }
        try SandboxStore.update(payment, in: tx)
        return fact(refund)
    }

    private func fact(_ it: SandboxPayment) -> PaymentFact {
        PaymentFact(
            id: it.id, orderID: it.order, amount: it.amount, state: it.isCaptured ? .captured : .failed,
            method: it.method, fee: it.fee, feeTax: it.tax, errorCode: it.errorCode, errorText: it.errorText)
    }

    private func fact(_ it: SandboxRefund) -> RefundFact {
        RefundFact(
            id: it.id, paymentID: it.payment, amount: it.amount, state: .processed,
            receipt: it.idempotencyKey.flatMap { RefundID($0) }?.text)
    }
}
