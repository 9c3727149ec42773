// Every problem code of the product with its status: what OpenAPI and docs/errors.md list.

/// One code that a refusal can carry.
package struct ProblemCode: Sendable {
    package let code: String
    package let status: Int
    /// When it happens and what to do, in a sentence or two.
    package let meaning: String

    init(_ code: String, _ status: Int, _ meaning: String) {
        self.code = code
        self.status = status
        self.meaning = meaning
    }

    /// All codes by status; a test compares them with the sources and with docs/errors.md.
    package static let all: [ProblemCode] = general + accounts + organizations + money + operations

    static let general = [
        ProblemCode("malformed_target", 400, "The path or query is too long or not a path. Check the address."),
        ProblemCode("malformed_json", 400, "The body is not valid JSON, repeats a name, or is nested too deep."),
        ProblemCode("malformed_form", 400, "A form or query is not validly encoded, or repeats a field."),
        ProblemCode("malformed_request", 400, "The request breaks HTTP's rules; the connection is closed."),
        ProblemCode("idempotency_key_required", 400, "The operation moves money: send an Idempotency-Key."),
        ProblemCode("idempotency_key_invalid", 400, "The key must be 1 to 255 visible ASCII characters."),
        ProblemCode(
            "unauthenticated", 401, "No credential, or one that is unknown, expired or revoked. Sign in again."),
        ProblemCode("permission_denied", 403, "Known, but the role lacks the permission that the detail names."),
        ProblemCode("session_required", 403, "An API key tried what only a signed-in person can do."),
        ProblemCode("cross_origin_request", 403, "A browser sent this from a page of another site."),
        ProblemCode("not_found", 404, "There is no such thing, or it belongs to another organisation."),
        ProblemCode("method_not_allowed", 405, "The address takes other methods; `Allow` lists them."),
        ProblemCode("conflict", 409, "The change contradicts what is stored, or something else changed it first."),
        ProblemCode("idempotency_key_in_use", 409, "The first request with this key is still running. Try again soon."),
        ProblemCode("precondition_failed", 412, "`If-Match` names another version. Read again and repeat the change."),
        ProblemCode("body_too_large", 413, "The body is larger than the operation takes."),
        ProblemCode("unsupported_media_type", 415, "The body has another type than the operation takes."),
        ProblemCode("expectation_failed", 417, "The server knows no other expectation than 100-continue."),
        ProblemCode("unknown_host", 421, "The request names a host that this instance does not answer for."),
        ProblemCode("validation_failed", 422, "Fields were refused; `errors` names each with a pointer."),
        ProblemCode("idempotency_key_reused", 422, "The key was used for another request. Take a new one."),
        ProblemCode("rate_limited", 429, "Too many calls. Wait as long as `Retry-After` says."),
        ProblemCode("header_too_large", 431, "The headers are larger than the server takes."),
        ProblemCode("internal_error", 500, "Something went wrong on our side; the request id finds it in the log."),
        ProblemCode("overloaded", 503, "More is being written than the disk takes. Try again in a second."),
        ProblemCode("storage_unavailable", 503, "The database can't be written now: a full disk, for example."),
        ProblemCode("shutting_down", 503, "The server is stopping. Try again shortly."),
    ]

    static let accounts: [ProblemCode] = []

    static let organizations: [ProblemCode] = []

    static let money: [ProblemCode] = []

    static let operations = [
        ProblemCode("not_ready", 503, "The instance can't serve yet or any more; the detail says what is missing.")
    ]

    /// The status a code is answered with; 422 for a code that the catalogue does not have.
    static func status(of code: String) -> Int { all.first { $0.code == code }?.status ?? 422 }
}
