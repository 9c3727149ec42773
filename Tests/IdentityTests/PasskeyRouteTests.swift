// Passkeys over HTTP, as a program uses them that is no browser.
import Core
import Storage
import TestSupport
import Testing
import Web

@testable import Identity

struct PasskeyRouteTests {
    /// Somebody with an authenticator, at a server.
    private struct Caller {
        let server: TestServer
        let key: Authenticator

        func post(_ path: String, _ body: JSONValue? = nil, token: String? = nil) async throws -> RawAnswer {
            try await server.send("POST", path, token: token, body: body?.text)
        }

        /// The challenge of an operation that begins something.
        func challenge(_ path: String, _ body: JSONValue? = nil, token: String? = nil) async throws -> String {
            try #require(try await post(path, body, token: token).json?["challenge"]?.stringValue)
        }

        func add(_ key: Authenticator, token: String) async throws -> RawAnswer {
            let challenge = try await challenge("/v1/me/passkeys/begin", token: token)
            return try await post(
                "/v1/me/passkeys", .object(["name": .string("phone"), "credential": key.create(challenge: challenge)]),
                token: token)
        }
    }

    private func serve(
        _ instance: Instance, origin: String = Authenticator.origin,
        _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        var routes = Routes()
        instance.identity.addRoutes(to: &routes)
        var settings = Gateway.Settings.testing()
        settings.origin = origin
        settings.authentication = Authentication(
            principal: { token, tx in try instance.identity.principal(token: token, in: tx) },
            role: { _, _, _ in nil })
        try await withServer(routes.endpoints, on: instance.database, settings: settings) { server in
            try await body(server)
        }
    }

    @Test func `a passkey is added, named, used in all three ways and removed`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let session = try await instance.signIn().token
        try await serve(instance) { (server: TestServer) async throws in
            var key = Authenticator()
            key.handle = Array(user.id.text.utf8)
            let caller = Caller(server: server, key: key)
            let added = try await caller.add(key, token: session)
            #expect(added.status == 201 && added.json?["recovery_codes"]?.arrayValue?.count == 10)
            let token = try #require(added.json?["token"]?.stringValue)
            let id = try #require(added.json?["passkey"]?["id"]?.stringValue)
            let renamed = try await server.send(
                "PATCH", "/v1/me/passkeys/\(id)", token: token, body: #"{"name": "tablet"}"#)
            #expect(renamed.json?["name"]?.stringValue == "tablet")
            let listed = try await server.send("GET", "/v1/me/passkeys", token: token)
            #expect(listed.json?["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == [id])

            let alone = try await caller.challenge("/v1/auth/passkey/begin")
            let signedIn = try await caller.post(
                "/v1/auth/passkey", .object(["credential": try key.get(challenge: alone)]))
            #expect(signedIn.status == 201 && signedIn.json?["user"]?["id"]?.stringValue == user.id.text)

            let first = JSONValue.string(try await instance.challenge())
            let second = try await caller.challenge("/v1/auth/second-factor/begin", .object(["challenge": first]))
            let completed = try await caller.post(
                "/v1/auth/second-factor",
                .object(["challenge": first, "passkey": try key.get(challenge: second)]))
            #expect(completed.status == 201)

            let open = try #require(signedIn.json?["token"]?.stringValue)
            let again = try await caller.challenge("/v1/me/step-up/begin", token: open)
            let confirmed = try await caller.post(
                "/v1/me/step-up", .object(["passkey": try key.get(challenge: again)]), token: open)
            #expect(confirmed.status == 200)
            let fresh = try #require(confirmed.json?["token"]?.stringValue)
            #expect(try await server.send("DELETE", "/v1/me/passkeys/\(id)", token: fresh).status == 204)
            #expect(try await server.send("DELETE", "/v1/me/passkeys/\(id)", token: fresh).status == 404)
            #expect(try await caller.post("/v1/me/step-up/begin", token: fresh).problem == "passkey_absent")
        }
    }

    @Test func `the options ask for what is checked, and name nobody`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let session = try await instance.signIn().token
        try await serve(instance) { (server: TestServer) async throws in
            let made = try #require(
                try await server.send("POST", "/v1/me/passkeys/begin", token: session).json)
            #expect(made["rp"]?["id"]?.stringValue == "app.example.com")
            let handle = try #require(made["user"]?["id"]?.stringValue.flatMap(Base64URL.decode))
            #expect(handle == Array(user.id.text.utf8) && handle.count <= 64)
            #expect(made["pubKeyCredParams"]?.arrayValue?.compactMap { $0["alg"]?.integerValue } == [-7, -8, -257])
            #expect(made["authenticatorSelection"]?["userVerification"]?.stringValue == "required")
            #expect(made["authenticatorSelection"]?["residentKey"]?.stringValue == "required")
            #expect(made["attestation"]?.stringValue == "none")
            let asked = try #require(try await server.send("POST", "/v1/auth/passkey/begin").json)
            #expect(asked["allowCredentials"]?.arrayValue?.isEmpty == true)
            #expect(asked["userVerification"]?.stringValue == "required")
            let challenge = try #require(asked["challenge"]?.stringValue.flatMap(Base64URL.decode))
            #expect(challenge.count >= 16)
        }
    }

    @Test func `what is no credential is refused with a problem, and nothing is lost`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        try await serve(instance) { (server: TestServer) async throws in
            let caller = Caller(server: server, key: Authenticator())
            let bodies = [
                #"{"credential": {}}"#, #"{"credential": null}"#, #"{"credential": []}"#, #"{"credential": "x"}"#,
                #"{"credential": {"id": "AAAA", "type": "public-key", "response": {"clientDataJSON": "AAAA"}}}"#,
            ]
            for body in bodies {
                let answer = try await server.send("POST", "/v1/auth/passkey", body: body)
                #expect(answer.status == 422, "\(body): \(answer.status)")
            }
            #expect(try await server.send("POST", "/v1/auth/passkey", body: "{}").pointers == ["/credential"])
            let long = #"{"credential": "\#(String(repeating: "x", count: 70_000))"}"#
            #expect(try await server.send("POST", "/v1/auth/passkey", body: long).problem == "body_too_large")
            let unknown = try await caller.challenge("/v1/auth/passkey/begin")
            let credential = try caller.key.get(challenge: unknown)
            let refused = try await caller.post("/v1/auth/passkey", .object(["credential": credential]))
            #expect(refused.problem == "passkey_refused")
        }
    }

    @Test func `under an address without a name there are no passkeys`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        let session = try await instance.signIn().token
        try await serve(instance, origin: "https://192.0.2.1") { (server: TestServer) async throws in
            for (path, token) in [("/v1/auth/passkey/begin", nil), ("/v1/me/passkeys/begin", session)] {
                #expect(try await server.send("POST", path, token: token).problem == "passkeys_unavailable")
            }
        }
    }
}
