// Answers of the HTTP layer itself, in the same form as every other problem (RFC 9457).
import Core
import HTTPTypes
import NIOCore

/// A problem that was found before the gateway saw the request.
struct Refusal {
    let problem: Problem
    let requestID: String
    let response: Response

    init(_ problem: Problem, isSecure: Bool) {
        self.problem = problem
        requestID = RequestID(at: Clock.system.now).text
        let document = JSONValue.object([
            "type": .string("urn:raptorflow:problem:\(problem.code)"),
            "title": .string(HTTPResponse.Status(code: problem.status).reasonPhrase),
            "status": .integer(Int64(problem.status)), "detail": .string(problem.detail),
            "code": .string(problem.code), "request_id": .string(requestID),
        ])
        var response = Response(
            status: problem.status,
            headers: [
                ("Content-Type", "application/problem+json"), ("Cache-Control", "no-store"),
                ("X-Request-Id", requestID), ("X-Content-Type-Options", "nosniff"),
                ("Content-Security-Policy", Exchange.dataPolicy),
            ], body: document.bytes)
        if isSecure { response.headers.append(Exchange.strictTransport) }
        if let seconds = problem.retryAfter { response.headers.append(("Retry-After", String(seconds))) }
        self.response = response
    }
}
