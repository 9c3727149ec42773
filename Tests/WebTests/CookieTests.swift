// Which cookies count, and where.
import Core
import Storage
import TestSupport
import Testing

@testable import Web

struct CookieTests {
    private static let token = "rfs_" + String(repeating: "a", count: 43)

    /// Says who is signed in, and what another cookie holds.
    private static func serve(
        at origin: String, _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        let user = UserID(at: Timestamp(milliseconds: 1))
        let person = Principal(.session(SessionID(at: Timestamp(milliseconds: 1)), user: user), display: "Olivia")
        var settings = Gateway.Settings.testing(principals: [token: person])
        settings.origin = origin
        let other = HostCookie("other", seconds: 60)
        let endpoint = Endpoint(
            method: "GET", path: "/who", id: "who", summary: "who", tag: "test", access: .anyone, output: .page,
            work: .act { call in
                .text("\(call.principal?.display ?? "nobody") \(other.value(in: call.request) ?? "nothing")")
            })
        try await withServer([endpoint], on: try TestDatabase().database, settings: settings, body)
    }

    private static func who(_ server: TestServer, _ cookies: String) async throws -> String {
        try await server.send("GET", "/who", headers: [(name: "Cookie", value: cookies)]).body
    }

    @Test func `SES-10 behind TLS a cookie that another host could plant signs nobody in`() async throws {
        try await Self.serve(at: "https://app.example.com") { (server: TestServer) async throws -> Void in
            let (bare, full) = ("raptorflow=\(Self.token)", "__Host-raptorflow=\(Self.token)")
            #expect(try await Self.who(server, bare) == "nobody nothing")
            #expect(try await Self.who(server, full) == "Olivia nothing")
            #expect(try await Self.who(server, "raptorflow=rfs_x; \(full)") == "Olivia nothing")
            #expect(try await Self.who(server, "\(bare); __Host-raptorflow=rfs_x") == "nobody nothing")
            #expect(try await Self.who(server, "other=planted") == "nobody nothing")
            #expect(try await Self.who(server, "other=planted; __Host-other=mine") == "nobody mine")
        }
    }

    @Test func `without TLS, where browsers refuse the prefix, the plain name counts`() async throws {
        try await Self.serve(at: "http://127.0.0.1:8090") { (server: TestServer) async throws -> Void in
            #expect(try await Self.who(server, "raptorflow=\(Self.token); other=mine") == "Olivia mine")
            #expect(try await Self.who(server, "__Host-raptorflow=\(Self.token); __Host-other=x") == "nobody nothing")
        }
    }

    @Test func `SES-10 the message for the next page is bound to the host and TLS as the session is`() {
        let set = Flash.cookie.set(Flash.value(of: "Saved."), origin: "https://app.example.com").value
        #expect(set.hasPrefix("__Host-raptorflow_flash="))
        for mark in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=60"] { #expect(set.contains(mark)) }
        #expect(!set.contains("Domain"))
        let value = set.dropFirst("__Host-raptorflow_flash=".count).prefix { $0 != ";" }
        #expect(Flash.message(from: String(value)) == "Saved.")
    }
}
