// What every answer tells the browser, and what no answer repeats.
import Core
import Storage
import TestSupport
import Testing
import Web

@Suite struct HeaderTests {
    /// One answer of each kind: pages and data, good and refused, by handlers, by the gateway and by the HTTP layer.
    static let requests: [(method: String, path: String, headers: [(name: String, value: String)], status: Int)] = [
        ("GET", "/page", [], 200), ("GET", "/crlf", [], 303), ("GET", "/v1/ping", [], 200),
        ("HEAD", "/v1/ping", [], 200), ("GET", "/v1/nowhere", [], 404), ("GET", Notes.path, [], 401),
        ("GET", "/nowhere", [(name: "Accept", value: "text/html")], 404), ("GET", "/v1/ping?a=1", [], 422),
        ("DELETE", "/v1/ping", [], 405), ("GET", "/v1/ping", [(name: "Expect", value: "magic")], 417),
        ("GET", "/v1/ping", [(name: "X-Long", value: String(repeating: "a", count: 20_000))], 431),
        ("GET", "/v1/ping", [(name: "Host", value: "second.example")], 400),
    ]

    @Test func `CLK-1 no answer may be framed, whatever it is`() async throws {
        try await Notes.serve { server, _ in
            for (method, path, headers, status) in Self.requests {
                let answer = try await server.send(method, path, headers: headers)
                #expect(answer.status == status, "\(method) \(path)")
                let policy = try #require(answer["Content-Security-Policy"], "\(method) \(path)")
                #expect(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"))
                #expect(!policy.contains("unsafe") && !policy.contains("*"))
                #expect(answer["X-Content-Type-Options"] == "nosniff")
            }
        }
    }

    @Test func `pages are alone in their window, tell others no address, and ask for no camera`() async throws {
        try await Notes.serve { server, _ in
            for path in ["/page", "/nowhere"] {
                let answer = try await server.send("GET", path, headers: [(name: "Accept", value: "text/html")])
                #expect(answer["Cross-Origin-Opener-Policy"] == "same-origin")
                #expect(answer["Cross-Origin-Resource-Policy"] == "same-origin")
                #expect(answer["Referrer-Policy"] == "same-origin")
                #expect(answer["X-Frame-Options"] == "DENY")
                #expect(answer["Permissions-Policy"]?.contains("camera=()") == true)
                #expect(answer["Content-Security-Policy"]?.contains("base-uri 'none'") == true)
                #expect(answer["Content-Security-Policy"]?.contains("form-action 'self'") == true)
                #expect(answer["Cache-Control"] == "no-store")
            }
            #expect(try await server.send("GET", "/v1/ping")["Cross-Origin-Resource-Policy"] == "same-origin")
        }
    }

    @Test func `over https every answer asks for a year of it, over http none does`() async throws {
        var settings = Notes.settings()
        settings.origin = "https://app.example.com"
        try await Notes.serve(settings: settings) { server, _ in
            for (method, path, headers, _) in Self.requests.dropLast(3) {
                let answer = try await server.send(method, path, headers: headers)
                #expect(answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains")
            }
        }
        try await Notes.serve { server, _ in
            let answer = try await server.send("GET", "/v1/ping")
            #expect(answer["Strict-Transport-Security"] == nil)
        }
    }

    @Test(arguments: ["text/html", "application/json", "*/*"])
    func `XSS-3 no refusal repeats what was sent`(accept: String) async throws {
        try await Notes.serve { server, _ in
            let mark = "zq7<script>alert(1)</script>"
            let encoded = "zq7%3Cscript%3Ealert(1)%3C%2Fscript%3E"
            let headers = [
                (name: "Accept", value: accept), (name: "User-Agent", value: mark), (name: "Referer", value: mark),
                (name: "X-Request-Id", value: mark), (name: "Cookie", value: "raptorflow=\(mark)"),
            ]
            for (method, path) in [
                ("GET", "/zq7"), ("GET", "/\(encoded)"), ("GET", "/v1/ping?\(encoded)=\(encoded)"),
                ("GET", "/v1/orgs/\(encoded)/notes"), ("GET", "\(Notes.path)?cursor=\(encoded)"),
                ("PATCH", "/v1/\(encoded)"), ("zq7", "/v1/ping"),
            ] {
                let answer = try await server.send(method, path, token: "owner", headers: headers)
                #expect(answer.status >= 400, "\(method) \(path)")
                // A field is named where it is wrong; the answer is data then, and no browser takes it for a page.
                let isData = answer["Content-Type"] == "application/problem+json"
                #expect(isData || !answer.body.contains("zq7"), "\(method) \(path)")
                #expect(isData || answer["Content-Type"] == "text/html; charset=utf-8", "\(method) \(path)")
                #expect(answer["X-Content-Type-Options"] == "nosniff")
                #expect(!answer.headers.contains { $0.value.contains("zq7") }, "\(method) \(path)")
            }
            let body = try await server.send(
                "POST", "/v1/echo", headers: headers, body: #"{"\#(mark)": "\#(mark)", "text": "\#(mark)"}"#)
            #expect(body.status == 422)
            #expect(body["Content-Type"] == "application/problem+json")
        }
    }

    @Test func `DOS-1 a compressed body is refused before it is read, so that none is ever inflated`() async throws {
        try await Notes.serve { server, _ in
            for coding in ["gzip", "deflate", "br", "zstd", "identity, gzip", "GZIP", "x-gzip"] {
                let answer = try await server.send(
                    "POST", "/v1/echo", headers: [(name: "Content-Encoding", value: coding)], body: #"{"text":"a"}"#)
                #expect(answer.status == 415, "\(coding)")
                #expect(answer.problem == "unsupported_media_type")
            }
            let plain = [(name: "Content-Encoding", value: "identity")]
            #expect(try await server.send("POST", "/v1/echo", headers: plain, body: #"{"text":"a"}"#).status == 200)
        }
    }

    @Test func `DOS-4 and DOS-6 cookies and trace state of any size cost nothing`() async throws {
        try await Notes.serve { server, _ in
            let pairs = (0..<1000).map { "c\($0)=\($0)" }.joined(separator: "; ")
            #expect(pairs.utf8.count < 16_000)
            let many = try await server.send("GET", "/v1/ping", headers: [(name: "Cookie", value: pairs)])
            #expect(many.status == 200)
            for name in ["Cookie", "baggage", "tracestate", "traceparent"] {
                let header = (name: name, value: String(repeating: "a=b;", count: 25_000))
                let answer = try await server.send("GET", "/v1/ping", headers: [header])
                #expect(answer.status == 431)
                #expect(answer.problem == "header_too_large")
            }
            let long = [(name: "Cookie", value: "raptorflow=" + String(repeating: "a", count: 10_000))]
            #expect(try await server.send("GET", Notes.path, headers: long).status == 401)
        }
    }
}
