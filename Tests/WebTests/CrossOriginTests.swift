// Scripts of other sites: which may read, what they are told, and that no cookie helps them.
import Core
import TestSupport
import Testing
import Web

@Suite struct CrossOriginTests {
    static let app = "https://app.example.com"

    private func serve(
        _ body: @escaping @Sendable (TestServer) async throws -> Void, limits: Limits = .none
    ) async throws {
        var settings = Notes.settings(limits: limits)
        settings.crossOrigins = [Self.app, "http://localhost:3000"]
        try await Notes.serve(settings: settings) { server, _ in try await body(server) }
    }

    private static func origin(_ text: String) -> [(name: String, value: String)] { [(name: "Origin", value: text)] }

    private static let preflight: [(name: String, value: String)] = [
        (name: "Access-Control-Request-Method", value: "POST"),
        (name: "Access-Control-Request-Headers", value: "authorization,content-type"),
    ]

    static let others = [
        "https://evil.example", "null", "https://app.example.com.evil.example", "https://evil-app.example.com",
        "https://sub.app.example.com", "https://example.com", "https://app.example.com:443",
        "https://app.example.com:8443", "http://app.example.com", "HTTPS://APP.EXAMPLE.COM", "https://App.example.com",
        "https://user@app.example.com", "https://app.example.com/", "https://app.example.com ,https://evil.example",
        "*", "https://*.example.com", "http://localhost:3001", "http://127.0.0.1:3000", "https://app.example.com%00",
    ]

    @Test func `COR-1 an origin that is not listed letter by letter reads nothing`() async throws {
        try await serve { server in
            for origin in Self.others {
                let answers = [
                    try await server.send("GET", Notes.path, token: "owner", headers: Self.origin(origin)),
                    try await server.send("GET", Notes.path, headers: Self.origin(origin)),
                    try await server.send("GET", "/v1/nowhere", headers: Self.origin(origin)),
                    try await server.send("OPTIONS", "/v1/echo", headers: Self.origin(origin) + Self.preflight),
                ]
                #expect(answers.map(\.status) == [200, 401, 404, 405], "\(origin)")
                for answer in answers {
                    #expect(answer["Access-Control-Allow-Origin"] == nil, "\(origin)")
                    #expect(answer["Access-Control-Allow-Credentials"] == nil)
                    #expect(answer["Access-Control-Allow-Methods"] == nil)
                    #expect(answer["Vary"] == "Origin")
                }
            }
        }
    }

    @Test func `COR-1 two origins in one request are none of the list`() async throws {
        try await serve { server in
            let twice = Self.origin(Self.app) + Self.origin(Self.app)
            let answer = try await server.send("GET", "/v1/ping", headers: twice)
            #expect(answer["Access-Control-Allow-Origin"] == nil)
        }
    }

    @Test func `COR-1 a listed origin reads answers to bearer calls, refusals too`() async throws {
        try await serve { server in
            for (path, token, status) in [
                (Notes.path, "owner", 200), (Notes.path, "unknown", 401), ("/v1/nowhere", "owner", 404),
            ] {
                let answer = try await server.send("GET", path, token: token, headers: Self.origin(Self.app))
                #expect(answer.status == status)
                #expect(answer["Access-Control-Allow-Origin"] == Self.app)
                #expect(answer["Access-Control-Allow-Credentials"] == nil)
                #expect(answer["Access-Control-Expose-Headers"]?.contains("Retry-After") == true)
                #expect(answer["Vary"] == "Origin")
            }
            // A cache that keeps an answer of nobody's origin must not give it to a script.
            #expect(try await server.send("GET", "/v1/ping")["Vary"] == "Origin")
        }
    }

    @Test func `COR-1 a preflight is answered before anybody signs in, and for ten minutes`() async throws {
        try await serve { server in
            let answer = try await server.send(
                "OPTIONS", Notes.path, headers: Self.origin("http://localhost:3000") + Self.preflight)
            #expect(answer.status == 204)
            #expect(answer["Access-Control-Allow-Origin"] == "http://localhost:3000")
            #expect(answer["Access-Control-Allow-Methods"] == "POST")
            #expect(answer["Access-Control-Allow-Headers"]?.hasPrefix("Authorization, Content-Type") == true)
            #expect(answer["Access-Control-Max-Age"] == "600")
            #expect(answer["Access-Control-Allow-Credentials"] == nil)
            #expect(answer["Vary"] == "Origin")
        }
    }

    @Test func `COR-1 pages, unknown methods and unknown paths have no preflight`() async throws {
        try await serve { server in
            for (path, method, status) in [
                ("/page", "GET", 405), ("/v1/echo", "DELETE", 405), ("/v1/nowhere", "POST", 404),
            ] {
                let wanted = (name: "Access-Control-Request-Method", value: method)
                let answer = try await server.send("OPTIONS", path, headers: Self.origin(Self.app) + [wanted])
                #expect(answer.status == status)
                #expect(answer["Access-Control-Allow-Methods"] == nil)
            }
            #expect(try await server.send("GET", "/crlf", headers: Self.origin(Self.app))["Vary"] == nil)
        }
    }

    @Test(arguments: [Self.app, "https://evil.example", "null"])
    func `COR-1 a cookie opens nothing for another site, listed or not`(origin: String) async throws {
        try await serve { server in
            let cookie = [(name: "Cookie", value: "raptorflow=owner")]
            #expect(try await server.send("GET", Notes.path, headers: cookie).status == 200)
            let read = try await server.send("GET", Notes.path, headers: cookie + Self.origin(origin))
            #expect(read.status == 401)
            let write = try await server.send(
                "POST", Notes.path, headers: cookie + Self.origin(origin), body: #"{"text":"a"}"#)
            #expect(write.status == 403)
            #expect(write.problem == "cross_origin_request")
        }
    }

    @Test func `COR-1 preflights are counted like any call of their address`() async throws {
        var rates = Limits.Rates()
        rates.address = Rate(perMinute: 1, burst: 2)
        let limits = Limits(rates, now: { 5_000_000_000 })
        try await serve(
            { server in
                let headers = Self.origin(Self.app) + Self.preflight
                var statuses: [Int] = []
                for _ in 0..<3 {
                    statuses.append(try await server.send("OPTIONS", "/v1/echo", headers: headers).status)
                }
                #expect(statuses == [204, 204, 429])
            }, limits: limits)
    }
}
