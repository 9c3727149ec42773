// From errors and values to the bytes on the wire.
import Core
import HTTPTypes
import Logging

extension Exchange {
    /// The answer to an error: RFC 9457 for programs, a page for people.
    func problemResponse(for error: any Error, logger: Logger) -> Response {
        let problem = Self.problem(for: error)
        if problem.status >= 500 {
            logger.error(
                "request failed",
                metadata: [
                    "request_id": "\(requestID)", "code": "\(problem.code)",
                    "cause": "\(String(describing: problem.underlying ?? error))",
                ])
        }
        if isForPeople { return page(for: problem) }
        var response = Response(
            status: problem.status, headers: [("Content-Type", "application/problem+json")],
            body: document(problem).bytes)
        if problem.status == 401 { response.headers.append(("WWW-Authenticate", "Bearer realm=\"raptorflow\"")) }
        if let seconds = problem.retryAfter { response.headers.append(("Retry-After", String(seconds))) }
        return response
    }

    private static func problem(for error: any Error) -> Problem {
        if let known = error as? any ProblemConvertible { return known.problem }
        if error is CancellationError {
            return Problem("shutting_down", status: 503, "The server is stopping. Try again shortly.", retryAfter: 2)
        }
        return Problem(
            "internal_error", status: 500, "Something went wrong on our side. The request id helps us find it.",
            underlying: error)
    }

    /// RFC 9457, with our code, the request id and the bad fields.
    private func document(_ problem: Problem) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", .string("urn:raptorflow:problem:\(problem.code)")),
            .init("title", .string(Self.title(of: problem.status))), .init("status", .integer(Int64(problem.status))),
            .init("detail", .string(problem.detail)), .init("code", .string(problem.code)),
            .init("request_id", .string(requestID)),
        ]
        if !problem.fields.isEmpty {
            members.append(
                .init(
                    "errors",
                    .array(
                        problem.fields.map {
                            .object([
                                "pointer": .string($0.pointer), "code": .string($0.code), "detail": .string($0.detail),
                            ])
                        })))
        }
        return .object(members)
    }

    /// The reason phrase of RFC 9110 for the statuses that problems have.
    static func title(of status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Problem"
        }
    }

    private var isForPeople: Bool {
        if let endpoint { return endpoint.output.isPage }
        return !path.hasPrefix("/v1") && (head.headerFields[.accept] ?? "").contains("text/html")
    }

    private func page(for problem: Problem) -> Response {
        if problem.status == 401 {
            let next = method == "GET" ? "?next=" + Self.encoded(path) : ""
            return .redirect(to: "/sign-in\(next)")
        }
        if problem.code == "second_factor_missing" {
            return .redirect(to: "/account/second-factor", flash: problem.detail)
        }
        let fields = problem.fields.map { "<li>\($0.detail)</li>" as HTML }
        let html: HTML = """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>\(Self.title(of: problem.status))</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <script src="/assets/theme.js"></script><link rel="stylesheet" href="/assets/app.css"></head>
            <body class="plain"><main class="auth-card"><h1>\(Self.title(of: problem.status))</h1>\
            <p>\(problem.detail)</p>
            <ul>\(fields)</ul><p><a class="button" href="/">Back to the start</a></p>
            <p class="muted">\(problem.code) · \(requestID)</p></main></body></html>
            """
        return .html(html, status: problem.status)
    }

    static func encoded(_ path: Substring) -> String {
        path.utf8.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 47: String(UnicodeScalar(byte))
            default: "%" + Hex.encode([byte])
            }
        }.joined()
    }

    /// What the log says of it.
    func record(of response: Response) -> RequestRecord {
        RequestRecord(
            id: requestID, method: method, route: endpoint?.path ?? "-", status: response.status,
            microseconds: Int((ContinuousClock.now - started) / .microseconds(1)), address: address)
    }

    /// The headers that every answer carries.
    func complete(_ response: inout Response, settings: Gateway.Settings) {
        response.headers.append(("X-Request-Id", requestID))
        response.headers.append(("X-Content-Type-Options", "nosniff"))
        limits.add(to: &response.headers)
        if !allow.isEmpty { response.headers.append(("Allow", allow.joined(separator: ", "))) }
        if closesConnection { response.headers.append(("Connection", "close")) }
        if settings.origin.hasPrefix("https://") {
            response.headers.append(Self.strictTransport)
        }
        if !response.has("Cache-Control") { response.headers.append(("Cache-Control", "no-store")) }
        guard isForPeople else {
            if !response.has("Content-Security-Policy") {
                response.headers.append(("Content-Security-Policy", Self.dataPolicy))
            }
            response.headers.append(("Cross-Origin-Resource-Policy", "same-origin"))
            return addCrossOriginHeaders(to: &response, settings)
        }
        if let flash = response.flash {
            response.headers.append(Flash.cookie.set(Flash.value(of: flash), origin: settings.origin))
        } else if Flash.cookie.value(in: head.headerFields, at: settings.origin) != nil, response.status == 200 {
            response.headers.append(Flash.cookie.clear(origin: settings.origin))
        }
        if !response.has("Content-Security-Policy") {
            response.headers.append(("Content-Security-Policy", Self.contentPolicy))
        }
        response.headers += [
            ("Referrer-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ]
    }

    /// For a year, and for every host below (RFC 6797).
    static let strictTransport = (name: "Strict-Transport-Security", value: "max-age=31536000; includeSubDomains")

    /// Of what is no page: nothing in it is shown, run or framed, whatever a browser takes it for.
    static let dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

    static let contentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}

extension Response {
    fileprivate func has(_ name: String) -> Bool { headers.contains { $0.name == name } }

    /// Whether the status goes with a body (RFC 9110 section 6.4.1).
    var mayHaveBody: Bool { status >= 200 && status != 204 && status != 304 }

    /// The head as HTTP/2 writes it.
    var http2Head: HTTPResponse {
        var fields = HTTPFields()
        fields.reserveCapacity(headers.count + 2)
        for header in headers {
            if let name = HTTPField.Name(header.name) { fields.append(HTTPField(name: name, value: header.value)) }
        }
        fields[.date] = HTTPDate.now
        if mayHaveBody { fields[.contentLength] = String(body.count) }
        return HTTPResponse(status: .init(code: status), headerFields: fields)
    }
}
