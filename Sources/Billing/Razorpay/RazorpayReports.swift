// Razorpay's disputes, settlements, report lines and payment links, as JSON and over HTTP.
import Core
import NIOHTTP1
import Web

extension RazorpayWire {
    /// The facts of messages that are not about a payment of an order or a refund.
    static func others(_ type: String, _ payload: JSONValue?, _ payment: PaymentFact?) -> [Fact] {
        switch type {
        case "payment.dispute.created", "payment.dispute.won", "payment.dispute.lost", "payment.dispute.closed",
            "payment.dispute.under_review", "payment.dispute.action_required":
            var facts: [Fact] = payment.map { [.payment($0)] } ?? []
            if let dispute = payload?["dispute"]?["entity"].flatMap(dispute) { facts.append(.dispute(dispute)) }
            return facts
        case "settlement.processed":
            return (payload?["settlement"]?["entity"].flatMap(settlement)).map { [.settlement($0)] } ?? []
        case "payment_link.paid", "payment_link.partially_paid":
            // The payment names an order of the provider's own; the link is what we know.
            guard let payment, let link = id(payload?["payment_link"]?["entity"]?["id"], "plink_") else { return [] }
            return [.payment(payment.of(order: link))]
        default: return []
        }
    }

    /// Reads a dispute; nil when it is none.
    static func dispute(_ json: JSONValue) -> DisputeFact? {
        guard let id = id(json["id"], "disp_"), let payment = Self.id(json["payment_id"], "pay_"),
            let amount = money(json), amount.amount > 0,
            let state = text(json["status"]).flatMap({ DisputeState(rawValue: $0) })
        else { return nil }
        return DisputeFact(
            id: id, paymentID: payment, amount: amount, state: state,
            phase: text(json["phase"]).map { String($0.prefix(40)) } ?? "",
            reason: text(json["reason_code"]).map { String($0.prefix(100)) } ?? "",
            respondBy: instant(json["respond_by"]))
    }

    /// Reads a settlement; always rupees, whatever the payments were.
    static func settlement(_ json: JSONValue) -> SettlementFact? {
        guard let id = id(json["id"], "setl_"), let number = json["amount"]?.integerValue,
            let amount = Money(number, .inr), amount.amount > 0,
            let state = text(json["status"]).flatMap({ SettlementState(rawValue: $0) })
        else { return nil }
        return SettlementFact(
            id: id, amount: amount, state: state, reference: text(json["utr"]).map { String($0.prefix(60)) },
            createdAt: instant(json["created_at"]) ?? Timestamp(milliseconds: 0))
    }

    /// Reads a line of the report; nil when it is none. Its notes are a text here, and are not looked at.
    static func line(_ json: JSONValue) -> SettlementLine? {
        guard let id = text(json["entity_id"]), id.utf8.count <= 60, let type = text(json["type"]),
            let debit = json["debit"]?.integerValue, let credit = json["credit"]?.integerValue,
            (0...Money.limit).contains(debit), (0...Money.limit).contains(credit),
            let currency = json["currency"]?.stringValue.flatMap({ Currency($0) }),
            let net = Money(credit - debit, currency)
        else { return nil }
        let kind: SettlementLine.Kind =
            switch type {
            case "payment": .payment
            case "refund": .refund
            case "adjustment": .adjustment
            default: .other
            }
        let payment = text(json["payment_id"]) ?? (kind == .payment ? id : nil)
        return SettlementLine(
            id: id, kind: kind, net: net, fee: bounded(json["fee"]), feeTax: bounded(json["tax"]),
            gross: bounded(json["amount"]), paymentID: payment, orderID: text(json["order_id"]),
            disputeID: text(json["dispute_id"]), settlementID: text(json["settlement_id"]),
            method: text(json["method"]).map { String($0.prefix(40)) } ?? "unknown",
            createdAt: instant(json["created_at"]) ?? Timestamp(milliseconds: 0))
    }

    private static func bounded(_ json: JSONValue?) -> Int64 {
        guard let number = json?.integerValue, (0...Money.limit).contains(number) else { return 0 }
        return number
    }

    /// Reads a payment link; nil when it is none.
    static func link(_ json: JSONValue) -> RemoteLink? {
        guard let id = id(json["id"], "plink_"), let url = text(json["short_url"]), url.utf8.count <= 500 else {
            return nil
        }
        return RemoteLink(id: id, url: url)
    }

    /// Seconds since 1970; nil for what can be no instant of this century or the next.
    private static func instant(_ json: JSONValue?) -> Timestamp? {
        guard let seconds = json?.integerValue, (1...7_258_118_400).contains(seconds) else { return nil }
        return Timestamp(milliseconds: seconds * 1000)
    }
}

extension PaymentFact {
    /// The same payment, known by another order of ours.
    func of(order: String) -> PaymentFact {
        PaymentFact(
            id: id, orderID: order, amount: amount, state: state, method: method, fee: fee, feeTax: feeTax,
            errorCode: errorCode, errorText: errorText)
    }
}

extension Razorpay {
    /// The most that one page of the report holds, and of every other list.
    private static let reportPage = 1000
    private static let page = 100
    /// More pages than this are a mistake, not a report.
    private static let pageLimit = 100

    @Sendable func dispute(_ id: String) async throws -> [Fact] {
        do {
            return [.dispute(try await read(.GET, "/v1/disputes/\(id)", nil, RazorpayWire.dispute))]
        } catch ProviderError.refused { return [] }
    }

    /// Lines day by day, in the days of India; then disputes and settlements.
    @Sendable func report(_ from: Timestamp, _ until: Timestamp) async throws -> [Fact] {
        var facts: [Fact] = []
        let last = until.adding(Self.indianOffset)
        var instant = CivilDate(from.adding(Self.indianOffset)).startOfDay
        while instant <= last {
            let day = CivilDate(instant)
            let query = "year=\(day.year)&month=\(day.month)&day=\(day.day)"
            let path = "/v1/settlements/recon/combined?\(query)"
            facts += try await list(path, size: Self.reportPage).compactMap(RazorpayWire.line).map { .line($0) }
            instant = instant.adding(.days(1))
        }
        let span = "from=\(from.seconds)&to=\(until.seconds)"
        facts += try await list("/v1/disputes?\(span)", size: Self.page).compactMap(RazorpayWire.dispute)
            .map { .dispute($0) }
        facts += try await list("/v1/settlements?\(span)", size: Self.page).compactMap(RazorpayWire.settlement)
            .map { .settlement($0) }
        return facts
    }

    private static let indianOffset = Milliseconds.minutes(330)

    private func list(_ path: String, size: Int) async throws -> [JSONValue] {
        var all: [JSONValue] = []
        for page in 0..<Self.pageLimit {
            let answer = try await send(.GET, "\(path)&count=\(size)&skip=\(page * size)", nil)
            let items = answer["items"]?.arrayValue ?? []
            all += items
            if items.count < size { return all }
        }
        throw ProviderError.unknown("a list without end")
    }

    @Sendable func createLink(_ reference: String, _ amount: Money, _ text: String) async throws -> RemoteLink {
        let body: JSONValue = .object([
            "amount": .integer(amount.amount), "currency": .string(amount.currency.code),
            "reference_id": .string(reference), "description": .string(text), "accept_partial": .bool(false),
        ])
        return try await read(.POST, "/v1/payment_links", body, RazorpayWire.link)
    }

    @Sendable func findLink(_ reference: String) async throws -> RemoteLink? {
        let answer = try await send(.GET, "/v1/payment_links?reference_id=\(reference)", nil)
        let items = answer["payment_links"]?.arrayValue ?? answer["items"]?.arrayValue ?? []
        return items.first { $0["reference_id"]?.stringValue == reference }.flatMap(RazorpayWire.link)
    }

    /// A link lists only identifiers of its payments: each is read by itself.
    @Sendable func linkPayments(_ id: String) async throws -> [PaymentFact] {
        let link = try await send(.GET, "/v1/payment_links/\(id)", nil)
        var facts: [PaymentFact] = []
        for item in (link["payments"]?.arrayValue ?? []).prefix(20) {
            guard let payment = item["payment_id"]?.stringValue, RazorpayWire.id(.string(payment), "pay_") != nil
            else { continue }
            facts.append(try await read(.GET, "/v1/payments/\(payment)", nil, RazorpayWire.payment).of(order: id))
        }
        return facts
    }
}
