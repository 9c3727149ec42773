// The Stripe adapter: payment intents with idempotency keys, refunds, disputes and balance transactions.
package import AsyncHTTPClient
import Core
import NIOCore
import NIOHTTP1
import Web

/// The keys of an account at Stripe.
package struct StripeCredentials: Sendable {
    /// `pk_…`: shown to browsers.
    package let publishableKey: String
    package let secretKey: String
    /// The newest first; older ones still verify webhooks that were signed before a change.
    package let webhookSecrets: [String]

    package init(publishableKey: String, secretKey: String, webhookSecrets: [String]) {
        self.publishableKey = publishableKey
        self.secretKey = secretKey
        self.webhookSecrets = webhookSecrets
    }
}

/// Stripe's API as a payment provider.
package struct Stripe: Sendable {
    /// The form of answers that this adapter was written for.
    static let version = "2025-03-31.basil"
    private static let answerLimit = 4_194_304
    private static let page = 100
    private static let pageLimit = 100

    let client: HTTPClient
    let credentials: StripeCredentials
    let baseURL: @Sendable () -> String

    package init(
        client: HTTPClient, credentials: StripeCredentials,
        baseURL: @escaping @Sendable () -> String = { "https://api.stripe.com" }
    ) {
        self.client = client
        self.credentials = credentials
        self.baseURL = baseURL
    }

    /// The provider for billing.
    package func provider(checkout: PaymentProvider.Checkout? = nil) -> PaymentProvider {
        let secrets = credentials.webhookSecrets
        return PaymentProvider(
            kind: .stripe, account: credentials.publishableKey, createOrder: createOrder, findOrder: findOrder,
            payments: payments, payment: payment, capture: capture, refund: refund, refundStatus: refundStatus,
            // Stripe's pages sign nothing: what a browser says of a payment is only a reason to ask.
            isCheckoutSignature: { _, _, _ in false },
            isWebhookSignature: { StripeSignature.isValid($0, of: $1, secrets: secrets, now: $2) },
            event: { try StripeWire.event($0) },
            checkout: checkout ?? .element(publishableKey: credentials.publishableKey, secret: clientSecret),
            dispute: dispute, report: report)
    }

    @Sendable private func createOrder(
        _ receipt: String, _ amount: Money, _ notes: [String: String]
    ) async throws -> RemoteOrder {
        var form: [(name: String, value: String)] = [
            ("amount", String(amount.amount)), ("currency", amount.currency.code.lowercased()),
            ("automatic_payment_methods[enabled]", "true"), ("metadata[receipt]", receipt),
        ]
        for (name, value) in notes.sorted(by: { $0.key < $1.key }) { form.append(("metadata[\(name)]", value)) }
        return try await read(.POST, "/v1/payment_intents", StripeForm(form), key: receipt, StripeWire.order)
    }

    /// The search lags a minute behind. Until then the idempotency key does the same: creating again gives the same.
    @Sendable private func findOrder(_ receipt: String) async throws -> RemoteOrder? {
        let query = StripeForm.encoded("metadata['receipt']:'\(receipt)'")
        let answer = try await send(.GET, "/v1/payment_intents/search?query=\(query)", nil)
        return (answer["data"]?.arrayValue ?? []).compactMap(StripeWire.order).first { $0.receipt == receipt }
    }

    @Sendable private func payments(_ orderID: String) async throws -> [PaymentFact] {
        let path = "/v1/charges?payment_intent=\(orderID)&expand%5B%5D=data.balance_transaction"
        return try await list(path).compactMap(StripeWire.charge)
    }

    @Sendable private func payment(_ id: String) async throws -> PaymentFact? {
        do {
            return try await read(.GET, "/v1/charges/\(id)?expand%5B%5D=balance_transaction", nil, StripeWire.charge)
        } catch ProviderError.refused { return nil }
    }

    @Sendable private func capture(_ id: String, _ amount: Money) async throws -> PaymentFact {
        guard let charge = try await payment(id), let intent = charge.orderID else {
            throw ProviderError.refused(code: "resource_missing", words: "no such charge")
        }
        let form = StripeForm([("amount_to_capture", String(amount.amount))])
        _ = try await send(.POST, "/v1/payment_intents/\(intent)/capture", form, key: "capture-\(id)")
        guard let captured = try await payment(id) else { throw ProviderError.unknown("the charge is gone") }
        return captured
    }

    @Sendable private func refund(_ id: String, _ amount: Money, _ key: String) async throws -> RefundFact {
        let form = StripeForm([("charge", id), ("amount", String(amount.amount)), ("metadata[receipt]", key)])
        return try await read(.POST, "/v1/refunds", form, key: key, StripeWire.refund)
    }

    @Sendable private func refundStatus(_ id: String) async throws -> RefundFact? {
        do {
            return try await read(.GET, "/v1/refunds/\(id)", nil, StripeWire.refund)
        } catch ProviderError.refused { return nil }
    }

    @Sendable private func clientSecret(_ orderID: String) async throws -> String {
        try await read(.GET, "/v1/payment_intents/\(orderID)", nil) { StripeWire.text($0["client_secret"]) }
    }

    @Sendable private func dispute(_ id: String) async throws -> [Fact] {
        do {
            return StripeWire.dispute(try await send(.GET, "/v1/disputes/\(id)", nil))
        } catch ProviderError.refused { return [] }
    }

    /// What moved on the balance, then disputes and payouts; of payouts also what they consist of.
    @Sendable private func report(_ from: Timestamp, _ until: Timestamp) async throws -> [Fact] {
        let span = "created%5Bgte%5D=\(from.seconds)&created%5Blte%5D=\(until.seconds)"
        let source = "expand%5B%5D=data.source"
        var facts: [Fact] = try await list("/v1/balance_transactions?\(span)&\(source)")
            .compactMap { StripeWire.line($0, settlement: nil) }.map { .line($0) }
        facts += try await list("/v1/disputes?\(span)").flatMap(StripeWire.dispute)
        for payout in try await list("/v1/payouts?\(span)").compactMap(StripeWire.payout) {
            facts.append(.settlement(payout))
            facts += try await list("/v1/balance_transactions?payout=\(payout.id)&\(source)")
                .compactMap { StripeWire.line($0, settlement: payout.id) }.map { .line($0) }
        }
        return facts
    }

    private func list(_ path: String) async throws -> [JSONValue] {
        var all: [JSONValue] = []
        for _ in 0..<Self.pageLimit {
            let after = all.last.flatMap { StripeWire.text($0["id"]) }.map { "&starting_after=\($0)" } ?? ""
            let answer = try await send(.GET, "\(path)&limit=\(Self.page)\(after)", nil)
            let items = answer["data"]?.arrayValue ?? []
            all += items
            guard answer["has_more"]?.boolValue == true, !items.isEmpty else { return all }
        }
        throw ProviderError.unknown("a list without end")
    }

    private func read<Value>(
        _ method: HTTPMethod, _ path: String, _ form: StripeForm?, key: String? = nil,
        _ decode: (JSONValue) -> Value?
    ) async throws -> Value {
        guard let value = decode(try await send(method, path, form, key: key)) else {
            throw ProviderError.unknown("an answer of another form")
        }
        return value
    }

    /// One call: an answer of 2xx, or a `ProviderError` that says whether anything can have happened.
    private func send(
        _ method: HTTPMethod, _ path: String, _ form: StripeForm?, key: String? = nil
    ) async throws -> JSONValue {
        var request = HTTPClientRequest(url: baseURL() + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(credentials.secretKey)")
        request.headers.add(name: "Stripe-Version", value: Self.version)
        if let key { request.headers.add(name: "Idempotency-Key", value: key) }
        if let form {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form.encoded))
        }
        let (status, json) = try await ProviderCall.send(request, by: client, limit: Self.answerLimit)
        return try Self.judge(status, json)
    }

    /// What an answer means. Anything that is neither success nor a plain refusal leaves the outcome open.
    static func judge(_ status: Int, _ json: JSONValue?) throws(ProviderError) -> JSONValue {
        let error = StripeWire.error(json)
        switch status {
        case 200..<300:
            guard let json else { throw .unknown("an answer that is not JSON") }
            return json
        case 401, 403: throw .credentials
        case 400, 402, 404:
            if error.code == "balance_insufficient" { throw .lowBalance }
            throw .refused(code: error.code, words: error.words)
        default: throw .unknown("status \(status)")
        }
    }
}
