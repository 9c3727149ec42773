// Answers of the HTTP layer itself, in the same form as every other problem (RFC 9457).
import Core
import HTTPTypes
import NIOCore

/// A problem that was found before the gateway saw the request.
struct Refusal {
    let problem: Problem
    let requestID: String
    let body: [UInt8]

    init(_ problem: Problem) {
        self.problem = problem
        requestID = RequestID(at: Clock.system.now).text
        let document = JSONValue.object([
            "type": .string("urn:raptorflow:problem:\(problem.code)"),
            "title": .string(HTTPResponse.Status(code: problem.status).reasonPhrase),
            "status": .integer(Int64(problem.status)), "detail": .string(problem.detail),
            "code": .string(problem.code), "request_id": .string(requestID),
        ])
        body = Array(document.text.utf8)
    }

    /// The head of the answer.
    var head: HTTPResponse {
        var fields: HTTPFields = [
            .contentType: "application/problem+json", .contentLength: String(body.count), .cacheControl: "no-store",
            .requestID: requestID, .date: HTTPDate.now, .xContentTypeOptions: "nosniff",
        ]
        if let seconds = problem.retryAfter { fields[.retryAfter] = String(seconds) }
        return HTTPResponse(status: .init(code: problem.status), headerFields: fields)
    }
}
