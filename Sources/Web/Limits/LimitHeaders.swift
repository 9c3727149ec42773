// What an answer says about limits (draft-ietf-httpapi-ratelimit-headers, and the older X- names).

enum LimitHeaders {
    /// Adds what a limit said; of several limits the lists name all, and the X- names the last.
    static func add(_ decision: Decision, _ policy: LimitPolicy, to headers: inout [(name: String, value: String)]) {
        let rate = decision.rate
        join("RateLimit-Policy", "\"\(policy.rawValue)\";q=\(rate.burst);w=\(rate.window)", &headers)
        join("RateLimit", "\"\(policy.rawValue)\";r=\(decision.remaining);t=\(decision.wait)", &headers)
        replace("X-RateLimit-Limit", String(rate.burst), &headers)
        replace("X-RateLimit-Remaining", String(decision.remaining), &headers)
        replace("X-RateLimit-Reset", String(decision.reset), &headers)
    }

    private static func join(_ name: String, _ value: String, _ headers: inout [(name: String, value: String)]) {
        if let index = headers.firstIndex(where: { $0.name == name }) {
            headers[index].value += ", \(value)"
        } else {
            headers.append((name, value))
        }
    }

    private static func replace(_ name: String, _ value: String, _ headers: inout [(name: String, value: String)]) {
        if let index = headers.firstIndex(where: { $0.name == name }) {
            headers[index].value = value
        } else {
            headers.append((name, value))
        }
    }
}
