// Razorpay's JSON, read with its irregularities (see the traps in the official samples).
import Core
import Web

enum RazorpayWire {
    /// Reads an order; nil when it is none.
    static func order(_ json: JSONValue) -> RemoteOrder? {
        guard let id = id(json["id"], "order_"), let amount = money(json) else { return nil }
        return RemoteOrder(id: id, receipt: text(json["receipt"]), amount: amount)
    }

    /// Reads a payment; nil when it is none, or in a state that is of another world.
    static func payment(_ json: JSONValue) -> PaymentFact? {
        guard let id = id(json["id"], "pay_"), let amount = money(json), amount.amount > 0,
            let state = paymentState(json)
        else { return nil }
        return PaymentFact(
            id: id, orderID: text(json["order_id"]), amount: amount, state: state,
            method: text(json["method"]).map { String($0.prefix(40)) } ?? "unknown",
            // A fee on a foreign payment is in the currency of the settlement, so it comes with the settlement.
            fee: amount.currency == .inr ? json["fee"]?.integerValue : nil,
            feeTax: amount.currency == .inr ? json["tax"]?.integerValue : nil,
            errorCode: text(json["error_code"]).map { String($0.prefix(100)) },
            errorText: text(json["error_description"]).map { String($0.prefix(300)) })
    }

    /// The status decides. The flag `captured` is a string in some messages and true in one that is only authorised,
    /// so it is only asked where the status says that money went back.
    private static func paymentState(_ json: JSONValue) -> PaymentState? {
        switch json["status"]?.stringValue {
        case "created", "pending": .created
        case "authorized": .authorized
        case "captured": .captured
        case "failed": .failed
        case "refunded": isTrue(json["captured"]) ? .captured : .autoRefunded
        default: nil
        }
    }

    private static func isTrue(_ json: JSONValue?) -> Bool {
        json?.boolValue == true || json?.stringValue == "1" || json?.stringValue == "true" || json?.integerValue == 1
    }

    /// Reads a refund; nil when it is none.
    static func refund(_ json: JSONValue) -> RefundFact? {
        guard let id = id(json["id"], "rfnd_"), let payment = Self.id(json["payment_id"], "pay_"),
            let amount = money(json), amount.amount > 0
        else { return nil }
        let state: RefundState? =
            switch json["status"]?.stringValue {
            case "processed": .processed
            case "failed": .failed
            case "pending", "created", nil: .pending
            default: nil
            }
        guard let state else { return nil }
        return RefundFact(id: id, paymentID: payment, amount: amount, state: state, receipt: text(json["receipt"]))
    }

    /// Reads a webhook: which facts it carries. Kinds that carry none for us have an empty list.
    ///
    /// With an account, a message about another one is as good as not signed.
    static func event(_ body: [UInt8], account: String? = nil) throws(BillingProblem) -> ProviderEvent {
        guard let json = try? JSONParser.parse(body), let type = json["event"]?.stringValue, type.utf8.count <= 100,
            case .object? = json["payload"]
        else { throw .malformedEvent }
        if let account, let named = json["account_id"]?.stringValue, named != account { throw .signature }
        let payload = json["payload"]
        let payment = payload?["payment"]?["entity"].flatMap(payment)
        let facts: [Fact]
        switch type {
        case "payment.authorized", "payment.captured", "payment.failed", "order.paid":
            facts = payment.map { [.payment($0)] } ?? []
        case "refund.created", "refund.processed", "refund.failed":
            var refund = payload?["refund"]?["entity"].flatMap(refund)
            // The name of the event is later news than the entity's status, except that a created one may be processed.
            if type == "refund.failed" { refund = refund?.with(state: .failed) }
            if type == "refund.processed" { refund = refund?.with(state: .processed) }
            facts = (payment.map { [.payment($0)] } ?? []) + (refund.map { [.refund($0)] } ?? [])
        default: facts = others(type, payload, payment)
        }
        return ProviderEvent(type: type, facts: facts)
    }

    /// The words of an error answer, and its code.
    static func error(_ json: JSONValue?) -> (code: String, words: String) {
        let error = json?["error"]
        return (
            error?["code"]?.stringValue.map { String($0.prefix(60)) } ?? "UNKNOWN",
            error?["description"]?.stringValue.map { String($0.prefix(200)) } ?? "no description"
        )
    }

    static func money(_ json: JSONValue) -> Money? {
        guard let amount = json["amount"]?.integerValue, amount >= 0,
            let currency = json["currency"]?.stringValue.flatMap({ Currency($0) })
        else { return nil }
        return Money(amount, currency)
    }

    static func id(_ json: JSONValue?, _ prefix: String) -> String? {
        guard let text = json?.stringValue, text.hasPrefix(prefix), text.utf8.count <= 40,
            text.utf8.dropFirst(prefix.utf8.count).allSatisfy(isAlphanumeric)
        else { return nil }
        return text
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    /// A text that says something: null and the empty string are the same to Razorpay.
    static func text(_ json: JSONValue?) -> String? {
        guard let text = json?.stringValue, !text.isEmpty else { return nil }
        return text
    }
}

extension RefundFact {
    fileprivate func with(state: RefundState) -> RefundFact {
        RefundFact(id: id, paymentID: paymentID, amount: amount, state: state, receipt: receipt)
    }
}
