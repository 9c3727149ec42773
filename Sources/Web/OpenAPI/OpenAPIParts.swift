// The parts of the document that are the same for every product: words, security, headers, parameters.
import Core

extension OpenAPI {
    static let introduction = """
        Money is whole minor units with an ISO 4217 currency; times are RFC 3339 in UTC; ids are opaque. Lists take \
        `limit` and `cursor` and answer `data` and `next_cursor`. A field that is not in the schema of a request is \
        refused. A refusal is `application/problem+json` (RFC 9457) with a stable `code`; what belongs to another \
        organisation answers 404, as if it were not there.
        """

    static let securitySchemes = JSONValue.object([
        "session": .object([
            "type": "http", "scheme": "bearer", "bearerFormat": "rfs_…",
            "description": "A person's session token, answered by sign-in.",
        ]),
        "apiKey": .object([
            "type": "http", "scheme": "bearer", "bearerFormat": "rfk_live_…",
            "description": "A program's API key; belongs to one organisation and acts with a role.",
        ]),
        "cookie": .object([
            "type": "apiKey", "in": "cookie", "name": .string(SessionCookie.names[0]),
            "description": "The console's session; unsafe methods have to come from the same origin.",
        ]),
    ])

    static let headers: [JSONValue.Member] = [
        .init(
            "RequestId",
            .object([
                "description": "Names this request in every log line; send your own, or one is made.",
                "schema": .object(["type": "string"]), "example": "req_01kajv7e5tf9gv5f2x3xj3k8qa",
            ])),
        .init(
            "RetryAfter",
            .object([
                "description": "Seconds after which trying again makes sense.",
                "schema": .object(["type": "integer", "minimum": .integer(0)]),
            ])),
    ]
}

extension Access {
    /// One word for machines.
    var word: String {
        switch self {
        case .anyone: "anyone"
        case .signedIn: "signed_in"
        case .member: "member"
        case .operators: "operators"
        }
    }

    /// Who may call, in a sentence.
    var sentence: String {
        switch self {
        case .anyone: "Open to everybody."
        case .signedIn: "Needs a signed-in person."
        case .member(let permission):
            "Needs `\(permission.rawValue)` in the organisation: \(permission.least.title) and above."
        case .operators: "Needs an operator of this instance."
        }
    }

    var security: JSONValue {
        let names: [String] =
            switch self {
            case .anyone: []
            case .signedIn, .operators: ["session", "cookie"]
            case .member: ["session", "apiKey", "cookie"]
            }
        return .array(names.map { .object([.init($0, .array([]))]) })
    }
}

extension Endpoint {
    /// The names in braces.
    var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// A write that takes an idempotency key: every POST of somebody who is known.
    var takesIdempotencyKey: Bool { method == "POST" && access != .anyone }

    /// Path, query and header parameters, as OpenAPI writes them.
    var parameters: [JSONValue] {
        var result = pathParameters.map { Self.pathParameter($0) }
        result += query.map { parameter in
            .object([
                "name": .string(parameter.name), "in": "query", "required": .bool(parameter.isRequired),
                "description": .string(parameter.summary), "schema": parameter.schema.json(.query),
            ])
        }
        if takesIdempotencyKey {
            result.append(
                Self.header(
                    "Idempotency-Key", isRequired: requiresIdempotencyKey,
                    "Makes a repeated request happen once: the stored answer comes back for 24 hours.",
                    .object(["type": "string", "minLength": .integer(1), "maxLength": .integer(255)])))
        }
        if method == "PATCH" {
            result.append(
                Self.header(
                    "If-Match", isRequired: false, "The ETag you read; another version by now is refused with 412.",
                    .object(["type": "string"])))
        }
        return result
    }

    private static func pathParameter(_ name: String) -> JSONValue {
        let schema = name == "org" ? OrganizationID.schema : Schema.string
        let words = name == "org" ? "The organisation's id." : "Which one: its id, or its name where it has none."
        return .object([
            "name": .string(name), "in": "path", "required": .bool(true), "description": .string(words),
            "schema": schema.json(.query),
        ])
    }

    private static func header(_ name: String, isRequired: Bool, _ words: String, _ schema: JSONValue) -> JSONValue {
        .object([
            "name": .string(name), "in": "header", "required": .bool(isRequired), "description": .string(words),
            "schema": schema,
        ])
    }
}
