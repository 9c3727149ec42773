// Signing in through a provider that misbehaves in ways that a real one does not, and what is kept of it.
import Core
import Crypto
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing
import Tokens
import Web

@testable import Identity

/// A scripted OpenID provider: metadata, keys and tokens as the test wants them.
final class ScriptedProvider: Sendable {
    struct Script {
        var metadata: [String: JSONValue?] = [:]
        var claims: [String: JSONValue?] = [:]
        var tokenAnswer: (status: Int, body: String)?
        var keyIssuer: String?
        var isDown = false
        var asked: [ProviderRequest] = []
    }

    let state = Mutex(Script())
    let issuer = "https://login.example"
    private let signer = Mutex(TokenSigner(id: "k1"))
    private let nonce = Mutex("")

    func change(_ body: (inout Script) -> Void) { state.withLock { body(&$0) } }
    var asked: [String] { state.withLock { $0.asked.map(\.address) } }
    func expect(nonce new: String) { nonce.withLock { $0 = new } }
    func rotate(to kid: String) { signer.withLock { $0 = TokenSigner(id: kid) } }

    /// An ID token, with some of its claims changed; nil takes one away.
    func token(_ changes: [String: JSONValue?] = [:], at now: Timestamp) throws -> String {
        let signer = signer.withLock { $0 }
        let seconds = now.milliseconds / 1000
        let usual: [String: JSONValue] = [
            "iss": .string(issuer), "aud": .string("client"), "sub": .string("9f1c"), "iat": .integer(seconds),
            "exp": .integer(seconds + 600), "email": .string("rita@example.com"), "email_verified": .bool(true),
            "nonce": .string(nonce.withLock { $0 }),
        ]
        let header = JSONValue.object(["alg": .string("ES256"), "kid": .string(signer.id)])
        let signed = [header.bytes, Self.json(changes, over: usual).body].map { Base64URL.encode($0) }
            .joined(separator: ".")
        let key = try P256.Signing.PrivateKey(rawRepresentation: signer.secret)
        return signed + "." + Base64URL.encode(Array(try key.signature(for: Array(signed.utf8)).rawRepresentation))
    }

    func fetch(_ request: ProviderRequest, at now: Timestamp) async throws -> ProviderAnswer {
        let script = state.withLock { state in
            state.asked.append(request)
            return state
        }
        if script.isDown { throw CancellationError() }
        switch request.address {
        case _ where request.address.hasSuffix("/openid-configuration"):
            return Self.json(
                script.metadata,
                over: [
                    "issuer": .string(issuer), "authorization_endpoint": .string("\(issuer)/authorize?p=1"),
                    "token_endpoint": .string("\(issuer)/token"), "jwks_uri": .string("\(issuer)/keys"),
                ])
        case "\(issuer)/keys":
            let signer = signer.withLock { $0 }
            let set = PublicKeySet(keys: [PublicJWK(id: signer.id, publicKey: signer.publicKey)])
            let document = String(decoding: try JSONCoding.encode(set), as: UTF8.self)
            let bound = script.keyIssuer.map { document.replacing("\"kty\"", with: "\"issuer\":\"\($0)\",\"kty\"") }
            return ProviderAnswer(status: 200, body: Array((bound ?? document).utf8))
        default:
            if let answer = script.tokenAnswer {
                return ProviderAnswer(status: answer.status, body: Array(answer.body.utf8))
            }
            let token = try token(script.claims, at: now)
            return Self.json([:], over: ["access_token": .string("a"), "id_token": .string(token)])
        }
    }

    private static func json(_ changes: [String: JSONValue?], over usual: [String: JSONValue]) -> ProviderAnswer {
        let merged = usual.merging(changes.compactMapValues { $0 }) { $1 }.filter { changes[$0.key] != .some(nil) }
        let members = merged.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, $0.value) }
        return ProviderAnswer(status: 200, body: JSONValue.object(members).bytes)
    }
}

struct FederationTests {
    private let provider = ScriptedProvider()
    private let instance: Instance
    private let identity: Identity
    private static let origin = "https://app.example.com"

    init() throws {
        // Time stands still between the moves of a test.
        let start = Core.Clock.system.now
        let instance = try Instance(time: MovableClock(base: Core.Clock { start }))
        let provider = provider
        self.instance = instance
        identity = Self.identity(instance, provider) { _ in }
    }

    private static func identity(
        _ instance: Instance, _ provider: ScriptedProvider, _ change: (inout OpenIDSettings) -> Void
    ) -> Identity {
        var settings = OpenIDSettings(provider.issuer)
        change(&settings)
        var policy = AccountPolicy()
        policy.signUp = .open
        let known = SignInProvider(
            name: "corp", title: "Corp", clientID: "client", clientSecret: "s: 100%", kind: .openID(settings))
        return Identity(
            database: instance.database, hasher: instance.identity.hasher, policy: policy,
            federation: Federation([known], seal: FlowSeal(key: [UInt8](repeating: 3, count: 32))) { request in
                try await provider.fetch(request, at: instance.time.clock.now)
            })
    }

    /// A whole sign-in; `wait` passes between leaving and coming back.
    private func signIn(
        with identity: Identity? = nil, wait: Milliseconds = .seconds(1), issuer: String? = nil
    ) async throws -> SignedIn {
        let identity = identity ?? self.identity
        let flow = SignInFlow("corp", .signIn, next: "/", at: instance.time.clock.now)
        provider.expect(nonce: flow.nonce)
        let (_, cookie) = try await identity.leave(flow, origin: Self.origin)
        instance.time.advance(by: wait)
        let arrival = Identity.Arrival(
            provider: "corp", cookie: cookie, state: flow.state, code: "code", error: nil, issuer: issuer)
        let (person, kept, known) = try await identity.arrive(arrival, origin: Self.origin, from: "192.0.2.1")
        return try await identity.signIn(
            person, kept, through: known, on: Instance.device, by: Instance.actor
        ).outcome.session()
    }

    /// Nobody is there before the first account: it is made by the set-up link.
    private func found() async throws { _ = try await instance.makeUser("first@example.com") }

    @Test func `the first account is never made by a provider`() async throws {
        #expect(await refusal { try await signIn() } == "sign_up_closed")
        try await found()
        #expect(try await signIn().user.email == "rita@example.com")
    }

    @Test func `OAU-7 a sign-in may take ten minutes and no longer`() async throws {
        try await found()
        #expect(await refusal { try await signIn(wait: .minutes(10)) } == "sign_in_unusable")
        #expect(await refusal { try await signIn(wait: .seconds(599)) } == nil)
        #expect(await refusal { try await signIn(wait: .seconds(-5)) } == "sign_in_unusable")
    }

    @Test func `OAU-7 a flow that was completed is not completed again, and is forgotten in time`() async throws {
        try await found()
        let flow = SignInFlow("corp", .signIn, next: "/", at: instance.time.clock.now)
        #expect(try await instance.act { try FederationStore.finish(flow, in: $0) })
        #expect(try await !instance.act { try FederationStore.finish(flow, in: $0) })
        instance.time.advance(by: .minutes(11))
        let later = SignInFlow("corp", .signIn, next: "/", at: instance.time.clock.now)
        #expect(try await instance.act { try FederationStore.finish(later, in: $0) })
        let left = try await instance.act { tx in
            try tx.first("SELECT count(*) FROM finished_sign_ins") { try $0.int(0) }
        }
        #expect(left == 1)
    }

    @Test func `the seal opens nothing that was touched, or sealed with another key`() throws {
        let flow = SignInFlow(
            "corp", .signIn, next: "/" + String(repeating: "a", count: 255),
            invitation: Token(.once).text, session: SessionID(at: instance.time.clock.now),
            at: instance.time.clock.now)
        let seal = FlowSeal(key: [UInt8](repeating: 1, count: 32))
        let closed = try seal.close(flow)
        // What a cookie may be at most where it is read.
        #expect(closed.utf8.count <= 1024)
        #expect(seal.open(closed)?.state == flow.state && seal.open(closed)?.next.utf8.count == 256)
        #expect(FlowSeal(key: [UInt8](repeating: 2, count: 32)).open(closed) == nil)
        for index in stride(from: 0, to: closed.utf8.count, by: 7) {
            var bytes = Array(closed.utf8)
            bytes[index] = bytes[index] == 65 ? 66 : 65
            #expect(seal.open(String(decoding: bytes, as: UTF8.self)) == nil)
        }
        for text in ["", "A", String(closed.dropLast(4)), closed + "AAAA"] { #expect(seal.open(text) == nil) }
    }

    @Test(arguments: ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])
    func `metadata of another issuer, or with an address that is none, are not taken`(field: String) async throws {
        try await found()
        let wrong: [JSONValue?] = [
            nil, .null, .integer(1), .string(""), .string("http://login.example/x"), .string("http://127.0.0.1:1/x"),
            .string("https://login.example/"), .string("https://a@login.example"), .string("javascript:alert(1)"),
        ]
        for value in wrong where !(field != "issuer" && value == .string("https://login.example/")) {
            provider.change { $0.metadata = [field: value] }
            instance.time.advance(by: .seconds(6))
            #expect(await refusal { try await signIn() } == "provider_unavailable", "\(field) \(value ?? .null)")
        }
        provider.change { $0.metadata = [:] }
        instance.time.advance(by: .seconds(6))
        #expect(await refusal { try await signIn() } == nil)
    }

    @Test func `metadata and keys are fetched seldom, and old ones do while the provider is down`() async throws {
        try await found()
        for _ in 0..<3 { _ = try await signIn() }
        #expect(provider.asked.filter { $0.hasSuffix("/openid-configuration") }.count == 1)
        #expect(provider.asked.filter { $0.hasSuffix("/keys") }.count == 1)
        provider.change { $0.metadata = ["issuer": .string("https://evil.example")] }
        instance.time.advance(by: .minutes(11))
        #expect(await refusal { try await signIn() } == nil)
        instance.time.advance(by: .days(1))
        #expect(await refusal { try await signIn() } == "provider_unavailable")
    }

    @Test func `a new key of the provider is fetched, and an unknown one is refused`() async throws {
        try await found()
        _ = try await signIn()
        provider.rotate(to: "k2")
        instance.time.advance(by: .seconds(31))
        #expect(await refusal { try await signIn() } == nil)
        let good = try provider.token(at: instance.time.clock.now)
        let header = Base64URL.encode(Array(#"{"alg":"ES256","kid":"k3"}"#.utf8))
        let forged = [header] + good.split(separator: ".").dropFirst().map(String.init)
        provider.change { $0.tokenAnswer = (200, #"{"id_token":"\#(forged.joined(separator: "."))"}"#) }
        #expect(await refusal { try await signIn() } == "provider_untrusted")
    }

    @Test func `OAU-2 Microsoft's address counts with the word of the domain's owner, its key for its issuer`()
        async throws
    {
        try await found()
        let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
        let microsoft = Self.identity(instance, provider) { settings in
            settings = OpenIDSettings(
                issuer: .perTenant("https://login.example/{tenantid}/v2.0"), discovery: settings.discovery)
            settings.emailProof = .domainOwner
        }
        provider.change { script in
            script.metadata = ["issuer": .string("https://login.example/{tenantid}/v2.0")]
            script.claims = ["iss": .string("https://login.example/\(tenant)/v2.0"), "tid": .string(tenant)]
        }
        #expect(await refusal { try await signIn(with: microsoft) } == "email_unconfirmed")
        for value: JSONValue in [.bool(false), .integer(0), .string("0"), .null, .string("yes")] {
            provider.change { $0.claims["xms_edov"] = value }
            #expect(await refusal { try await signIn(with: microsoft) } == "email_unconfirmed")
        }
        provider.change { $0.claims["xms_edov"] = .bool(true) }
        let signedIn = try await signIn(with: microsoft)
        #expect(signedIn.user.email == "rita@example.com")
        // A key of another tenant signs for that one only.
        provider.change { $0.keyIssuer = "https://login.example/00000000-0000-0000-0000-000000000000/v2.0" }
        instance.time.advance(by: .minutes(11))
        #expect(await refusal { try await signIn(with: microsoft) } == "provider_untrusted")
        provider.change { $0.keyIssuer = "https://login.example/{tenantid}/v2.0" }
        instance.time.advance(by: .minutes(11))
        #expect(try await signIn(with: microsoft).user.id == signedIn.user.id)
    }

    @Test(arguments: [
        (200, "{}", "provider_untrusted"), (200, "[]", "provider_unavailable"), (200, "<html>", "provider_unavailable"),
        (200, #"{"id_token":7}"#, "provider_untrusted"), (200, #"{"id_token":"a.b.c"}"#, "provider_untrusted"),
        (400, #"{"error":"invalid_grant"}"#, "sign_in_unusable"),
        (401, #"{"error":"invalid_client"}"#, "provider_unavailable"), (302, "{}", "provider_unavailable"),
        (500, "", "provider_unavailable"),
    ])
    func `an answer that is no token lets nobody in`(status: Int, body: String, code: String) async throws {
        try await found()
        provider.change { $0.tokenAnswer = (status, body) }
        #expect(await refusal { try await signIn() } == code)
    }

    @Test func `the secret goes into the header, or into the body of a provider that takes no header`() async throws {
        try await found()
        _ = try await signIn()
        let sent = { provider.state.withLock { $0.asked.last { $0.address.hasSuffix("/token") } } }
        let header = sent()?.headers.first { $0.name == "Authorization" }?.value
        #expect(header == "Basic " + Data("client:s%3A%20100%25".utf8).base64EncodedString())
        #expect(sent().map { String(decoding: $0.body ?? [], as: UTF8.self) }?.contains("client_secret") == false)
        provider.change {
            $0.metadata = ["token_endpoint_auth_methods_supported": .array([.string("client_secret_post")])]
        }
        instance.time.advance(by: .minutes(11))
        _ = try await signIn()
        #expect(sent()?.headers.contains { $0.name == "Authorization" } == false)
        let body = sent().map { String(decoding: $0.body ?? [], as: UTF8.self) }
        #expect(body?.contains("client_id=client&client_secret=s%3A%20100%25") == true)
    }

    @Test func `mix-up: an answer names its issuer where the provider says that it does`() async throws {
        try await found()
        #expect(await refusal { try await signIn(issuer: "https://evil.example") } == "provider_untrusted")
        #expect(await refusal { try await signIn(issuer: "https://login.example") } == nil)
        provider.change { $0.metadata = ["authorization_response_iss_parameter_supported": .bool(true)] }
        instance.time.advance(by: .minutes(11))
        #expect(await refusal { try await signIn() } == "provider_untrusted")
        #expect(await refusal { try await signIn(issuer: "https://login.example") } == nil)
    }
}
