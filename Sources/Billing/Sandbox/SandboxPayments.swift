// Payments and refunds of the simulator.
import Core
import Storage
import Web

extension Sandbox {
    func addPaymentRoutes(to routes: inout Routes) {
        get("/v1/payments/{id}", "sandboxGetPayment", "Read a payment of the simulator", to: &routes) { call, tx in
            try payment(call, in: tx).json
        }
        post("/v1/payments/{id}/capture", "sandboxCapturePayment", "Capture an authorised payment", to: &routes) {
            call, tx in
            try capture(call, in: tx).json
        }
        post("/v1/payments/{id}/refund", "sandboxRefundPayment", "Give a payment or a part of it back", to: &routes) {
            call, tx in
            try refund(call, in: tx).json
        }
        get("/v1/payments/{id}/refunds", "sandboxListPaymentRefunds", "List the refunds of a payment", to: &routes) {
            call, tx in
            collection(try SandboxStore.refunds(of: try payment(call, in: tx).id, in: tx).map(\.json))
        }
        get("/v1/refunds/{id}", "sandboxGetRefund", "Read a refund of the simulator", to: &routes) { call, tx in
            guard let refund = try SandboxStore.refund(call.parameter("id"), in: tx) else {
                throw SandboxError.unknownID
            }
            return refund.json
        }
    }

    private func payment<Body>(_ call: Call<Body>, in tx: any Transaction) throws -> SandboxPayment {
        guard let payment = try SandboxStore.payment(call.parameter("id"), in: tx) else { throw SandboxError.unknownID }
        return payment
    }

    private func capture(_ call: Call<AnyDocument>, in tx: any Transaction) throws -> SandboxPayment {
        var payment = try payment(call, in: tx)
        let fields = try SandboxFields(call, allowed: ["amount", "currency"])
        guard try fields.amount(payment.amount.currency) == payment.amount else {
            throw SandboxError("Capture amount must be equal to the amount authorized", field: "amount")
        }
        guard payment.status == .authorized else {
            throw SandboxError("This payment has already been captured")
        }
        try capture(&payment, in: tx)
        try settle(payment, in: tx)
        return payment
    }

    /// Takes the money: it is on the account, less the fee, whether or not the payment says what the fee was.
    func capture(_ payment: inout SandboxPayment, in tx: any Transaction) throws {
        payment.capture()
        let fee = payment.fee ?? 0
        try SandboxStore.insert(
            SandboxLine(
                id: payment.id, type: "payment", amount: payment.amount.amount,
                net: Money(stored: payment.amount.amount - fee, payment.amount.currency), fee: fee,
                tax: payment.tax ?? 0, order: payment.order, createdAt: tx.now), in: tx)
        if try SandboxStore.chaos(in: tx).hidesFees == true { (payment.fee, payment.tax) = (nil, nil) }
        try SandboxStore.update(payment, in: tx)
    }

    /// A captured payment pays its order; both are told.
    func settle(_ payment: SandboxPayment, copies: Int = 1, isTold: Bool = true, in tx: any Transaction) throws {
        var order = try order(payment.order, in: tx)
        (order.status, order.paid) = (.paid, payment.amount.amount)
        try SandboxStore.update(order, in: tx)
        guard isTold else { return }
        try tell("payment.captured", [("payment", payment.json)], copies: copies, in: tx)
        try tell("order.paid", [("payment", payment.json), ("order", order.json)], copies: copies, in: tx)
        try tellOfLink(order, payment, copies: copies, in: tx)
    }

    private func refund(_ call: Call<AnyDocument>, in tx: any Transaction) throws -> SandboxRefund {
        let payment = try payment(call, in: tx)
        let fields = try SandboxFields(call, allowed: ["amount", "speed", "notes", "receipt"])
        let rest = payment.amount.amount - payment.refunded
        let wanted = try fields.amount(payment.amount.currency)
        let key = try idempotencyKey(call)
        if let key, let earlier = try SandboxStore.refund(key: key, in: tx) {
            guard earlier.payment == payment.id, wanted == nil || wanted == earlier.amount else {
                throw SandboxError(
                    "Different request with the same idempotency key has already been processed.")
            }
            return earlier
        }
        guard payment.isCaptured else {
            throw SandboxError("The payment status should be captured for action to be taken")
        }
        guard rest > 0 else { throw SandboxError("The payment has been fully refunded already") }
        let amount = wanted?.amount ?? rest
        guard amount <= rest else {
            throw SandboxError("The refund amount provided is greater than amount captured", field: "amount")
        }
        return try giveBack(
            payment, amount, receipt: try fields.text("receipt", limit: 40), notes: try fields.notes(), key: key, in: tx
        )
    }

    /// Gives money back, or takes the refund on and lets it fail.
    func giveBack(
        _ before: SandboxPayment, _ amount: Int64? = nil, receipt: String?, notes: JSONValue = .object([]),
        key: String? = nil, in tx: any Transaction
    ) throws -> SandboxRefund {
        var payment = before
        let chaos = try SandboxStore.chaos(in: tx)
        let amount = amount ?? payment.amount.amount - payment.refunded
        guard payment.isCaptured, amount > 0 else { throw SandboxError("There is nothing to give back") }
        if chaos.isPoor == true {
            throw SandboxError("Your account does not have enough balance to carry out the refund operation.")
        }
        var refund = SandboxRefund(
            id: RemoteID.make("rfnd_"), payment: payment.id, status: chaos.failsRefunds == true ? .pending : .processed,
            amount: Money(stored: amount, payment.amount.currency), receipt: receipt, notes: notes,
            idempotencyKey: key, createdAt: tx.now)
        try SandboxStore.insert(refund, in: tx)
        try tell("refund.created", [("refund", refund.json), ("payment", payment.json)], in: tx)
        if refund.status == .pending {
            let taken = refund
            refund.status = .failed
            try SandboxStore.update(refund, in: tx)
            try tell("refund.failed", [("refund", refund.json), ("payment", payment.json)], in: tx)
            return taken
        }
        payment.refunded += amount
        if payment.refunded == payment.amount.amount { payment.status = .refunded }
        try SandboxStore.update(payment, in: tx)
        try SandboxStore.insert(
            SandboxLine(
                id: refund.id, type: "refund", amount: amount,
                net: Money(stored: -amount, payment.amount.currency), payment: payment.id, createdAt: tx.now), in: tx)
        try tell("refund.processed", [("refund", refund.json), ("payment", payment.json)], in: tx)
        return refund
    }

    private func idempotencyKey(_ call: Call<AnyDocument>) throws -> String? {
        guard let key = call.request.headers["x-refund-idempotency"] else { return nil }
        let isPlain = key.utf8.allSatisfy { RazorpayWire.isAlphanumeric($0) || $0 == 45 || $0 == 95 }
        guard (10...100).contains(key.utf8.count), isPlain else {
            throw SandboxError("The idempotency key must have at least 10 letters, digits, - and _")
        }
        return key
    }
}
