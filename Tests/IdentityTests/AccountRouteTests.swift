// The account's operations over HTTP: what asks for a fresh credential, and tokens that are not quite right.
import Core
import Storage
import TestSupport
import Testing
import Web

@testable import Identity

struct AccountRouteTests {
    /// Runs the feature's own operations on a port, with real sessions.
    private func serve(
        _ instance: Instance, _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        var routes = Routes()
        instance.identity.addRoutes(to: &routes)
        var settings = Gateway.Settings.testing()
        settings.authentication = Authentication(
            principal: { token, tx in try instance.identity.principal(token: token, in: tx) },
            role: { _, _, _ in nil })
        try await withServer(routes.endpoints, on: instance.database, settings: settings) { server in
            try await body(server)
        }
    }

    private static let guarded: [(method: String, path: String, body: String?)] = [
        ("POST", "/v1/me/second-factor", nil), ("POST", "/v1/me/second-factor/confirm", #"{"code": "123456"}"#),
        ("POST", "/v1/me/second-factor/recovery-codes", nil), ("DELETE", "/v1/me/second-factor", nil),
        ("POST", "/v1/me/email", #"{"email": "new@example.com"}"#), ("POST", "/v1/me/passkeys/begin", nil),
        ("POST", "/v1/me/passkeys", #"{"credential": {}}"#),
        ("DELETE", "/v1/me/passkeys/pky_01kajv7e5tf9gv5f2x3xj3k8qa", nil),
    ]

    @Test func `MFA-4 changes to the account itself ask for a credential of the last ten minutes`() async throws {
        let instance = try Instance(isStill: true)
        _ = try await instance.makeUser()
        let signedIn = try await instance.signIn()
        instance.time.advance(by: .minutes(10))
        try await serve(instance) { (server: TestServer) async throws in
            for route in Self.guarded {
                let answer = try await server.send(route.method, route.path, token: signedIn.token, body: route.body)
                #expect(answer.problem == "step_up_required", "\(route.path): \(answer.status)")
            }
            let wrong = try await server.send(
                "POST", "/v1/me/step-up", token: signedIn.token, body: #"{"password": "not my password"}"#)
            #expect(wrong.status == 422 && wrong.pointers == ["/password"])
            let renewed = try await server.send(
                "POST", "/v1/me/step-up", token: signedIn.token, body: #"{"password": "\#(Instance.password)"}"#)
            let token = try #require(renewed.json?["token"]?.stringValue)
            #expect(try await server.send("GET", "/v1/me", token: signedIn.token).status == 401)
            #expect(try await server.send("POST", "/v1/me/second-factor", token: token).status == 201)
            instance.time.advance(by: Milliseconds(Identity.freshness.count - 1))
            #expect(try await server.send("POST", "/v1/me/second-factor", token: token).status == 201)
            instance.time.advance(by: Milliseconds(1))
            #expect(try await server.send("POST", "/v1/me/second-factor", token: token).problem == "step_up_required")
        }
    }

    @Test func `SES-2 a session token that was cut, lengthened or changed opens nothing`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        let token = try await instance.signIn().token
        let last = token.hasSuffix("A") ? "B" : "A"
        try await serve(instance) { (server: TestServer) async throws in
            #expect(try await server.send("GET", "/v1/me", token: token).status == 200)
            for wrong in [
                String(token.dropLast()), String(token.dropLast()) + last, token + "A", token + ".",
                token.uppercased(), String(token.dropFirst(4)), "rft_" + token.dropFirst(4),
            ] {
                #expect(try await server.send("GET", "/v1/me", token: wrong).status == 401, "\(wrong.count)")
            }
        }
    }

    @Test func `SES-7 a token works no longer after its sign-out`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        let (token, other) = (try await instance.signIn().token, try await instance.signIn().token)
        try await serve(instance) { (server: TestServer) async throws in
            #expect(try await server.send("POST", "/v1/auth/sign-out", token: token).status == 204)
            #expect(try await server.send("GET", "/v1/me", token: token).status == 401)
            #expect(try await server.send("GET", "/v1/me", token: other).status == 200)
            let third = try await instance.signIn().token
            #expect(try await server.send("DELETE", "/v1/me/sessions", token: third).status == 204)
            #expect(try await server.send("GET", "/v1/me", token: other).status == 401)
            #expect(try await server.send("GET", "/v1/me", token: third).status == 200)
        }
    }

    @Test func `SES-10 the console's cookies are bound to the host, to TLS and kept from scripts`() {
        let cookies = [
            SessionCookie.set("t", origin: "https://app.example.com"),
            Identity.challengeCookie.set("t", origin: "https://app.example.com"),
            Identity.deviceCookie.set("t", origin: "https://app.example.com"),
        ]
        for cookie in cookies {
            let parts = cookie.value.split(separator: ";").map { String($0.drop { $0 == " " }) }
            #expect(parts[0].hasPrefix("__Host-raptorflow"))
            #expect(Set(parts).isSuperset(of: ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"]))
            #expect(!parts.contains { $0.hasPrefix("Domain") })
        }
        #expect(!Identity.challengeCookie.set("t", origin: "http://127.0.0.1").value.contains("Secure"))
    }

    @Test func `RST-12 nobody marks their own mailbox as confirmed, or makes themselves an operator`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let token = try await instance.signIn().token
        try await serve(instance) { (server: TestServer) async throws in
            for field in [
                #""verified_at": "2026-01-01T00:00:00.000Z""#, #""is_operator": true"#, #""email": "a@example.com""#,
                #""id": "user_01kajv7e5tf9gv5f2x3xj3k8qa""#,
            ] {
                let body = "{\"name\": \"Meera\", \(field)}"
                #expect(try await server.send("PATCH", "/v1/me", token: token, body: body).status == 422)
            }
        }
        let stored = try instance.find(user.id)
        #expect(stored?.verifiedAt == nil && stored?.isOperator == false && stored?.name == "Meera Iyer")
    }

    @Test func `RST-14 a name can't add a line or a header to a mail`() async throws {
        for name in ["Meera\r\nBcc: a@evil.example", "Meera\nX", "Meera\u{0}", "Meera\u{7F}"] {
            let code = await refusal { try Person(email: "meera@example.com", name: name) }
            #expect(code == "validation_failed")
        }
        let instance = try Instance()
        _ = try await instance.makeUser(name: "<script>alert(1)</script>")
        try await instance.act { tx in
            try Identity.forgotPassword("meera@example.com", origin: "https://app.example.com", in: tx)
        }
        // Mails are plain text, so what looks like markup is shown as it is.
        #expect(try instance.newestMail()?.hasPrefix("Hello <script>alert(1)</script>,") == true)
    }
}
