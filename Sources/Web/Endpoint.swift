// One operation: everything the router, the permission check, validation and the OpenAPI document need to know.
package import Core
package import Storage

/// One declared operation.
package struct Endpoint: Sendable {
    package let method: String
    /// Starts with `/`; parameters in braces: `/v1/orgs/{org}/members/{user}`.
    package let path: String
    /// The OpenAPI operationId; for pages a name for logs.
    package let id: String
    package let summary: String
    package let tag: String
    package let access: Access
    package let query: [QueryParameter]
    package let body: BodyRule?
    package let output: Output
    /// Codes beyond the general ones that the operation can answer.
    package let problems: [String]
    /// What a call takes from each limit, measured in ordinary calls: an export or a verification is the work of many.
    package let cost: Int
    package var requiresIdempotencyKey = false
    /// Whether a browser may send this from another site, because something else than the cookie authenticates it.
    package var acceptsCrossSite = false
    /// Whether the Authorization header is the operation's own matter: it speaks for a service of somebody else, as the
    /// payment simulators do, whose keys are none of ours.
    package var bringsOwnCredential = false
    /// Whether this ends an impersonation: the one thing about an account that an operator does in its user's place.
    package var endsImpersonation = false
    package let work: Work
    /// How a refusal is shown, by pages and by the simulator; nil answers with the problem itself.
    package var recover: Recovery?

    package init(
        method: String, path: String, id: String, summary: String, tag: String, access: Access,
        query: [QueryParameter] = [], body: BodyRule? = nil, output: Output, problems: [String] = [],
        cost: Int? = nil, requiresIdempotencyKey: Bool = false, acceptsCrossSite: Bool = false, work: Work,
        recover: Recovery? = nil
    ) {
        self.method = method
        self.path = path
        self.id = id
        self.summary = summary
        self.tag = tag
        self.access = access
        self.query = query
        self.body = body
        self.output = output
        self.problems = problems
        // An answer of any length is the work of many unless its route knows better.
        self.cost = cost ?? { if case .other = output { 10 } else { 1 } }()
        self.requiresIdempotencyKey = requiresIdempotencyKey
        self.acceptsCrossSite = acceptsCrossSite
        self.work = work
        self.recover = recover
    }

    /// Whether it is refused to an organisation that has not paid: whatever changes something but its billing, and
    /// leaving.
    var waitsForPayment: Bool {
        guard method != "GET", case .member(let permission) = access else { return false }
        return permission != .billingManage && permission != .organizationDelete
    }

    /// Whether an operator who acts as somebody may call it. An account and what hangs on it, who gets into an
    /// organisation, its keys, and whatever only owners may do are for the people themselves.
    var worksImpersonated: Bool {
        switch access {
        case .member(let permission): !permission.isForMembersThemselves
        case .anyone, .signedIn, .operators: method == "GET" || endsImpersonation || acceptsCrossSite
        }
    }

    /// Turns a refusal of a submission into the page that shows it.
    package typealias Recovery = @Sendable (Problem, Call<RawBody>, any Transaction) throws -> Response

    /// What a write does in its transaction; it gives what makes the answer, once that is needed.
    package typealias Effect = @Sendable (any Transaction) throws -> Answer

    /// Makes the answer of a write from what the transaction gave.
    package typealias Answer = @Sendable () throws -> Response

    /// What happens, given the body as it came (validated against the schema if there is one).
    package enum Work: Sendable {
        case read(@Sendable (Call<RawBody>, any Transaction) throws -> Response)
        /// Reads the body first, so that the one writer only has to write.
        case write(@Sendable (Call<RawBody>) throws -> Effect)
        case act(@Sendable (Call<RawBody>) async throws -> Response)
    }

    /// What it answers with when it succeeds.
    package enum Output: Sendable {
        case json(Schema, status: Int)
        case none
        /// A page or asset: not in the OpenAPI document.
        case page
        /// In the document, with a media type of its own.
        case other(mediaType: String, status: Int)
    }

    /// The default largest body, in bytes: 1 MiB.
    package static let bodyLimit = 1_048_576
}

/// What a body may be.
package enum BodyRule: Sendable {
    /// `application/json` that fits the schema.
    case json(Schema, limit: Int)
    /// `application/x-www-form-urlencoded`, for the console.
    case form(limit: Int)
    /// Any bytes: webhooks that sign their raw body.
    case raw(limit: Int)

    package static func of<Body: RequestBody>(_ type: Body.Type) -> BodyRule? {
        type == NoBody.self ? nil : .json(Schema.of(type).refined(by: type.rules), limit: type.limit)
    }

    var limit: Int {
        switch self {
        case .json(_, let limit), .form(let limit), .raw(let limit): limit
        }
    }
}

/// A body of a JSON operation.
///
/// The schema comes from the type's own decoding; `rules` narrows single fields by their wire name.
package protocol RequestBody: Codable, Sendable {
    static var rules: [String: Rule] { get }
    /// The largest body in bytes.
    static var limit: Int { get }
}

extension RequestBody {
    package static var rules: [String: Rule] { [:] }
    package static var limit: Int { Endpoint.bodyLimit }
}

extension NoBody: RequestBody {}

/// A body as it arrived.
package struct RawBody: Sendable {
    package var bytes: [UInt8] = []
    /// The document in them, where the route takes JSON.
    package var json: JSONValue?
    /// The fields of a form, last one wins never: duplicates are refused before.
    package var form: [String: String] = [:]
}

/// A query parameter beside `limit` and `cursor`.
package struct QueryParameter: Sendable {
    package let name: String
    package let summary: String
    package let schema: Schema
    package let isRequired: Bool

    package init(_ name: String, _ summary: String, _ schema: Schema = .string, isRequired: Bool = false) {
        self.name = name
        self.summary = summary
        self.schema = schema
        self.isRequired = isRequired
    }

    /// `limit` and `cursor`, as every list takes them.
    package static let paging = [
        QueryParameter("limit", "How many at most, 1 to 100; 25 unless given.", .integer(1...100)),
        QueryParameter("cursor", "Where the page starts: `next_cursor` of the page before."),
    ]
}
