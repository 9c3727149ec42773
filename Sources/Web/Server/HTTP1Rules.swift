// Which HTTP/1 requests are refused before anybody looks at what they ask for (RFC 9112).
import Core
import HTTPTypes
import NIOHTTP1

/// A request's head after it was found unambiguous.
struct CheckedHead {
    let request: HTTPRequest
    /// Whether the connection ends with the answer.
    let closes: Bool
    /// The client waits for `100 Continue` before it sends the body.
    let awaitsContinue: Bool
    /// The client asks for another protocol: it gets none, and what it sends after is not HTTP to the parser.
    let asksForUpgrade: Bool
    let hasBody: Bool
    /// Bytes of the body, when the head says so.
    let contentLength: Int?
}

/// Two servers that read a request differently are what smuggling lives on: whatever could be read in two ways is
/// refused.
enum HTTP1Rules {
    static func check(_ head: HTTPRequestHead, isSecure: Bool) throws(Problem) -> CheckedHead {
        guard let method = HTTPRequest.Method(head.method.rawValue), method != .connect else {
            throw malformed("The method is not one of a server.")
        }
        let host = try host(of: head)
        let path = try path(of: head, host: host)
        let isChunked = try isChunked(head)
        let length = try contentLength(of: head)
        let hasBody = isChunked || (length ?? 0) > 0
        let asksForUpgrade = head.headers.contains(name: "Upgrade")
        return CheckedHead(
            request: HTTPRequest(
                method: method, scheme: isSecure ? "https" : "http", authority: host, path: path,
                headerFields: fields(of: head.headers)),
            closes: !head.isKeepAlive || head.version != .http1_1 || asksForUpgrade,
            awaitsContinue: try awaitsContinue(head) && hasBody,
            asksForUpgrade: asksForUpgrade, hasBody: hasBody, contentLength: length)
    }

    /// One host, of the characters that hosts have (RFC 9112 section 3.2).
    private static func host(of head: HTTPRequestHead) throws(Problem) -> String? {
        let hosts = head.headers["Host"]
        guard hosts.count == 1 || (hosts.isEmpty && head.version != .http1_1) else {
            throw malformed("The request must carry exactly one Host header.")
        }
        guard let host = hosts.first else { return nil }
        guard isHost(host) else { throw malformed("The Host header is not a host.") }
        return host
    }

    static func isHost(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy(isHostByte)
    }

    /// Visible ASCII without a fragment.
    static func isTarget(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "#") }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        // - . : [ ] _
        case 45, 46, 58, 91, 93, 95: true
        default: false
        }
    }

    /// The path and query of the target; of an absolute one only when it names the host that the Host header names.
    private static func path(of head: HTTPRequestHead, host: String?) throws(Problem) -> String {
        let target = head.uri
        guard isTarget(target) else {
            throw malformed("The request's target has characters that a target can't have.")
        }
        if target.utf8.first == UInt8(ascii: "/") { return target }
        guard let scheme = ["http://", "https://"].first(where: { target.lowercased().hasPrefix($0) }) else {
            throw malformed("The request's target must be a path.")
        }
        let rest = target.dropFirst(scheme.utf8.count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let host, rest[..<end].lowercased() == host.lowercased() else {
            throw Problem("unknown_host", status: 421, "The request's target names another host than its Host header.")
        }
        let path = rest[end...]
        return path.first == "/" ? String(path) : "/" + path
    }

    /// `chunked` is the only coding there is here, and HTTP/1.0 has none.
    private static func isChunked(_ head: HTTPRequestHead) throws(Problem) -> Bool {
        let codings = head.headers["Transfer-Encoding"]
        if codings.isEmpty { return false }
        guard codings.count == 1, codings[0].lowercased() == "chunked", head.version == .http1_1 else {
            throw malformed("The only Transfer-Encoding is chunked, and only in HTTP/1.1.")
        }
        guard !head.headers.contains(name: "Content-Length") else {
            throw malformed("Transfer-Encoding and Content-Length exclude each other.")
        }
        return true
    }

    private static func contentLength(of head: HTTPRequestHead) throws(Problem) -> Int? {
        let lengths = head.headers["Content-Length"]
        if lengths.isEmpty { return nil }
        guard lengths.count == 1, lengths[0].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(lengths[0])
        else { throw malformed("The Content-Length is not one whole number.") }
        return length
    }

    /// `100-continue` is the only expectation there is (RFC 9110 section 10.1.1); HTTP/1.0 has none.
    private static func awaitsContinue(_ head: HTTPRequestHead) throws(Problem) -> Bool {
        guard let expectation = head.headers.first(name: "Expect") else { return false }
        guard expectation.lowercased() == "100-continue" else {
            throw Problem("expectation_failed", status: 417, "The only expectation that can be met is 100-continue.")
        }
        return head.version == .http1_1
    }

    private static func fields(of headers: HTTPHeaders) -> HTTPFields {
        var fields = HTTPFields()
        fields.reserveCapacity(headers.count)
        for (name, value) in headers {
            guard let name = HTTPField.Name(name), name.canonicalName != "host" else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        return fields
    }

    private static func malformed(_ detail: String) -> Problem { Problem("malformed_request", status: 400, detail) }

    /// What the parser's refusal is to the client; nil when the client just went away.
    static func problem(for error: HTTPParserError) -> Problem? {
        switch error {
        case .invalidEOFState, .closedConnection: nil
        case .headerOverflow:
            Problem("header_too_large", status: 431, "The request line and headers are longer than this server takes.")
        case .invalidVersion: malformed("The server speaks HTTP/1.1.")
        default: malformed("The request is not HTTP/1.1.")
        }
    }
}
