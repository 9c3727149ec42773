// Calls by scripts of other sites (Fetch standard, section 3.2): from listed origins, by bearer credentials alone.
import HTTPTypes

extension Exchange {
    /// The answer to a preflight for an operation of the API; nil when it is none, or its origin is not listed.
    ///
    /// It says what may be sent, never that cookies may: credentials are in the Authorization header or nowhere.
    func preflight(_ table: RouteTable, _ settings: Gateway.Settings) -> Response? {
        guard method == "OPTIONS", isListed(settings), let wanted = head.headerFields[.requestedMethod],
            case .found(let endpoint, _) = table.find(wanted == "HEAD" ? "GET" : wanted, path), !endpoint.output.isPage
        else { return nil }
        return Response(
            status: 204,
            headers: [
                ("Access-Control-Allow-Methods", endpoint.method),
                ("Access-Control-Allow-Headers", Self.sendable), ("Access-Control-Max-Age", "600"),
            ])
    }

    /// Whether a script of another site asks to read what the browser's cookie opens: then the cookie does not count.
    func isForeignRead(_ settings: Gateway.Settings) -> Bool {
        guard method == "GET" || method == "HEAD", endpoint?.output.isPage == false else { return false }
        return head.headerFields[.origin].map { $0 != settings.origin } ?? false
    }

    /// What the answer says to the browser: who may read it, and that it differs by origin.
    func addCrossOriginHeaders(to response: inout Response, _ settings: Gateway.Settings) {
        if settings.crossOrigins.isEmpty { return }
        response.headers.append(("Vary", "Origin"))
        guard isListed(settings), let origin = head.headerFields[.origin] else { return }
        response.headers.append(("Access-Control-Allow-Origin", origin))
        if method != "OPTIONS" { response.headers.append(("Access-Control-Expose-Headers", Self.readable)) }
    }

    /// Byte for byte; several Origin headers are no origin of the list.
    private func isListed(_ settings: Gateway.Settings) -> Bool {
        if settings.crossOrigins.isEmpty { return false }
        return head.headerFields[.origin].map(settings.crossOrigins.contains) ?? false
    }

    private static let sendable =
        "Authorization, Content-Type, Idempotency-Key, If-Match, X-Request-Id, traceparent, tracestate"
    private static let readable =
        "ETag, Location, Link, Retry-After, Content-Disposition, Idempotent-Replayed, RateLimit, RateLimit-Policy, "
        + "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, WWW-Authenticate"
}

extension HTTPField.Name {
    // Valid by RFC 9110's token rule, which is why it can't be nil.
    fileprivate static let requestedMethod = HTTPField.Name("Access-Control-Request-Method") ?? .via
}
