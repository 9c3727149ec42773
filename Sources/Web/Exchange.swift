// One request on its way: what was read of it so far, and what its answer will need.
import Core
import HTTPTypes
import Storage

/// The state of one request in the gateway.
struct Exchange: Sendable {
    let started = ContinuousClock.now
    let requestID: String
    let method: String
    let path: Substring
    let rawQuery: Substring
    let client: ClientAddress?
    /// The client's address in words.
    let address: String
    let head: HTTPRequest
    var endpoint: Endpoint?
    var parameters: [String: String] = [:]
    var query: [String: String] = [:]
    var cookieToken: String?
    var principal: Principal?
    /// Whether the route is the principal's to call.
    var isAdmitted = false
    /// Whose log a refusal belongs into.
    var deniedScope = Scope.instance
    var limits = LimitReport()
    var allow: [String] = []
    var closesConnection = false

    init(_ head: HTTPRequest, from client: ClientAddress?) {
        self.head = head
        method = head.method.rawValue
        self.client = client
        address = client?.description ?? "unknown"
        let target = Substring(head.path ?? "/")
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = mark.map { target[..<$0] } ?? target
        rawQuery = mark.map { target[target.utf8.index(after: $0)...] } ?? ""
        requestID = Self.sane(head.headerFields[.requestID]) ?? RequestID(at: Clock.system.now).text
    }

    /// A request id from outside, if it is short and plain.
    private static func sane(_ text: String?) -> String? {
        guard let text, (8...64).contains(text.utf8.count) else { return nil }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95: true
            default: false
            }
        }
        return isPlain ? text : nil
    }

    /// Refuses a target that another server might read differently, and hosts that are not ours.
    func checkTarget(_ settings: Gateway.Settings) throws(Problem) {
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 2048, rawQuery.utf8.count <= 4096 else {
            throw Problem("malformed_target", status: 400, "The request's target must be a path of at most 2048 bytes.")
        }
        guard !settings.hosts.isEmpty, let host = head.authority else { return }
        guard settings.hosts.contains(host.lowercased()) else {
            throw Problem("unknown_host", status: 421, "This server does not answer for that host name.")
        }
    }

    /// Refuses a body in a coding that would have to be undone: nothing here inflates anything.
    func checkEncoding() throws(Problem) {
        guard method != "GET", let coding = head.headerFields[.contentEncoding], coding.lowercased() != "identity"
        else {
            return
        }
        throw Problem("unsupported_media_type", status: 415, "Send the body as it is, without a Content-Encoding.")
    }

    /// The query's parameters; throws 422 for unknown and repeated ones.
    func parseQuery(for endpoint: Endpoint) throws(Problem) -> [String: String] {
        let parsed = rawQuery.isEmpty ? [:] : try FormDecoding.decode(Array(rawQuery.utf8), marker: "?")
        var problems: [FieldProblem] = []
        for (name, value) in parsed {
            try Self.refuseCredential(in: value)
            guard let parameter = endpoint.query.first(where: { $0.name == name }) else {
                if endpoint.output.isPage { continue }
                problems.append(FieldProblem("?\(name)", "unknown_field", "There is no such parameter."))
                continue
            }
            problems += parameter.problems(of: value)
        }
        if !problems.isEmpty { throw .invalid(problems.sorted { $0.pointer < $1.pointer }) }
        return parsed
    }

    /// The credential of the request, if any; other schemes than Bearer are the route's own matter.
    func credential(_ settings: Gateway.Settings) throws(Problem) -> (token: String, isCookie: Bool)? {
        if endpoint?.bringsOwnCredential == true { return nil }
        if let header = head.headerFields[.authorization] {
            let parts = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard let scheme = parts.first, Substring(scheme).lowercased() == "bearer" else { return nil }
            guard parts.count == 2, parts[1].count <= 8192 else { throw .unauthenticated }
            return (String(Substring(parts[1])), false)
        }
        let name = SessionCookie.name(at: settings.origin)
        guard let token = Cookies.value(of: name, in: head.headerFields) else { return nil }
        return (token, true)
    }

    /// Cookies come along on their own, so an unsafe method has to prove that our own page sent it.
    func checkSameOrigin(_ settings: Gateway.Settings) throws(Problem) {
        guard method != "GET", method != "HEAD", endpoint?.acceptsCrossSite != true else { return }
        guard isSameOrigin(settings) == true else { throw Self.crossOrigin }
    }

    /// A form that needs no cookie (sign-in, set-up) is not to be sent from another site either: it would sign the
    /// browser in as somebody else. Programs, which send neither header, are let through.
    func checkForm(_ settings: Gateway.Settings) throws(Problem) {
        guard let endpoint, endpoint.output.isPage, endpoint.method == "POST", !endpoint.acceptsCrossSite else {
            return
        }
        if isSameOrigin(settings) == false { throw Self.crossOrigin }
    }

    /// Whether the browser says that a page of ours sent this; nil when nothing is said.
    private func isSameOrigin(_ settings: Gateway.Settings) -> Bool? {
        if let site = head.headerFields[.secFetchSite] { return site == "same-origin" }
        return head.headerFields[.origin].map { $0 == settings.origin }
    }

    private static let crossOrigin = Problem(
        "cross_origin_request", status: 403, "This must be sent from a page of this site.")

    /// The scope a handler runs in: the organisation of the path for members, else the instance.
    func scope(of endpoint: Endpoint) throws(Problem) -> Scope {
        guard case .member = endpoint.access else { return .instance }
        guard let id = OrganizationID(parameters["org"] ?? "") else { throw .notFound("organisation") }
        return .organization(id)
    }

    /// Holds a body against the rule of its route.
    func body(_ bytes: [UInt8], of endpoint: Endpoint) throws -> RawBody {
        switch endpoint.body {
        case .json(let schema, _):
            try requireType("application/json", orEmpty: false)
            let json = try JSONParser.parse(bytes)
            let problems = schema.problems(of: json)
            if !problems.isEmpty { throw Problem.invalid(problems) }
            return RawBody(bytes: bytes, json: json)
        case .form:
            if bytes.isEmpty { return RawBody() }
            try requireType("application/x-www-form-urlencoded", orEmpty: true)
            return RawBody(bytes: bytes, form: try FormDecoding.decode(bytes, marker: "/"))
        case .raw: return RawBody(bytes: bytes)
        case nil:
            if bytes.isEmpty { return RawBody() }
            try requireType("application/json", orEmpty: false)
            let problems = Schema(.object([])).problems(of: try JSONParser.parse(bytes))
            if !problems.isEmpty { throw Problem.invalid(problems) }
            return RawBody()
        }
    }

    /// Clients that always send a body send `{}` where there is nothing to say.
    static let emptyBodyLimit = 1024

    private func requireType(_ expected: String, orEmpty: Bool) throws(Problem) {
        let header = head.headerFields[.contentType] ?? ""
        if header == expected { return }
        if orEmpty, header.isEmpty { return }
        let type = header.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() }
        guard type == expected else {
            throw Problem("unsupported_media_type", status: 415, "Send the body as \(expected).")
        }
    }

    /// The actor of a request as long as nobody knows whose it is.
    var stranger: Actor {
        Actor(.anonymous, id: "-", display: "somebody not signed in", requestID: requestID, address: address)
    }

    /// What the handler is given.
    func call(
        body: RawBody, endpoint: Endpoint, caller: Caller, settings: Gateway.Settings
    ) throws(Problem) -> Call<RawBody> {
        let missing = endpoint.query.filter { $0.isRequired && query[$0.name] == nil }
        guard missing.isEmpty else {
            throw .invalid(missing.map { FieldProblem("?\($0.name)", "required", "It is missing.") })
        }
        let list: @Sendable () -> String = { Self.list(endpoint, caller.scope) }
        let after: String? =
            if let cursor = query["cursor"] { try settings.cursors.open(cursor, list: list()) } else { nil }
        let actor = caller.principal?.actor(requestID: requestID, address: address) ?? stranger
        return Call(
            body: body, principal: caller.principal, role: caller.role, actor: actor,
            page: PageRequest(limit: query["limit"].flatMap { Int($0) } ?? 25, after: after),
            request: RequestFacts(
                id: requestID, method: method, pattern: endpoint.path, parameters: parameters, query: query,
                address: address, userAgent: head.headerFields[.userAgent].map { String($0.prefix(300)) },
                ifMatch: head.headerFields[.ifMatch], cookieToken: cookieToken, origin: settings.origin,
                flash: Flash.cookie.value(in: head.headerFields, at: settings.origin)
                    .flatMap(Flash.message(from:)),
                rawBody: body.bytes, fields: head.headerFields, signCursor: { settings.cursors.sign($0, list: list()) })
        )
    }

    private static func list(_ endpoint: Endpoint, _ scope: Scope) -> String {
        if case .organization(let id) = scope { "\(endpoint.id) \(id)" } else { endpoint.id }
    }

    /// The key of a POST, if it came with one; throws 400 where it is required and missing.
    func idempotency(
        of endpoint: Endpoint, _ call: Call<RawBody>, _ scope: Scope, _ settings: Gateway.Settings
    ) throws(Problem) -> IdempotentRequest? {
        guard endpoint.method == "POST", !endpoint.output.isPage else { return nil }
        guard let header = head.headerFields[.idempotencyKey] else {
            guard !endpoint.requiresIdempotencyKey else {
                throw Problem(
                    "idempotency_key_required", status: 400,
                    "This moves money: send an Idempotency-Key header, so that a repeated request happens once.")
            }
            return nil
        }
        let key = try IdempotentRequest.key(from: header)
        guard let principal = call.principal else { return nil }
        return IdempotentRequest(
            scope: scope, principal: principal.id, key: key, method: method, target: "\(path)?\(rawQuery)",
            body: call.body.bytes, seal: settings.answers)
    }
}

extension Endpoint.Output {
    var isPage: Bool { if case .page = self { true } else { false } }
}

extension QueryParameter {
    func problems(of value: String) -> [FieldProblem] {
        if schema.kind == .integer {
            guard let number = Int64(value) else {
                return [FieldProblem("?\(name)", "wrong_type", "It must be a whole number.")]
            }
            return schema.problems(of: .integer(number), at: "?\(name)")
        }
        return schema.problems(of: .string(value), at: "?\(name)")
    }
}
