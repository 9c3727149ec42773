// What a handler is given, and what it may answer beside a plain value.
package import Core
import HTTPTypes
package import Storage

/// One request after authentication, authorisation, decoding and validation.
package struct Call<Body: Sendable>: Sendable {
    package let body: Body
    /// Who calls; nil only on routes open to anyone.
    package let principal: Principal?
    /// The caller's role in the organisation of the path; nil on routes without one.
    package let role: Role?
    /// What the audit log says of changes by this request.
    package let actor: Actor
    /// The page of a list that was asked for (`limit`, `cursor`).
    package let page: PageRequest
    package let request: RequestFacts

    /// The user who calls; throws `unauthenticated` for API keys and strangers.
    package func user() throws(Problem) -> UserID {
        guard let user = principal?.user else { throw .unauthenticated }
        return user
    }

    /// The organisation in the path; throws 404 when the text is no identifier.
    package func organization() throws(Problem) -> OrganizationID { try id("org") }

    /// Refuses an operator who acts as somebody: for reads that only the people themselves may make.
    package func requireOwnHand() throws(Problem) {
        guard principal?.impersonator == nil else { throw .impersonating }
    }

    /// An identifier in the path; throws 404 when the text is none.
    package func id<Kind>(_ name: String) throws(Problem) -> Identifier<Kind> {
        guard let id = Identifier<Kind>(request.parameters[name] ?? "") else { throw .notFound() }
        return id
    }

    /// A parameter of the path as text, at most 200 bytes.
    package func parameter(_ name: String) -> String { request.parameters[name] ?? "" }

    /// A declared query parameter.
    package func query(_ name: String) -> String? { request.query[name] }

    /// Refuses with 412 when `If-Match` was sent and names another version than the current one.
    package func requireMatch(_ current: some Versioned) throws(Problem) {
        guard let expected = request.ifMatch, expected != "*", expected != current.entityTag else { return }
        throw Problem(
            "precondition_failed", status: 412,
            "It was changed since you read it. Read it again and repeat your change on the new version.")
    }

    /// The same call with another body.
    package func with<Other: Sendable>(_ body: Other) -> Call<Other> {
        Call<Other>(body: body, principal: principal, role: role, actor: actor, page: page, request: request)
    }
}

/// The facts of one HTTP request that handlers may need.
package struct RequestFacts: Sendable {
    package let id: String
    package let method: String
    /// The route's pattern, for logs and metrics.
    package let pattern: String
    package let parameters: [String: String]
    package let query: [String: String]
    /// The client's address, canonical; from forwarding headers only behind a configured proxy.
    package let address: String
    package let userAgent: String?
    package let ifMatch: String?
    /// The session token of the console's cookie, if that is what authenticated the request.
    package let cookieToken: String?
    /// The public origin that links are built from: `https://app.example.com`.
    package let origin: String
    /// A message left for this page by the one before it.
    package let flash: String?
    /// The raw body, for signatures over bytes.
    package let rawBody: [UInt8]
    let fields: HTTPFields
    /// Turns the sort key of a page's last element into the cursor of this list.
    let signCursor: @Sendable (String) -> String

    /// Request headers by lower-case name; the last one of a name.
    package var headers: [String: String] {
        fields.reduce(into: [:]) { headers, field in headers[field.name.canonicalName] = field.value }
    }
}

/// A route without a body.
package struct NoBody: Sendable, Codable {
    package init() {}
}

/// A resource that carries a version: its ETag, and what `If-Match` is compared with.
package protocol Versioned {
    var entityTag: String { get }
}

/// A value with another status or more headers than the route declares, or with none of its own.
package struct Reply<Value: Sendable>: Sendable {
    package let value: Value
    package var headers: [(name: String, value: String)] = []

    package init(_ value: Value, headers: [(name: String, value: String)] = []) {
        self.value = value
        self.headers = headers
    }
}
