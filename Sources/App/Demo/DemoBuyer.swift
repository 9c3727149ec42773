// Buys as a customer does: over HTTP, with the API and the payment simulator's checkout.
import AsyncHTTPClient
import Billing
import Core
import NIOCore
import NIOHTTP1
import Web

/// An owner's program that takes plans and pays.
struct DemoBuyer: Sendable {
    let client: HTTPClient
    /// Where the instance answers while the demo is being filled.
    let url: String
    /// A session of the organisation's owner.
    let token: String
    let organization: OrganizationID

    /// How the payment goes.
    enum Outcome: String, Sendable {
        case success
        /// As `success`, but the simulator's webhooks are lost: quicker, because nothing has to be delivered.
        case callback
        case failure
    }

    private var path: String { "/v1/orgs/\(organization)" }

    /// Takes Pro: on trial, or against an invoice. Returns the order to pay, if there is one.
    func takePro(every interval: Interval, isTrial: Bool = false) async throws -> String? {
        let answer = try await post(
            "\(path)/subscription",
            .object([
                "plan": .string("pro"), "currency": .string("INR"), "interval": .string(interval.rawValue),
                "trial": .bool(isTrial),
            ]))
        return answer["checkout"]?["order_id"]?.stringValue
    }

    /// The order of the newest invoice.
    func orderOfNewestInvoice() async throws -> String? {
        let list = try await send(.GET, "\(path)/invoices?limit=1", nil)
        guard let id = list["data"]?.arrayValue?.first?["id"]?.stringValue else { return nil }
        return try await post("\(path)/invoices/\(id)/pay", nil)["order_id"]?.stringValue
    }

    /// Sets what invoices say of the organisation.
    func setDetails(_ party: Party) async throws {
        _ = try await post(
            "\(path)/billing-details",
            .object([
                "name": .string(party.name), "address": .string(party.address), "country": .string(party.country),
                "state": .string(party.state), "gstin": .string(party.gstin),
            ]))
    }

    /// Reports what was used.
    func report(_ usage: JSONValue) async throws { _ = try await post("\(path)/usage", usage) }

    /// Presses a button of the simulator's checkout, and brings its proof back when the payment went well.
    func pay(_ order: String, _ outcome: Outcome) async throws {
        let page = "\(Sandbox.path)/checkout/\(order)"
        let html = try await exchange(.GET, page, nil, type: "text/html")
        let names = ["razorpay_order_id", "razorpay_payment_id", "razorpay_signature"]
        let proof = try names.map { name in (name, try Self.hidden(name, in: html)) }
        let form = (proof + [("outcome", outcome.rawValue)]).map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        _ = try await exchange(.POST, page, form, type: "application/x-www-form-urlencoded")
        guard outcome != .failure else { return }
        _ = try await post(
            "\(path)/payments/confirm", .object(proof.map { JSONValue.Member($0.0, .string($0.1)) }))
    }

    /// The value of a hidden field; all of these consist of letters, digits and underscores.
    private static func hidden(_ name: String, in page: String) throws -> String {
        let start = "name=\"\(name)\" value=\""
        guard let found = page.firstRange(of: start) else { throw DemoFailed("the simulator's page has no \(name)") }
        return String(page[found.upperBound...].prefix { $0 != "\"" })
    }

    private func post(_ path: String, _ body: JSONValue?) async throws -> JSONValue {
        try await send(.POST, path, body)
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: JSONValue?) async throws -> JSONValue {
        let text = try await exchange(method, path, body?.text, type: "application/json")
        return try JSONParser.parse(Array(text.utf8))
    }

    private func exchange(_ method: HTTPMethod, _ path: String, _ body: String?, type: String) async throws -> String {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "User-Agent", value: "Demo")
        if method == .POST {
            request.headers.add(name: "Idempotency-Key", value: Base62.random(24))
            if let body {
                request.headers.add(name: "Content-Type", value: type)
                request.body = .bytes(ByteBuffer(string: body))
            }
        }
        let response = try await client.execute(request, timeout: .seconds(10))
        let bytes = try await response.body.collect(upTo: 1_048_576)
        let text = String(decoding: bytes.readableBytesView, as: UTF8.self)
        guard response.status.code < 400 else {
            throw DemoFailed("\(method) \(path) was answered with \(response.status.code): \(text.prefix(300))")
        }
        return text
    }
}

/// Why the demo could not be filled.
struct DemoFailed: Error, CustomStringConvertible {
    let description: String
    init(_ reason: String) { description = "The demo could not be filled: \(reason)" }
}
