// Access tokens over HTTP, and answers to "may they?".
import Core
import Identity
import Storage
import TestSupport
import Testing
import Tokens
import Web

@testable import Organizations

/// Acme and Globex behind a server that issues tokens.
private struct TokenServer {
    let company: Company
    let organizations: Organizations
    let identity: Identity

    init() async throws {
        company = try await Company()
        let keys = SigningKeys(sealedWith: [UInt8](repeating: 9, count: 32))
        try await keys.prepare(on: company.database)
        identity = Identity(
            database: company.database,
            accessTokens: AccessTokens(keys: keys, issuer: "https://app.example.com", audience: "reports"))
        organizations = Organizations(database: company.database, identity: identity)
    }

    func session(_ role: Role) async throws -> String {
        guard let user = company.users[role] else { throw Problem.unauthenticated }
        return try await company.database.write(in: .instance, by: Company.caller) { tx in
            try Identity.openSession(for: user, on: .init(named: "Test"), in: tx).token
        }
    }

    func run(_ body: @escaping @Sendable (TestServer) async throws -> Void) async throws {
        var routes = Routes()
        identity.addRoutes(to: &routes)
        organizations.addRoutes(to: &routes)
        var settings = Gateway.Settings.testing()
        settings.authentication = organizations.authentication
        try await withServer(routes.endpoints, on: company.database, settings: settings, body)
    }
}

struct AuthorizingTests {
    @Test func `a session is exchanged for a token with the role in the organisation that is named`() async throws {
        let its = try await TokenServer()
        let (editor, acme) = (try await its.session(.editor), its.company.acme.id)
        let user = its.company.id(.editor).text
        try await its.run { server in
            let answer = try await server.send(
                "POST", "/v1/auth/token", token: editor, body: #"{"organization":"\#(acme)"}"#)
            #expect(answer.status == 201)
            #expect(answer.json?["expires_in"] == .integer(600))
            let keySet = try await server.send("GET", "/.well-known/jwks.json")
            #expect(keySet["Cache-Control"] == "public, max-age=600")
            let token = try CompactToken(try #require(answer.json?["access_token"]?.stringValue))
            let keys = try #require(KeySet(document: Array(keySet.body.utf8)))
            try keys.verify(token, allowing: [.es256])
            let claims = try TokenRule(issuer: "https://app.example.com", audiences: ["reports"])
                .claims(of: token, at: its.company.time.clock.now)
            #expect(claims.subject == user)
            #expect(claims.text("org") == acme.text && claims.text("role") == "editor")
        }
    }

    @Test func `a token of an organisation one does not belong to, or by an API key, is refused`() async throws {
        let its = try await TokenServer()
        let (viewer, globex) = (try await its.session(.viewer), its.company.globex.id)
        let key = try await its.company.act { tx in
            try Organizations.createKey(name: "Importer", role: .owner, by: .owner, in: tx).secret
        }
        try await its.run { server in
            let foreign = try await server.send(
                "POST", "/v1/auth/token", token: viewer, body: #"{"organization":"\#(globex)"}"#)
            #expect(foreign.status == 404)
            let byKey = try await server.send("POST", "/v1/auth/token", token: key, body: "{}")
            #expect(byKey.problem == "session_required")
            #expect(try await server.send("POST", "/v1/auth/token", body: "{}").status == 401)
        }
    }

    @Test func `OAU-9 a token names a role only where the session itself is let in`() async throws {
        let its = try await TokenServer()
        let (editor, company) = (try await its.session(.editor), its.company)
        let body = #"{"organization":"\#(company.acme.id)"}"#
        try await its.run { server in
            try await company.database.write(in: .organization(company.acme.id), by: .system("test")) { tx in
                _ = try Organizations.update(company.acme, name: nil, slug: nil, requiresSecondFactor: true, in: tx)
            }
            let unprotected = try await server.send("POST", "/v1/auth/token", token: editor, body: body)
            #expect(unprotected.problem == "second_factor_missing")
            try await company.database.write(in: .instance, by: .system("test")) { tx in
                _ = try Organizations.suspend(company.acme.id, because: "test", in: tx)
            }
            let stopped = try await server.send("POST", "/v1/auth/token", token: editor, body: body)
            #expect(stopped.problem == "organization_suspended")
        }
    }

    @Test func `authorize says no to who is suspended`() async throws {
        let its = try await TokenServer()
        let (company, owner) = (its.company, try await its.session(.owner))
        try await company.database.write(in: .instance, by: .system("test")) { tx in
            try Organizations.suspendUser(company.id(.editor), because: "test", in: tx)
        }
        try await its.run { server in
            let answer = try await server.send(
                "POST", "/v1/orgs/\(company.acme.id)/authorize", token: owner,
                body: #"{"user":"\#(company.id(.editor))","permission":"ledger:read"}"#)
            #expect(answer.body == #"{"allowed":false,"reason":"account_suspended","role":"editor"}"#)
        }
    }

    @Test func `our own access token is no credential here`() async throws {
        let its = try await TokenServer()
        let owner = try await its.session(.owner)
        try await its.run { server in
            let answer = try await server.send("POST", "/v1/auth/token", token: owner, body: "{}")
            let token = try #require(answer.json?["access_token"]?.stringValue)
            #expect(try await server.send("GET", "/v1/me", token: token).status == 401)
        }
    }

    @Test func `authorize says yes or no, and why`() async throws {
        let its = try await TokenServer()
        let (company, viewer) = (its.company, try await its.session(.viewer))
        try await its.run { server in
            let ask = { (user: UserID, permission: String) in
                try await server.send(
                    "POST", "/v1/orgs/\(company.acme.id)/authorize", token: viewer,
                    body: #"{"user":"\#(user)","permission":"\#(permission)"}"#)
            }
            let yes = try await ask(company.id(.admin), "members:manage")
            #expect(yes.body == #"{"allowed":true,"reason":"role_allows","role":"admin"}"#)
            let no = try await ask(company.id(.viewer), "members:manage")
            #expect(no.body == #"{"allowed":false,"reason":"role_lacks_permission","role":"viewer"}"#)
            let stranger = try await ask(company.stranger.id, "members:read")
            #expect(stranger.json?["allowed"] == .bool(false))
            #expect(stranger.json?["reason"] == .string("not_a_member"))
            #expect(try await ask(company.id(.viewer), "everything:do").status == 422)
            let foreign = try await server.send(
                "POST", "/v1/orgs/\(company.globex.id)/authorize", token: viewer,
                body: #"{"user":"\#(company.stranger.id)","permission":"members:read"}"#)
            #expect(foreign.status == 404)
        }
    }
}
