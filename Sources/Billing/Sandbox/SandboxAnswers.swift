// How the simulator's API answers: Razorpay's keys, errors and lists.
import Core
import Storage
import Web

/// An error in Razorpay's form.
struct SandboxError: ProblemConvertible {
    let status: Int
    let words: String
    let field: String?

    init(_ words: String, field: String? = nil, status: Int = 400) {
        self.words = words
        self.field = field
        self.status = status
    }

    static let authentication = SandboxError("Authentication failed", status: 401)
    static let unknownID = SandboxError("The id provided does not exist")

    var problem: Problem {
        Problem(
            "bad_request_error", status: status, words,
            fields: field.map { [FieldProblem($0, "input_validation_failed", words)] } ?? [])
    }
}

/// Any JSON document: what it has to be is told in the simulator's own words.
struct AnyDocument: RequestBody, SchemaDescribed {
    static let schema = Schema.any
    static let example = AnyDocument()
    static let limit = 65_536

    init() {}
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws { try JSONValue.object([]).encode(to: encoder) }
}

extension Sandbox {
    /// Adds an operation that reads.
    func get(
        _ path: String, _ id: String, _ summary: String, query: [QueryParameter] = [], to routes: inout Routes,
        _ work: @escaping @Sendable (Call<NoBody>, any Transaction) throws -> JSONValue
    ) {
        var declared = Routes()
        declared.get(
            Self.path + path, id, summary, tag: "sandbox", allow: .anyone, query: query, returns: JSONValue.self
        ) { call, tx in
            try authenticate(call.request)
            return try work(call, tx)
        }
        add(declared, to: &routes)
    }

    /// Adds an operation that changes something.
    func post(
        _ path: String, _ id: String, _ summary: String, to routes: inout Routes,
        _ work: @escaping @Sendable (Call<AnyDocument>, any Transaction) throws -> JSONValue
    ) {
        var declared = Routes()
        declared.post(
            Self.path + path, id, summary, tag: "sandbox", allow: .anyone, body: AnyDocument.self,
            returns: JSONValue.self
        ) { call, tx in
            try authenticate(call.request)
            return try work(call, tx)
        }
        add(declared, to: &routes)
    }

    /// Refusals are shown in Razorpay's form instead of ours.
    private func add(_ declared: Routes, to routes: inout Routes) {
        for var endpoint in declared.endpoints {
            endpoint.recover = { problem, _, _ in Self.answer(problem) }
            routes.add(disturbed(endpoint))
        }
    }

    static func answer(_ problem: Problem) -> Response {
        let field = problem.fields.first?.pointer
        let error: JSONValue = .object([
            "error": .object([
                "code": .string("BAD_REQUEST_ERROR"), "description": .string(problem.detail),
                "source": .string("business"), "step": .string("payment_initiation"),
                "reason": .string("input_validation_failed"), "metadata": .object([]),
                "field": field.map { .string($0) } ?? .null,
            ])
        ])
        return Response(
            status: problem.status, headers: [("Content-Type", "application/json")], body: error.bytes)
    }

    /// Digests are compared, so that the time it takes tells nothing of the key.
    private func authenticate(_ request: RequestFacts) throws {
        let header = request.headers["authorization"] ?? ""
        let expected = "Basic " + Base64.encode(Array("\(credentials.keyID):\(credentials.keySecret)".utf8))
        guard Digest.sha256(Array(header.utf8)) == Digest.sha256(Array(expected.utf8)) else {
            throw SandboxError.authentication
        }
    }
}

/// The fields of a request to the simulator; unknown ones are refused, as Razorpay does.
struct SandboxFields {
    private let json: JSONValue

    init(_ call: Call<AnyDocument>, allowed: Set<String>) throws {
        json = try JSONParser.parse(call.request.rawBody)
        guard case .object(let members) = json else { throw SandboxError("The request is not a JSON object") }
        let unknown = members.map(\.name).filter { !allowed.contains($0) }
        if let first = unknown.first {
            throw SandboxError(
                "\(unknown.joined(separator: ", ")) is/are not required and should not be sent", field: first)
        }
    }

    subscript(_ name: String) -> JSONValue? {
        guard let value = json[name], value != .null else { return nil }
        return value
    }

    /// An amount in minor units; at least one rupee (or a hundred of another currency's).
    func amount(_ currency: Currency?) throws -> Money? {
        guard let value = self["amount"] else { return nil }
        guard let number = value.integerValue ?? value.stringValue.flatMap({ Int64($0) }) else {
            throw SandboxError("The amount must be an integer.", field: "amount")
        }
        guard number >= 100, let currency, let money = Money(number, currency) else {
            throw SandboxError("The amount must be at least INR 1.00", field: "amount")
        }
        return money
    }

    /// A text of at most so many characters.
    func text(_ name: String, limit: Int) throws -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.stringValue, text.utf8.count <= limit else {
            throw SandboxError("The \(name) may not be greater than \(limit) characters.", field: name)
        }
        return text
    }

    /// At most 15 notes of 256 characters.
    func notes() throws -> JSONValue {
        guard let value = self["notes"], value != .array([]) else { return .object([]) }
        guard case .object(let members) = value, members.count <= 15,
            members.allSatisfy({ ($0.value.stringValue ?? "").utf8.count <= 256 && $0.name.utf8.count <= 256 })
        else { throw SandboxError("The notes may have 15 pairs of 256 characters each.", field: "notes") }
        return value
    }
}
