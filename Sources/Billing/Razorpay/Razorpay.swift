// The Razorpay adapter: real HTTP, bounded in time and size, and honest about what it does not know.
package import AsyncHTTPClient
import Core
import NIOCore
import NIOHTTP1
import Web

/// The keys of an account at Razorpay.
package struct RazorpayCredentials: Sendable {
    /// `rzp_test_…` or `rzp_live_…`; not secret.
    package let keyID: String
    package let keySecret: String
    /// The newest first; older ones still verify webhooks that were signed before a change.
    package let webhookSecrets: [String]
    /// `acc_…`; when it is given, messages about another account are not believed, whoever signed them.
    package let accountID: String?

    package init(keyID: String, keySecret: String, webhookSecrets: [String], accountID: String? = nil) {
        self.accountID = accountID
        self.keyID = keyID
        self.keySecret = keySecret
        self.webhookSecrets = webhookSecrets
    }
}

/// Razorpay's API as a payment provider.
package struct Razorpay: Sendable {
    /// The largest answer that is read, in bytes.
    static let answerLimit = 1_048_576

    let client: HTTPClient
    let credentials: RazorpayCredentials
    /// Without a slash at the end; a closure because the simulator's port is known only when it listens.
    let baseURL: @Sendable () -> String

    /// Talks to Razorpay, or to whatever speaks its language under another address.
    package init(
        client: HTTPClient, credentials: RazorpayCredentials,
        baseURL: @escaping @Sendable () -> String = { "https://api.razorpay.com" }
    ) {
        self.client = client
        self.credentials = credentials
        self.baseURL = baseURL
    }

    /// The provider for billing.
    package func provider(checkout: PaymentProvider.Checkout? = nil) -> PaymentProvider {
        let secret = credentials.keySecret
        let webhookSecrets = credentials.webhookSecrets
        return PaymentProvider(
            account: credentials.keyID, createOrder: createOrder, findOrder: findOrder, payments: payments,
            payment: payment, capture: capture, refund: refund, refundStatus: refundStatus,
            isCheckoutSignature: { signature, order, payment in
                RazorpaySignature.isValid(
                    signature, of: RazorpaySignature.checkout(orderID: order, paymentID: payment), secret: secret)
            },
            isWebhookSignature: { signature, body, _ in
                webhookSecrets.contains { RazorpaySignature.isValid(signature, of: body, secret: $0) }
            },
            event: { [account = credentials.accountID] body in try RazorpayWire.event(body, account: account) },
            checkout: checkout
                ?? .script(
                    address: "https://checkout.razorpay.com/v1/checkout.js",
                    origins: ["https://checkout.razorpay.com", "https://api.razorpay.com"], keyID: credentials.keyID),
            dispute: dispute, report: report,
            links: PaymentLinks(create: createLink, find: findLink, payments: linkPayments))
    }

    @Sendable private func createOrder(
        _ receipt: String, _ amount: Money, _ notes: [String: String]
    ) async throws -> RemoteOrder {
        let body: JSONValue = .object([
            "amount": .integer(amount.amount), "currency": .string(amount.currency.code), "receipt": .string(receipt),
            "notes": .object(notes.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
            "payment": .object(["capture": .string("automatic")]),
        ])
        return try await read(.POST, "/v1/orders", body, RazorpayWire.order)
    }

    @Sendable private func findOrder(_ receipt: String) async throws -> RemoteOrder? {
        let answer = try await send(.GET, "/v1/orders?receipt=\(receipt)", nil)
        let items = answer["items"]?.arrayValue ?? []
        return items.compactMap(RazorpayWire.order).first { $0.receipt == receipt }
    }

    @Sendable private func payments(_ orderID: String) async throws -> [PaymentFact] {
        let answer = try await send(.GET, "/v1/orders/\(orderID)/payments", nil)
        return (answer["items"]?.arrayValue ?? []).compactMap(RazorpayWire.payment)
    }

    @Sendable private func payment(_ id: String) async throws -> PaymentFact? {
        do {
            return try await read(.GET, "/v1/payments/\(id)", nil, RazorpayWire.payment)
        } catch ProviderError.refused { return nil }
    }

    @Sendable private func capture(_ id: String, _ amount: Money) async throws -> PaymentFact {
        try await read(
            .POST, "/v1/payments/\(id)/capture",
            .object(["amount": .integer(amount.amount), "currency": .string(amount.currency.code)]),
            RazorpayWire.payment)
    }

    @Sendable private func refund(_ id: String, _ amount: Money, _ key: String) async throws -> RefundFact {
        let body: JSONValue = .object([
            "amount": .integer(amount.amount), "speed": .string("normal"), "receipt": .string(key),
        ])
        return try await read(
            .POST, "/v1/payments/\(id)/refund", body, headers: [("X-Refund-Idempotency", key)], RazorpayWire.refund)
    }

    @Sendable private func refundStatus(_ id: String) async throws -> RefundFact? {
        do {
            return try await read(.GET, "/v1/refunds/\(id)", nil, RazorpayWire.refund)
        } catch ProviderError.refused { return nil }
    }

    func read<Value>(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue?, headers: [(String, String)] = [],
        _ decode: (JSONValue) -> Value?
    ) async throws -> Value {
        let answer = try await send(method, path, body, headers: headers)
        guard let value = decode(answer) else { throw ProviderError.unknown("an answer of another form") }
        return value
    }

    /// One call: an answer of 2xx, or a `ProviderError` that says whether anything can have happened.
    func send(
        _ method: HTTPMethod, _ path: String, _ body: JSONValue?, headers: [(String, String)] = []
    ) async throws -> JSONValue {
        var request = HTTPClientRequest(url: baseURL() + path)
        request.method = method
        let token = Base64.encode(Array("\(credentials.keyID):\(credentials.keySecret)".utf8))
        request.headers.add(name: "Authorization", value: "Basic \(token)")
        request.headers.add(name: "Accept", value: "application/json")
        for header in headers { request.headers.add(name: header.0, value: header.1) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.text))
        }
        let (status, json) = try await ProviderCall.send(request, by: client, limit: Self.answerLimit)
        return try Self.judge(status, json)
    }

    /// What an answer means. Anything that is neither success nor a plain refusal leaves the outcome open.
    static func judge(_ status: Int, _ json: JSONValue?) throws(ProviderError) -> JSONValue {
        switch status {
        case 200..<300:
            guard let json else { throw .unknown("an answer that is not JSON") }
            return json
        case 401, 403: throw .credentials
        case 400, 404, 422:
            let error = RazorpayWire.error(json)
            // Wrong keys are reported as 400 by some of its endpoints.
            if error.words == "Authentication failed" { throw .credentials }
            if error.words.contains("not have enough balance") { throw .lowBalance }
            throw .refused(code: error.code, words: error.words)
        default: throw .unknown("status \(status)")
        }
    }
}
