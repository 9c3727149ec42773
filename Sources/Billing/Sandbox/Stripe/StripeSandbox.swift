// The simulator of Stripe: payment intents, charges, refunds, disputes and payouts in Stripe's wire format.
//
// It keeps its objects as the documents that it answers with, knows nothing of billing, and sends signed webhooks over
// HTTP. A checkout page takes Stripe's published test cards.
package import AsyncHTTPClient
import Core
package import Jobs
import NIOCore
import NIOHTTP1
package import Storage
package import Web

/// The simulator: routes under `/sandbox/stripe`, a checkout page, and a job that sends webhooks.
package struct StripeSandbox: Sendable {
    let database: any Database
    let client: HTTPClient
    let credentials: StripeCredentials
    let ownURL: @Sendable () -> String

    package init(
        database: any Database, client: HTTPClient, credentials: StripeCredentials,
        ownURL: @escaping @Sendable () -> String
    ) {
        self.database = database
        self.client = client
        self.credentials = credentials
        self.ownURL = ownURL
    }

    /// Where the simulator's API begins, below the address of the instance.
    package static let path = "/sandbox/stripe"

    /// Where people pay in the simulator.
    package static let checkout = PaymentProvider.Checkout.page(path: "\(path)/checkout")

    static let webhookJob = "sandbox.stripe_webhook"

    package func addRoutes(to routes: inout Routes) {
        addIntentRoutes(to: &routes)
        addMoneyRoutes(to: &routes)
        addOperatorRoutes(to: &routes)
    }

    package func addPages(to pages: inout Pages) { addCheckout(to: &pages) }

    package func addJobs(to handlers: inout JobHandlers) {
        handlers.on(Self.webhookJob, "Send a webhook of the simulator of Stripe", timeout: .minutes(1)) { context in
            try await deliver(try context.text("event_id"))
            return .done
        }
    }

    /// Writes an event down and enqueues its delivery; it goes wrong as the chaos panel says.
    func tell(
        _ type: String, _ object: JSONValue, copies: Int = 1, isTold: Bool = true, in tx: any Transaction
    ) throws {
        let id = "evt_" + Base62.random(24)
        let event: JSONValue = .object([
            "id": .string(id), "object": .string("event"), "api_version": .string(Stripe.version),
            "created": .integer(tx.now.seconds), "data": .object(["object": object]), "livemode": .bool(false),
            "pending_webhooks": .integer(1), "request": .object(["id": .null, "idempotency_key": .null]),
            "type": .string(type),
        ])
        try StripeSandboxStore.save(id, "event", parent: type, event, in: tx)
        guard isTold else { return }
        for instant in try SandboxStore.chaos(in: tx).deliveries(copies: copies, at: tx.now) {
            try Jobs.enqueue(Self.webhookJob, .object(["event_id": .string(id)]), at: instant, in: tx)
        }
    }

    private func deliver(_ id: String) async throws {
        let now = database.clock.now
        guard let event = try database.read(in: .instance, { try StripeSandboxStore.find(id, "event", in: $0) }) else {
            throw JobGivesUp("there is no event \(id)")
        }
        var request = HTTPClientRequest(url: ownURL() + "/v1/webhooks/stripe")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Stripe-Signature", value: signature(of: event.bytes, at: now))
        request.body = .bytes(ByteBuffer(bytes: event.bytes))
        let response = try await client.execute(request, timeout: .seconds(5))
        guard (200..<300).contains(response.status.code) else {
            throw NotDelivered(description: "the webhook was answered with \(response.status.code)")
        }
    }

    func signature(of body: [UInt8], at now: Timestamp) -> String {
        StripeSignature.header(for: body, secret: credentials.webhookSecrets.first ?? "", at: now)
    }
}

/// A refusal in Stripe's form.
struct StripeSandboxError: ProblemConvertible {
    let status: Int
    let type: String
    let code: String
    let words: String

    init(
        _ words: String, code: String = "parameter_invalid", type: String = "invalid_request_error", status: Int = 400
    ) {
        self.words = words
        self.code = code
        self.type = type
        self.status = status
    }

    static func missing(_ id: String) -> StripeSandboxError {
        StripeSandboxError("No such object: '\(id.prefix(80))'", code: "resource_missing", status: 404)
    }

    static func card(_ words: String, _ code: String) -> StripeSandboxError {
        StripeSandboxError(words, code: code, type: "card_error", status: 402)
    }

    /// Type and code travel as a field's, so that the answer can be written from it.
    var problem: Problem {
        Problem("bad_request_error", status: status, words, fields: [FieldProblem(type, code, words)])
    }
}

extension StripeSandbox {
    /// Adds an operation that reads.
    func get(
        _ path: String, _ id: String, _ summary: String, query: [QueryParameter] = [], to routes: inout Routes,
        _ work: @escaping @Sendable (Call<RawBody>, any Transaction) throws -> JSONValue
    ) {
        var endpoint =
            Endpoint(
                method: "GET", path: Self.path + path, id: id, summary: summary, tag: "sandbox", access: .anyone,
                query: query + Self.expansions, output: .json(.any, status: 200),
                work: .read { call, tx in
                    try authenticate(call.request)
                    return Self.json(try work(call, tx), 200)
                },
                recover: { problem, _, _ in Self.answer(problem) })
        endpoint.bringsOwnCredential = true
        routes.add(endpoint)
    }

    /// Adds an operation that changes something; the same idempotency key gives the same answer.
    func post(
        _ path: String, _ id: String, _ summary: String, to routes: inout Routes,
        _ work: @escaping @Sendable (StripeForm, Call<RawBody>, any Transaction) throws -> JSONValue
    ) {
        var endpoint =
            Endpoint(
                method: "POST", path: Self.path + path, id: id, summary: summary, tag: "sandbox", access: .anyone,
                body: .raw(limit: 65_536), output: .json(.any, status: 200),
                work: .write { call in
                    try authenticate(call.request)
                    guard let form = StripeForm(decoding: call.body.bytes) else {
                        throw StripeSandboxError("The body is not a form")
                    }
                    return { tx in
                        let answer = try once(call, in: tx) { try work(form, call, tx) }
                        return { Self.json(answer, 200) }
                    }
                },
                recover: { problem, _, _ in Self.answer(problem) })
        endpoint.bringsOwnCredential = true
        routes.add(endpoint)
    }

    private func once(
        _ call: Call<RawBody>, in tx: any Transaction, _ work: () throws -> JSONValue
    ) throws -> JSONValue {
        guard let key = call.request.headers["idempotency-key"], (1...255).contains(key.utf8.count) else {
            return try work()
        }
        let request = Digest.sha256(Array("\(call.request.pattern) \(call.request.parameters) ".utf8) + call.body.bytes)
        if let earlier = try StripeSandboxStore.answer(to: key, in: tx) {
            guard earlier.request == request else {
                throw StripeSandboxError(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                    code: "idempotency_key_in_use", type: "idempotency_error")
            }
            return earlier.answer
        }
        let answer = try work()
        try StripeSandboxStore.keep(answer, request: request, under: key, in: tx)
        return answer
    }

    private static let expansions = ["expand[]", "expand[0]", "expand[1]"].map {
        QueryParameter($0, "What to show in full.")
    }

    static func json(_ value: JSONValue, _ status: Int) -> Response {
        Response(status: status, headers: [("Content-Type", "application/json")], body: value.bytes)
    }

    private static func answer(_ problem: Problem) -> Response {
        let field = problem.fields.first
        return json(
            .object([
                "error": .object([
                    "type": .string(field?.pointer ?? "invalid_request_error"),
                    "code": .string(field?.code ?? problem.code), "message": .string(problem.detail), "param": .null,
                ])
            ]), problem.status)
    }

    /// Bearer, or Basic with the key as the user; digests are compared, so that the time it takes tells nothing.
    private func authenticate(_ request: RequestFacts) throws {
        let given = Digest.sha256(Array((request.headers["authorization"] ?? "").utf8))
        let accepted = [
            "Bearer \(credentials.secretKey)", "Basic " + Base64.encode(Array("\(credentials.secretKey):".utf8)),
        ]
        guard accepted.contains(where: { Digest.sha256(Array($0.utf8)) == given }) else {
            throw StripeSandboxError("Invalid API Key provided", code: "api_key_invalid", status: 401)
        }
    }
}
