// Who somebody is here whom another issuer vouches for.
import Core
import Crypto
import Foundation
import Storage
import TestSupport
import Testing
import Tokens
import Web

@testable import Identity

struct ExternalIdentityTests {
    private let elsewhere = Elsewhere()

    private func user(_ principal: Principal?, _ trusting: Trusting) throws -> User? {
        guard let id = principal?.user else { return nil }
        return try trusting.instance.database.read(in: .instance) { try Identity.find(id, in: $0) }
    }

    @Test func `the first token makes one profile, however many requests bring it at once`() async throws {
        let trusting = try Trusting(elsewhere)
        let token = try elsewhere.token(at: trusting.now)
        try await withThrowingTaskGroup(of: UserID?.self) { group in
            for _ in 0..<50 { group.addTask { try await trusting.principal(token)?.user } }
            var users: Set<UserID?> = []
            for try await user in group { users.insert(user) }
            #expect(users.count == 1 && !users.contains(nil))
        }
        #expect(try trusting.count("SELECT count(*) FROM users") == 1)
        #expect(try trusting.count("SELECT count(*) FROM identities") == 1)
        #expect(elsewhere.fetched.count == 1)
        let audited: SQL = """
            SELECT count(*) FROM audit_events
            WHERE action = 'identity.linked' AND details LIKE '%"issuer_session":"s1"%' AND address = '192.0.2.1'
            """
        #expect(try trusting.count(audited) == 1)
    }

    @Test func `a write by a new person is not lost to the wait for a profile`() async throws {
        let trusting = try Trusting(elsewhere)
        let token = try elsewhere.token(at: trusting.now)
        try await trusting.run { server in
            let renamed = try await server.send("PATCH", "/v1/me", token: token, body: #"{"name":"Rita Rao"}"#)
            #expect(renamed.status == 200)
            #expect(renamed.json?["name"] == .string("Rita Rao"))
        }
        let audited: SQL = """
            SELECT count(*) FROM audit_events
            WHERE action = 'user.created' AND address = '127.0.0.1' AND request_id LIKE 'req_%'
            """
        #expect(try trusting.count(audited) == 1)
    }

    @Test func `a bad token is refused even where no credential is needed`() async throws {
        let trusting = try Trusting(elsewhere)
        let token = try elsewhere.token(["aud": .string("somebody else")], at: trusting.now)
        try await trusting.run { server in
            #expect(try await server.send("GET", "/v1/me", token: token).problem == "unauthenticated")
            let open = try await server.send(
                "POST", "/v1/auth/password/forgot", token: token, body: #"{"email":"a@example.com"}"#)
            #expect(open.problem == "unauthenticated")
        }
    }

    @Test func `JWT-17 Supabase's anon and service_role, and anonymous people, never become a user`() async throws {
        let trusting = try Trusting(elsewhere)
        let tokens: [[String: JSONValue?]] = [
            ["role": .string("anon")], ["role": .string("service_role")], ["role": nil], ["role": .array([])],
            ["role": .string("anon"), "sub": nil], ["role": .string("service_role"), "iss": .string("supabase")],
            ["aud": .string("anon")], ["is_anonymous": .bool(true)], ["is_anonymous": .string("false")], ["sub": nil],
        ]
        for changes in tokens {
            #expect(try await trusting.principal(try elsewhere.token(changes, at: trusting.now)) == nil)
        }
        #expect(try trusting.count("SELECT count(*) FROM users") == 0)
    }

    @Test func `JWT-18 OAU-8 what people write about themselves grants nothing`() async throws {
        let trusting = try Trusting(elsewhere)
        let boasts = JSONValue.object([
            "role": .string("owner"), "org_id": .string("org_01hrz8"), "is_admin": .bool(true),
            "is_operator": .bool(true), "email": .string("boss@example.com"), "full_name": .string("Rita <b>Rao</b>"),
        ])
        let changes: [String: JSONValue?] = [
            "user_metadata": boasts, "app_metadata": boasts, "is_operator": .bool(true),
        ]
        let principal = try await trusting.principal(try elsewhere.token(changes, at: trusting.now))
        let user = try #require(try user(principal, trusting))
        #expect(principal?.isOperator == false && !user.isOperator)
        #expect(user.name == "Rita <b>Rao</b>" && user.verifiedAt == nil)
        #expect(user.email.hasSuffix("@supabase.invalid"))
        #expect(try trusting.count("SELECT count(*) FROM members") == 0)
    }

    @Test func `OAU-2 an address that is only claimed finds no account and takes none`() async throws {
        let trusting = try Trusting(elsewhere)
        let local = try await trusting.instance.makeUser("rita@example.com")
        for changes: [String: JSONValue?] in [
            [:], ["email_verified": .bool(false)], ["email_verified": .string("true")],
        ] {
            let principal = try await trusting.principal(try elsewhere.token(changes, at: trusting.now))
            #expect(principal?.user != nil && principal?.user != local.id)
        }
        #expect(try trusting.count("SELECT count(*) FROM users") == 2)
    }

    @Test func `a confirmed address is the profile's; one that an account has must be linked by its owner`()
        async throws
    {
        let trusting = try Trusting(elsewhere)
        let local = try await trusting.instance.makeUser("rita@example.com")
        let confirmed: [String: JSONValue?] = ["email_verified": .bool(true)]
        let token = try elsewhere.token(confirmed, at: trusting.now)
        let session = try await trusting.instance.signIn("rita@example.com").token
        try await trusting.run { [elsewhere] server in
            #expect(try await server.send("GET", "/v1/me", token: token).problem == "identity_not_linked")
            let linked = try await server.send(
                "POST", "/v1/me/identities", token: session, body: #"{"token":"\#(token)"}"#)
            #expect(linked.status == 201)
            #expect(try await server.send("GET", "/v1/me", token: token).json?["id"] == .string(local.id.text))
            let again = try await server.send(
                "POST", "/v1/me/identities", token: session, body: #"{"token":"\#(token)"}"#)
            #expect(again.problem == "identity_taken")
            let byToken = try await server.send(
                "POST", "/v1/me/identities", token: token, body: #"{"token":"\#(token)"}"#)
            #expect(byToken.problem == "session_required")
            let bad = try await server.send("POST", "/v1/me/identities", token: session, body: #"{"token":"a.b.c"}"#)
            #expect(bad.pointers == ["/token"])
            let id = linked.json?["id"]?.stringValue ?? ""
            #expect(try await server.send("DELETE", "/v1/me/identities/\(id)", token: session).status == 204)
            #expect(try await server.send("GET", "/v1/me/identities", token: session).json?["data"] == .array([]))
            let other = try elsewhere.token(
                ["sub": .string("new"), "email": .string("new@example.com"), "email_verified": .bool(true)],
                at: trusting.now)
            let fresh = try await server.send("GET", "/v1/me", token: other)
            #expect(fresh.json?["email"] == .string("new@example.com"))
        }
    }

    @Test func `OAU-4 a second issuer with the same subject and address is somebody else`() async throws {
        let other = Elsewhere("https://other.example")
        let issuer = Issuer(
            name: "other", issuer: other.issuer, audiences: ["authenticated"], keys: .address("https://other.example/k")
        )
        let trusting = try Trusting([(.supabase(elsewhere.issuer), elsewhere), (issuer, other)])
        let first = try await trusting.principal(try elsewhere.token(at: trusting.now))
        let second = try await trusting.principal(try other.token(at: trusting.now))
        #expect(first?.user != nil && second?.user != nil && first?.user != second?.user)
    }

    @Test func `OAU-5 an issuer that is not listed any more signs nobody in, and an operator runs nothing by token`()
        async throws
    {
        let trusting = try Trusting(elsewhere)
        let token = try elsewhere.token(["email_verified": .bool(true)], at: trusting.now)
        let principal = try #require(try await trusting.principal(token))
        _ = try await trusting.identity.setOperator(true, email: "rita@example.com", by: .system("test"))
        #expect(try await trusting.principal(token)?.isOperator == false)
        let without = Identity(database: trusting.instance.database)
        let found = try trusting.instance.database.read(in: .instance) { try without.principal(token: token, in: $0) }
        #expect(found == nil)
        // The account is gone: the person comes back as somebody new.
        try await trusting.instance.database.write(in: .instance, by: .system("test")) { tx in
            _ = try tx.run("DELETE FROM users WHERE email = 'rita@example.com'")
        }
        #expect(try trusting.count("SELECT count(*) FROM identities") == 0)
        #expect(try await trusting.principal(token)?.user != principal.user)
    }

    @Test func `OAU-5 SES-3 a suspended account is refused at once, whatever its issuer says`() async throws {
        let trusting = try Trusting(elsewhere)
        let token = try elsewhere.token(at: trusting.now)
        let user = try #require(try await trusting.principal(token)?.user)
        let database = trusting.instance.database
        try await database.write(in: .instance, by: .system("test")) { tx in
            try Identity.suspend(user, because: "test", in: tx)
        }
        #expect(try await trusting.principal(token) == nil)
        #expect(try trusting.count("SELECT count(*) FROM users") == 1)
        try await database.write(in: .instance, by: .system("test")) { tx in try Identity.resume(user, in: tx) }
        #expect(try await trusting.principal(token)?.user == user)
    }

    @Test func `HS256 is taken only from an issuer that has a secret, and by that secret`() async throws {
        let secret = [UInt8](repeating: 5, count: 40)
        let sign = { (claims: JSONValue, key: [UInt8]) -> String in
            let head = Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)
            let signed = Base64URL.encode(head) + "." + Base64URL.encode(Array(claims.text.utf8))
            let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: key))
            return signed + "." + Base64URL.encode(Array(code))
        }
        var issuer = Issuer.supabase(elsewhere.issuer)
        let plain = try Trusting([(issuer, elsewhere)])
        #expect(try await plain.principal(sign(elsewhere.claims(at: plain.now), secret)) == nil)
        issuer.secret = SharedSecret(secret)
        let legacy = try Trusting([(issuer, elsewhere)])
        #expect(try await legacy.principal(sign(elsewhere.claims(at: legacy.now), secret)) != nil)
        #expect(
            try await legacy.principal(sign(elsewhere.claims(at: legacy.now), [UInt8](repeating: 6, count: 40))) == nil)
        #expect(try await legacy.principal(try elsewhere.token(["sub": .string("es256")], at: legacy.now)) != nil)
    }
}
