// Which refusals an operation can answer, from its access, its body and its own list.
import Core

/// The problem responses of the document.
enum ProblemResponses {
    /// The codes that follow from how an operation is declared, by status.
    static func codes(of endpoint: Endpoint) -> [Int: [String]] {
        var codes = ["malformed_target", "unauthenticated", "unknown_host", "rate_limited", "internal_error"]
        codes += ["overloaded", "storage_unavailable", "shutting_down"]
        let isWrite = endpoint.method != "GET"
        switch endpoint.access {
        case .anyone: break
        case .signedIn: codes.append("session_required")
        case .member(let permission):
            codes += [
                "permission_denied", "not_found", "address_not_allowed", "organization_suspended",
                "organization_leaving", "second_factor_missing",
            ]
            if isWrite, permission != .billingManage { codes.append("payment_overdue") }
            if permission.isForPeople { codes.append("session_required") }
        case .operators: codes += ["not_found", "second_factor_missing"]
        }
        if endpoint.access != .anyone, endpoint.access != .operators, !endpoint.worksImpersonated {
            codes.append("impersonating")
        }
        if endpoint.access != .anyone, isWrite { codes.append("cross_origin_request") }
        if !endpoint.pathParameters.isEmpty { codes.append("not_found") }
        if isWrite { codes.append("conflict") }
        if endpoint.takesIdempotencyKey {
            codes += ["idempotency_key_invalid", "idempotency_key_in_use", "idempotency_key_reused"]
        }
        if endpoint.requiresIdempotencyKey { codes.append("idempotency_key_required") }
        if endpoint.method == "PATCH" { codes.append("precondition_failed") }
        if !endpoint.query.isEmpty { codes += ["validation_failed", "malformed_form", "credential_in_query"] }
        switch endpoint.body {
        case .json: codes += ["malformed_json", "body_too_large", "unsupported_media_type", "validation_failed"]
        case .form: codes += ["malformed_form", "body_too_large", "unsupported_media_type"]
        case .raw: codes.append("body_too_large")
        case nil: break
        }
        let all = Set(codes + endpoint.problems)
        return Dictionary(grouping: all.sorted(), by: ProblemCode.status(of:))
    }

    /// One response per status, with the codes it can carry.
    static func responses(of endpoint: Endpoint) -> [JSONValue.Member] {
        codes(of: endpoint).sorted { $0.key < $1.key }.map { status, codes in
            let hasOwnForm = endpoint.recover != nil && (400..<500).contains(status)
            guard !hasOwnForm, let shared = shared[status], Set(shared) == Set(codes) else {
                return .init(String(status), response(status, codes, hasOwnForm: hasOwnForm))
            }
            return .init(String(status), .object(["$ref": .string("#/components/responses/Problem\(status)")]))
        }
    }

    /// Refusals that are the same nearly everywhere.
    private static let shared: [Int: [String]] = [
        401: ["unauthenticated"], 404: ["not_found"], 412: ["precondition_failed"], 413: ["body_too_large"],
        415: ["unsupported_media_type"], 421: ["unknown_host"], 422: ["validation_failed"], 429: ["rate_limited"],
        500: ["internal_error"], 503: ["overloaded", "shutting_down", "storage_unavailable"],
    ]

    static var components: [JSONValue.Member] {
        shared.sorted { $0.key < $1.key }.map { .init("Problem\($0.key)", response($0.key, $0.value)) }
    }

    /// `hasOwnForm` is for the simulator, which refuses as the provider does; the gateway in front of it does not.
    private static func response(_ status: Int, _ codes: [String], hasOwnForm: Bool = false) -> JSONValue {
        let meanings = codes.map { code in
            let meaning = ProblemCode.all.first { $0.code == code }?.meaning ?? ""
            return "`\(code)`: \(meaning)"
        }
        var headers: [JSONValue.Member] = [
            .init("X-Request-Id", .object(["$ref": "#/components/headers/RequestId"]))
        ]
        if status == 429 || status == 503 {
            headers.append(.init("Retry-After", .object(["$ref": "#/components/headers/RetryAfter"])))
        }
        let schema = JSONValue.object([
            "allOf": .array([
                .object(["$ref": "#/components/schemas/Problem"]),
                .object([
                    "properties": .object([
                        "status": .object(["const": .integer(Int64(status))]),
                        "code": .object(["enum": .array(codes.map(JSONValue.string))]),
                    ])
                ]),
            ])
        ])
        var content: [JSONValue.Member] = [.init("application/problem+json", .object(["schema": schema]))]
        if hasOwnForm { content.append(.init("application/json", .object(["schema": .object(["type": "object"])]))) }
        return .object([
            "description": .string(meanings.joined(separator: "\n\n")), "headers": .object(headers),
            "content": .object(content),
        ])
    }
}

extension OpenAPI {
    static let problemSchema = JSONValue.Member(
        "Problem",
        .object([
            "type": "object", "description": "A refusal (RFC 9457).",
            "required": .array(["type", "title", "status", "detail", "code", "request_id"]),
            "properties": .object([
                "type": .object(["type": "string", "format": "uri"]), "title": .object(["type": "string"]),
                "status": .object(["type": "integer", "minimum": .integer(400), "maximum": .integer(599)]),
                "detail": .object(["type": "string", "description": "What happened, why, and what to do."]),
                "code": .object(["type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "Stable."]),
                "request_id": .object(["type": "string"]),
                "errors": .object([
                    "type": "array", "items": .object(["$ref": "#/components/schemas/FieldProblem"]),
                ]),
            ]),
        ]))

    static let fieldProblemSchema = JSONValue.Member(
        "FieldProblem",
        .object([
            "type": "object", "description": "One bad field.",
            "required": .array(["pointer", "code", "detail"]),
            "properties": .object([
                "pointer": .object([
                    "type": "string", "description": "RFC 6901 pointer into the body, or `?name` of the query.",
                ]),
                "code": .object(["type": "string"]), "detail": .object(["type": "string"]),
            ]),
        ]))
}
