// The one error that crosses a feature's boundary (RFC 9457).

/// A refusal that a client may see: stable code, HTTP status, and words that help.
package struct Problem: Error, Sendable {
    /// Stable and lower_snake_case; listed in docs/errors.md.
    package let code: String
    /// HTTP status, 400 to 599.
    package let status: Int
    /// What happened, why, and what to do, for this occurrence; never contains input or secrets.
    package let detail: String
    /// Every bad field, for status 422.
    package var fields: [FieldProblem]
    /// Seconds after which trying again makes sense, for 429 and 503.
    package var retryAfter: Int?
    /// The cause, for the log only.
    package var underlying: (any Error)?

    package init(
        _ code: String, status: Int, _ detail: String, fields: [FieldProblem] = [], retryAfter: Int? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.status = status
        self.detail = detail
        self.fields = fields
        self.retryAfter = retryAfter
        self.underlying = underlying
    }
}

/// One bad field of a request.
package struct FieldProblem: Sendable, Codable, Hashable {
    /// RFC 6901 JSON pointer into the body (`/email`), or `?limit` for a query parameter.
    package let pointer: String
    package let code: String
    package let detail: String

    package init(_ pointer: String, _ code: String, _ detail: String) {
        self.pointer = pointer
        self.code = code
        self.detail = detail
    }
}

/// An error of a feature that knows the problem it is for a client.
package protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

extension Problem: ProblemConvertible {
    package var problem: Problem { self }
}

extension Problem {
    /// 404: absent, or another tenant's; the two look the same on purpose.
    package static func notFound(_ what: String = "resource") -> Problem {
        Problem("not_found", status: 404, "There is no such \(what), or it is not yours to see.")
    }

    /// 422 with every bad field.
    package static func invalid(_ fields: [FieldProblem]) -> Problem {
        Problem(
            "validation_failed", status: 422,
            fields.count == 1 ? "1 field was refused." : "\(fields.count) fields were refused.", fields: fields)
    }

    /// 403: known, but the role lacks the permission.
    package static func forbidden(_ permission: Permission) -> Problem {
        Problem(
            "permission_denied", status: 403,
            """
            This needs the permission \(permission.rawValue), which the role \(permission.least.title) and above \
            holds.
            """)
    }

    /// 401: nobody is signed in, or the credential is not valid.
    package static let unauthenticated = Problem(
        "unauthenticated", status: 401, "Sign in, or send a valid credential in the Authorization header.")
}
