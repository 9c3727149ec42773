// The keys of other issuers: whose, how fresh, and how seldom they are fetched.
import Core
import Storage
import TestSupport
import Testing
import Tokens
import Web

@testable import Identity

struct IssuerKeyTests {
    private let elsewhere = Elsewhere()
    private let address = "https://abc.supabase.co/auth/v1/.well-known/jwks.json"

    @Test func `the first token fetches the keys, the next ones do not`() async throws {
        let trusting = try Trusting(elsewhere)
        for _ in 0..<5 { #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil) }
        #expect(elsewhere.fetched == [address])
    }

    @Test func `JWT-5 JWT-6 JWT-8 SSR-4 nothing in a token makes us ask another address`() async throws {
        let trusting = try Trusting(elsewhere)
        let evil = "https://evil.example/jwks.json"
        let headers = [
            #"{"alg":"ES256","kid":"\#(evil)"}"#, #"{"alg":"ES256","kid":"../../etc/passwd"}"#,
            #"{"alg":"ES256","kid":"' OR 1=1 --"}"#, #"{"alg":"ES256"}"#, #"{"alg":"ES256","kid":"k1","kid":"k1"}"#,
            #"{"alg":"ES256","kid":"k1","jku":"\#(evil)"}"#, #"{"alg":"ES256","kid":"k1","x5u":"\#(evil)"}"#,
            #"{"alg":"ES256","kid":"k1","jwk":{"kty":"EC"}}"#, #"{"alg":"ES256","kid":"k1","x5c":["MIIB"]}"#,
        ]
        for header in headers {
            #expect(try await trusting.principal(elsewhere.forged(header: header, at: trusting.now)) == nil)
        }
        for issuer: JSONValue in [.string("https://evil.example"), .string("supabase"), .null, .integer(1)] {
            #expect(try await trusting.principal(try elsewhere.token(["iss": issuer], at: trusting.now)) == nil)
        }
        #expect(Set(elsewhere.fetched) == [address])
        #expect(try trusting.count("SELECT count(*) FROM users") == 0)
    }

    @Test func `JWT-7 a key of one issuer never signs for another, even under the same name`() async throws {
        let other = Elsewhere("https://other.example", kid: "k1")
        var issuer = Issuer(
            name: "other", issuer: other.issuer, audiences: ["authenticated"], keys: .address("https://other.example/k")
        )
        issuer.algorithms = [.es256]
        let trusting = try Trusting([(.supabase(elsewhere.issuer), elsewhere), (issuer, other)])
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
        #expect(try await trusting.principal(try other.token(at: trusting.now)) != nil)
        let crossed = try elsewhere.token(["iss": .string(other.issuer)], at: trusting.now)
        #expect(try await trusting.principal(crossed) == nil)
    }

    @Test(arguments: ["<html>", "", "[]", #"{"keys":1}"#, "not json"])
    func `JWT-9 what is no key set leaves the keys as they were`(document: String) async throws {
        let trusting = try Trusting(elsewhere)
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
        elsewhere.serve(document)
        trusting.instance.time.advance(by: .minutes(10))
        await trusting.identity.external.refresh(at: trusting.now)
        #expect(elsewhere.fetched.count == 2)
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
    }

    @Test func `JWT-9 another issuer's keys are of no use`() async throws {
        let trusting = try Trusting(elsewhere)
        let stranger = TokenSigner(id: "k1")
        let set = PublicKeySet(keys: [PublicJWK(id: "k1", publicKey: stranger.publicKey)])
        elsewhere.serve(String(decoding: try JSONCoding.encode(set), as: UTF8.self))
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) == nil)
    }

    @Test func `JWT-10 a key that was removed is refused after the next fetch, and leaves the memory`() async throws {
        let trusting = try Trusting(elsewhere)
        let old = try elsewhere.token(at: trusting.now)
        #expect(try await trusting.principal(old) != nil)
        elsewhere.rotate(to: "k2")
        #expect(try await trusting.principal(old) != nil)
        trusting.instance.time.advance(by: .minutes(10))
        await trusting.identity.external.refresh(at: trusting.now)
        #expect(try await trusting.principal(old) == nil)
        #expect(trusting.identity.external.all.map(\.summary.known) == [1])
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
    }

    @Test func `JWT-10 a set that can't be fetched any more is good for an hour`() async throws {
        let trusting = try Trusting(elsewhere)
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
        elsewhere.serve("down")
        trusting.instance.time.advance(by: .minutes(59))
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
        trusting.instance.time.advance(by: .minutes(2))
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) == nil)
        elsewhere.serve(nil)
        trusting.instance.time.advance(by: .seconds(31))
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
    }

    @Test func `JWT-12 a thousand tokens with made-up keys cost one fetch in 30 seconds`() async throws {
        let trusting = try Trusting(elsewhere)
        elsewhere.wait(.milliseconds(50))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for number in 0..<125 {
                        let header = #"{"alg":"ES256","kid":"made-up-\#(worker)-\#(number)"}"#
                        let token = elsewhere.forged(header: header, at: trusting.now)
                        guard try await trusting.principal(token) == nil else { return false }
                        // Leave the threads to other tests in between.
                        await Task.yield()
                    }
                    return true
                }
            }
            for try await isRefused in group { #expect(isRefused) }
        }
        #expect(elsewhere.fetched.count == 1)
        trusting.instance.time.advance(by: .seconds(29))
        _ = try await trusting.principal(elsewhere.forged(header: #"{"alg":"ES256","kid":"x"}"#, at: trusting.now))
        #expect(elsewhere.fetched.count == 1)
        trusting.instance.time.advance(by: .seconds(2))
        elsewhere.rotate(to: "new")
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
        #expect(elsewhere.fetched.count == 2)
    }

    @Test func `who runs the instance sees the issuers and has their keys fetched at once`() async throws {
        let trusting = try Trusting(elsewhere)
        let old = try elsewhere.token(at: trusting.now)
        #expect(try await trusting.principal(old) != nil)
        _ = try await trusting.identity.createUser(
            email: "olga@example.com", name: "Olga", password: Instance.password, isOperator: true, by: .system("test"))
        let session = try await trusting.instance.signIn("olga@example.com").token
        elsewhere.rotate(to: "k2")
        try await trusting.run { server in
            let listed = try await server.send("GET", "/v1/operator/issuers", token: session)
            #expect(listed.json?["data"]?.arrayValue?.first?["keys"] == .integer(1))
            #expect(try await server.send("GET", "/v1/me", token: old).status == 200)
            let refreshed = try await server.send("POST", "/v1/operator/issuers/refresh", token: session)
            #expect(refreshed.status == 200)
            #expect(try await server.send("GET", "/v1/me", token: old).status == 401)
            #expect(try await server.send("GET", "/v1/operator/issuers", token: old).status == 401)
        }
        #expect(elsewhere.fetched.count == 2)
        let mine = try elsewhere.token(at: trusting.now)
        try await trusting.run { (server: TestServer) async throws -> Void in
            #expect(try await server.send("POST", "/v1/operator/issuers/refresh", token: mine).status == 404)
        }
    }

    @Test func `pinned keys work without any fetch`() async throws {
        let document = try await elsewhere.fetch("for the file")
        let keys = try #require(KeySet(document: document))
        let trusting = try Trusting([(.supabase(elsewhere.issuer, keys: .pinned(keys)), elsewhere)])
        #expect(try await trusting.principal(try elsewhere.token(at: trusting.now)) != nil)
        _ = try await trusting.principal(elsewhere.forged(header: #"{"alg":"ES256","kid":"x"}"#, at: trusting.now))
        await trusting.identity.external.refresh(at: trusting.now)
        #expect(elsewhere.fetched == ["for the file"])
    }
}
