// The way of a request, from the first header to the last byte.
package import Core
import HTTPTypes
package import Logging
package import Storage

/// Answers every request: route, authenticate, authorise, decode, run, encode; in this order, for all of them.
package struct Gateway: Sendable {
    /// What the gateway needs from the composition root.
    package struct Settings: Sendable {
        package var authentication: Authentication
        package var cursors: CursorSigner
        package var answers: AnswerSeal
        /// Where people reach this instance: `https://app.example.com`; the only base of links.
        package var origin: String
        /// Hosts beside the origin's that requests may name, such as `127.0.0.1:8090`.
        package var hosts: Set<String>
        /// Origins of other sites whose scripts may call the API, exactly as browsers send them.
        package var crossOrigins: Set<String> = []
        /// Proxies whose `X-Forwarded-For` is believed.
        package var trustedProxies: TrustedProxies
        package var limits: Limits
        /// How often an organisation may call by its plan; nil: as often as the limits say of organisations.
        package var planRate: @Sendable (OrganizationID, any Transaction) throws -> Rate? = { _, _ in nil }
        /// Whether an organisation may only read and see to its billing, because it has not paid.
        package var isLimited: @Sendable (OrganizationID, any Transaction) throws -> Bool = { _, _ in false }
        /// Browsers that may sign in although their address has tried too often.
        package var browsers: KnownBrowsers?
        package var logger: Logger
        /// Told of every request once it is answered.
        package var record: @Sendable (RequestRecord) -> Void
        /// Told of every attempt that was refused for want of a right or a valid credential.
        package var onDenial: (@Sendable (Denial) -> Void)?

        package init(
            authentication: Authentication, cursors: CursorSigner, answers: AnswerSeal, origin: String,
            hosts: Set<String> = [], trustedProxies: TrustedProxies = .none, limits: Limits = .none, logger: Logger,
            record: @escaping @Sendable (RequestRecord) -> Void = { _ in }
        ) {
            self.authentication = authentication
            self.cursors = cursors
            self.answers = answers
            self.origin = origin
            self.hosts = hosts
            self.trustedProxies = trustedProxies
            self.limits = limits
            self.logger = logger
            self.record = record
        }
    }

    let table: RouteTable
    let database: any Database
    let settings: Settings

    /// Throws `RouteConflict` when the endpoints contradict each other.
    package init(endpoints: [Endpoint], database: any Database, settings: Settings) throws {
        table = try RouteTable(endpoints)
        self.database = database
        self.settings = settings
    }

    /// What the head of a request leads to.
    enum Outcome {
        /// It is refused, or is a read that needs no body: this is its answer.
        case answered(Response)
        /// It is allowed, and goes on with `finish` once its body is there.
        case accepted(Accepted)
    }

    /// A request that was understood and allowed by its head, or whose credential can't be decided at once.
    final class Accepted: Sendable {
        fileprivate let exchange: Exchange
        fileprivate let endpoint: Endpoint
        fileprivate let caller: Result<Caller, PendingCredential>

        fileprivate init(_ exchange: Exchange, to endpoint: Endpoint, by caller: Result<Caller, PendingCredential>) {
            self.exchange = exchange
            self.endpoint = endpoint
            self.caller = caller
        }

        /// The most bytes that its body may have.
        var bodyLimit: Int { endpoint.body?.limit ?? Exchange.emptyBodyLimit }
    }

    /// Takes the head of a request. Whatever refuses it by its head does so here, before any of its body is looked at.
    func begin(_ head: HTTPRequest, from socket: ClientAddress?) -> Outcome {
        var exchange = Exchange(head, from: client(of: head, from: socket))
        do {
            try exchange.checkTarget(settings)
            let found = Result { try route(&exchange) }
            // What leads nowhere is counted too, or it would be the way around the limit.
            try settings.limits.spend(for: exchange.endpoint, by: exchange.client, &exchange.limits) {
                try knownBrowser(head)
            }
            if let allowed = exchange.preflight(table, settings) { return .answered(completed(allowed, exchange)) }
            let endpoint = try found.get()
            try exchange.checkEncoding()
            exchange.query = try exchange.parseQuery(for: endpoint)
            try exchange.checkForm(settings)
            do {
                if case .read(let handle) = endpoint.work, endpoint.body == nil {
                    return .answered(completed(try read(endpoint, &exchange, handle), exchange))
                }
                let caller = try database.read(in: .instance) { tx in try admit(&exchange, to: endpoint, in: tx) }
                return .accepted(Accepted(exchange, to: endpoint, by: .success(caller)))
            } catch let pending as PendingCredential {
                return .accepted(Accepted(exchange, to: endpoint, by: .failure(pending)))
            }
        } catch {
            return .answered(refused(error, exchange))
        }
    }

    /// Does what an accepted request asks for.
    func finish(_ accepted: Accepted, body: [UInt8]) async -> Response {
        var exchange = accepted.exchange
        do {
            let caller = try await caller(of: accepted, &exchange)
            return completed(try await work(accepted.endpoint, for: caller, body, exchange), exchange)
        } catch {
            return refused(error, exchange)
        }
    }

    /// Who calls; where that could not be decided at once, it is waited for and asked once more.
    private func caller(of accepted: Accepted, _ exchange: inout Exchange) async throws -> Caller {
        switch accepted.caller {
        case .success(let caller): return caller
        case .failure(let pending):
            try await pending.resolve(exchange.stranger)
            return try database.read(in: .instance) { tx in try admit(&exchange, to: accepted.endpoint, in: tx) }
        }
    }

    /// The answer to an accepted request whose body never came as it should.
    func refuse(_ accepted: Accepted, _ problem: Problem) -> Response {
        var exchange = accepted.exchange
        exchange.closesConnection = true
        return refused(problem, exchange)
    }

    private func work(
        _ endpoint: Endpoint, for caller: Caller, _ bytes: [UInt8], _ exchange: Exchange
    ) async throws -> Response {
        let body = try exchange.body(bytes, of: endpoint)
        let call = try exchange.call(body: body, endpoint: endpoint, caller: caller, settings: settings)
        do {
            return try await run(endpoint, call, scope: caller.scope, exchange)
        } catch let error as any ProblemConvertible {
            return try database.read(in: caller.scope) { tx in try shown(error, of: endpoint, call, exchange, in: tx) }
        }
    }

    /// A refusal in the operation's own form; throws it on when it has none.
    private func shown(
        _ error: any ProblemConvertible, of endpoint: Endpoint, _ call: Call<RawBody>, _ exchange: Exchange,
        in tx: any Transaction
    ) throws -> Response {
        guard let recover = endpoint.recover, error.problem.status != 500 else { throw error }
        note(error, exchange)
        var response = try recover(error.problem, call, tx)
        if let seconds = error.problem.retryAfter { response.headers.append(("Retry-After", String(seconds))) }
        return response
    }

    private func refused(_ error: any Error, _ exchange: Exchange) -> Response {
        note(error, exchange)
        return completed(exchange.problemResponse(for: error, logger: settings.logger), exchange)
    }

    private func note(_ error: any Error, _ exchange: Exchange) {
        if let onDenial = settings.onDenial, let denial = exchange.denial(for: error) { onDenial(denial) }
    }

    private func completed(_ response: Response, _ exchange: Exchange) -> Response {
        var response = response
        exchange.complete(&response, settings: settings)
        settings.record(exchange.record(of: response))
        return response
    }

    /// A read is answered from one state of the database, credential and role included.
    private func read(
        _ endpoint: Endpoint, _ exchange: inout Exchange,
        _ handle: (Call<RawBody>, any Transaction) throws -> Response
    ) throws -> Response {
        try database.read(in: .instance) { tx in
            let caller = try admit(&exchange, to: endpoint, in: tx)
            let call = try exchange.call(body: RawBody(), endpoint: endpoint, caller: caller, settings: settings)
            return try tx.scoped(to: caller.scope) { tx in
                do {
                    return try handle(call, tx)
                } catch let error as any ProblemConvertible {
                    return try shown(error, of: endpoint, call, exchange, in: tx)
                }
            }
        }
    }

    private func route(_ exchange: inout Exchange) throws -> Endpoint {
        let method = exchange.method == "HEAD" ? "GET" : exchange.method
        switch table.find(method, exchange.path) {
        case .found(let endpoint, let parameters):
            exchange.endpoint = endpoint
            exchange.parameters = parameters
            return endpoint
        case .otherMethods(let methods):
            exchange.allow = methods.contains("GET") ? (methods + ["HEAD"]).sorted() : methods
            throw Problem(
                "method_not_allowed", status: 405,
                "This address takes \(exchange.allow.joined(separator: ", ")).")
        case .none: throw Problem.notFound("address")
        }
    }

    private func run(
        _ endpoint: Endpoint, _ call: Call<RawBody>, scope: Scope, _ exchange: Exchange
    ) async throws -> Response {
        let keyed = try exchange.idempotency(of: endpoint, call, scope, settings)
        switch endpoint.work {
        case .read(let handle):
            return try database.read(in: scope) { tx in try handle(call, tx) }
        case .write(let handle):
            let effect = try handle(call)
            // An answer that is kept has to be made in the transaction; others need not keep the one writer.
            guard let keyed else { return try await database.write(in: scope, by: call.actor, effect)() }
            return try await database.write(in: scope, by: call.actor) { tx in
                if let replayed = try keyed.replay(in: tx) { return replayed }
                let response = try effect(tx)()
                try keyed.finish(response, in: tx)
                return response
            }
        case .act(let handle):
            guard let keyed else { return try await handle(call) }
            return try await act(handle, call, keyed)
        }
    }

    /// Work that waits for something else: the key is taken before, and the answer kept after.
    private func act(
        _ handle: @Sendable (Call<RawBody>) async throws -> Response, _ call: Call<RawBody>, _ keyed: IdempotentRequest
    ) async throws -> Response {
        let replayed = try await database.write(in: .instance, by: call.actor) { tx -> Response? in
            if let replayed = try keyed.replay(in: tx) { return replayed }
            try keyed.begin(in: tx)
            return nil
        }
        if let replayed { return replayed }
        do {
            let response = try await handle(call)
            try await database.write(in: .instance, by: call.actor) { tx in try keyed.finish(response, in: tx) }
            return response
        } catch {
            try await database.write(in: .instance, by: call.actor) { tx in try keyed.release(in: tx) }
            throw error
        }
    }
}

/// What the log says of a request.
package struct RequestRecord: Sendable {
    package let id: String
    package let method: String
    /// The route's pattern; `-` where no route was found.
    package let route: String
    package let status: Int
    /// From the head's arrival to the answer's making.
    package let microseconds: Int
    /// The client's address.
    package let address: String
}

extension HTTPField.Name {
    // The names are valid by RFC 9110's token rule, which is why these can't be nil.
    static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .via
    static let requestID = HTTPField.Name("X-Request-Id") ?? .via
    static let idempotencyKey = HTTPField.Name("Idempotency-Key") ?? .via
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .via
}
