// Stripe's JSON: a payment intent is an order, and each of its charges is a payment.
import Core
import Web

enum StripeWire {
    static func order(_ json: JSONValue) -> RemoteOrder? {
        guard let id = id(json["id"], ["pi_"]), let amount = money(json["amount"], json["currency"]) else { return nil }
        return RemoteOrder(id: id, receipt: text(json["metadata"]?["receipt"]), amount: amount)
    }

    /// Reads a charge; nil when it is none.
    static func charge(_ json: JSONValue) -> PaymentFact? {
        guard let id = id(json["id"], ["ch_", "py_"]), let amount = money(json["amount"], json["currency"]),
            amount.amount > 0, let state = state(json)
        else { return nil }
        let balance = json["balance_transaction"]
        // What is kept in another currency than was paid in comes with the payout.
        let isSame = text(balance?["currency"])?.uppercased() == amount.currency.code
        return PaymentFact(
            id: id, orderID: Self.id(json["payment_intent"], ["pi_"]), amount: amount, state: state,
            method: text(json["payment_method_details"]?["type"]).map { String($0.prefix(40)) } ?? "unknown",
            fee: isSame ? balance?["fee"]?.integerValue : nil, feeTax: isSame ? balance.map(feeTax) : nil,
            errorCode: text(json["failure_code"]).map { String($0.prefix(100)) },
            errorText: text(json["failure_message"]).map { String($0.prefix(300)) })
    }

    private static func state(_ json: JSONValue) -> PaymentState? {
        let isCaptured = json["captured"]?.boolValue == true
        return switch json["status"]?.stringValue {
        case "pending": .created
        case "failed": .failed
        case "succeeded" where isCaptured: .captured
        // An authorisation that was let go shows as given back.
        case "succeeded": json["refunded"]?.boolValue == true ? .autoRefunded : .authorized
        default: nil
        }
    }

    /// The tax in a fee.
    private static func feeTax(_ balance: JSONValue) -> Int64 {
        let taxes = (balance["fee_details"]?.arrayValue ?? []).filter { $0["type"]?.stringValue == "tax" }
        return taxes.reduce(0) { sum, part in
            guard let amount = part["amount"]?.integerValue, (0...Money.limit - sum).contains(amount) else {
                return sum
            }
            return sum + amount
        }
    }

    static func refund(_ json: JSONValue) -> RefundFact? {
        guard let id = id(json["id"], ["re_", "pyr_"]), let charge = Self.id(json["charge"], ["ch_", "py_"]),
            let amount = money(json["amount"], json["currency"]), amount.amount > 0
        else { return nil }
        let state: RefundState? =
            switch json["status"]?.stringValue {
            case "succeeded": .processed
            case "failed", "canceled": .failed
            case "pending", "requires_action": .pending
            default: nil
            }
        guard let state else { return nil }
        return RefundFact(
            id: id, paymentID: charge, amount: amount, state: state, receipt: text(json["metadata"]?["receipt"]))
    }

    /// Reads a dispute with the money that moved because of it.
    static func dispute(_ json: JSONValue) -> [Fact] {
        guard let id = id(json["id"], ["dp_", "du_"]), let charge = Self.id(json["charge"], ["ch_", "py_"]),
            let amount = money(json["amount"], json["currency"]), amount.amount > 0
        else { return [] }
        let state: DisputeState? =
            switch json["status"]?.stringValue {
            case "needs_response", "warning_needs_response": .open
            case "under_review", "warning_under_review": .underReview
            case "warning_closed", "prevented": .closed
            case "won": .won
            case "lost": .lost
            default: nil
            }
        guard let state else { return [] }
        let fact = DisputeFact(
            id: id, paymentID: charge, amount: amount, state: state, phase: "chargeback",
            reason: text(json["reason"]).map { String($0.prefix(100)) } ?? "",
            respondBy: instant(json["evidence_details"]?["due_by"]))
        let moved = (json["balance_transactions"]?.arrayValue ?? []).compactMap { balance in
            line(balance, dispute: id, charge: charge)
        }
        return [.dispute(fact)] + moved.map { .line($0) }
    }

    private static func line(_ json: JSONValue, dispute: String, charge: String) -> SettlementLine? {
        guard let id = id(json["id"], ["txn_"]), let net = money(json["net"], json["currency"], isSigned: true) else {
            return nil
        }
        return SettlementLine(
            id: id, kind: .adjustment, net: net, fee: bounded(json["fee"]), feeTax: feeTax(json),
            gross: bounded(json["amount"]), paymentID: charge, disputeID: dispute,
            createdAt: instant(json["created"]) ?? Timestamp(milliseconds: 0))
    }

    /// Reads a balance transaction with its source expanded; nil for payouts, which are settlements.
    static func line(_ json: JSONValue, settlement: String?) -> SettlementLine? {
        guard let id = id(json["id"], ["txn_"]), let type = text(json["type"]),
            let net = money(json["net"], json["currency"], isSigned: true), !type.hasPrefix("payout")
        else { return nil }
        let source = json["source"]
        var line = SettlementLine(
            id: id, kind: .other, net: net, fee: bounded(json["fee"]), feeTax: feeTax(json),
            gross: bounded(json["amount"]), settlementID: settlement,
            createdAt: instant(json["created"]) ?? Timestamp(milliseconds: 0))
        switch text(source?["object"]) {
        case "charge":
            guard let charge = Self.id(source?["id"], ["ch_", "py_"]) else { return line }
            line = line.about(charge, .payment)
            line.paymentID = charge
            line.orderID = Self.id(source?["payment_intent"], ["pi_"])
            line.method = text(source?["payment_method_details"]?["type"]) ?? "unknown"
        case "refund":
            guard let refund = Self.id(source?["id"], ["re_", "pyr_"]) else { return line }
            line = line.about(refund, .refund)
            line.paymentID = Self.id(source?["charge"], ["ch_", "py_"])
        case "dispute":
            line = line.about(id, .adjustment)
            line.disputeID = Self.id(source?["id"], ["dp_", "du_"])
            line.paymentID = Self.id(source?["charge"], ["ch_", "py_"])
        default: break
        }
        return line
    }

    static func payout(_ json: JSONValue) -> SettlementFact? {
        guard let id = id(json["id"], ["po_"]), let amount = money(json["amount"], json["currency"]),
            amount.amount > 0
        else { return nil }
        let state: SettlementState? =
            switch json["status"]?.stringValue {
            case "paid": .processed
            case "pending", "in_transit": .created
            case "failed", "canceled": .failed
            default: nil
            }
        guard let state else { return nil }
        return SettlementFact(
            id: id, amount: amount, state: state, reference: text(json["trace_id"]?["value"]),
            createdAt: instant(json["created"]) ?? Timestamp(milliseconds: 0))
    }

    /// Reads a webhook: which facts it carries.
    static func event(_ body: [UInt8]) throws(BillingProblem) -> ProviderEvent {
        guard let json = try? JSONParser.parse(body), let type = text(json["type"]), type.utf8.count <= 100,
            let id = id(json["id"], ["evt_"]), let object = json["data"]?["object"]
        else { throw .malformedEvent }
        let facts: [Fact] =
            switch text(object["object"]) {
            case "charge": charge(object).map { [.payment($0)] } ?? []
            case "refund": refund(object).map { [.refund($0)] } ?? []
            case "dispute": dispute(object)
            case "payout": payout(object).map { [.settlement($0)] } ?? []
            default: []
            }
        return ProviderEvent(type: type, id: id, facts: facts)
    }

    /// The code and the words of an error answer.
    static func error(_ json: JSONValue?) -> (code: String, words: String) {
        let error = json?["error"]
        return (
            (text(error?["code"]) ?? text(error?["type"])).map { String($0.prefix(60)) } ?? "unknown",
            text(error?["message"]).map { String($0.prefix(200)) } ?? "no description"
        )
    }

    private static func money(_ number: JSONValue?, _ code: JSONValue?, isSigned: Bool = false) -> Money? {
        guard let amount = number?.integerValue, isSigned || amount >= 0,
            let currency = code?.stringValue.flatMap({ Currency($0.uppercased()) })
        else { return nil }
        return Money(amount, currency)
    }

    private static func bounded(_ json: JSONValue?) -> Int64 {
        guard let number = json?.integerValue, (-Money.limit...Money.limit).contains(number) else { return 0 }
        return abs(number)
    }

    /// An identifier, whether the object stands there or only its name.
    static func id(_ json: JSONValue?, _ prefixes: [String]) -> String? {
        guard let text = json?.stringValue ?? json?["id"]?.stringValue, text.utf8.count <= 80,
            prefixes.contains(where: { text.hasPrefix($0) }),
            text.utf8.allSatisfy({ RazorpayWire.isAlphanumeric($0) || $0 == 95 })
        else { return nil }
        return text
    }

    static func text(_ json: JSONValue?) -> String? {
        guard let text = json?.stringValue, !text.isEmpty else { return nil }
        return text
    }

    private static func instant(_ json: JSONValue?) -> Timestamp? {
        guard let seconds = json?.integerValue, (1...7_258_118_400).contains(seconds) else { return nil }
        return Timestamp(milliseconds: seconds * 1000)
    }
}

extension SettlementLine {
    /// The same movement, named by what it is about.
    fileprivate func about(_ id: String, _ kind: Kind) -> SettlementLine {
        SettlementLine(
            id: id, kind: kind, net: net, fee: fee, feeTax: feeTax, gross: gross, settlementID: settlementID,
            createdAt: createdAt)
    }
}
