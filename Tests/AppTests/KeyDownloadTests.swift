// Key sets over HTTP: redirects, floods, silence and wrong answers.
import AsyncHTTPClient
import Core
import Foundation
import Identity
import Storage
import TestSupport
import Testing
import Tokens
import Web

@testable import App

struct KeyDownloadTests {
    private static func page(_ path: String, _ answer: @escaping @Sendable () async throws -> Response) -> Endpoint {
        Endpoint(
            method: "GET", path: path, id: path, summary: path, tag: "test", access: .anyone, output: .page,
            work: .act { _ in try await answer() })
    }

    private static let good = #"{"keys":[]}"#

    private static let endpoints = [
        page("/good") { .text(good) },
        page("/redirect") { .redirect(to: "/good") },
        page("/missing") { .text(good, status: 404) },
        page("/large") { Response(status: 200, body: [UInt8](repeating: 32, count: 100_000_000)) },
        page("/full") { .text(good + String(repeating: " ", count: KeySet.sizeLimit)) },
        page("/silent") {
            try await Task.sleep(for: .seconds(60))
            return .text(good)
        },
    ]

    @Test func `JWT-9 SSR-3 SSR-5 a download ends early, follows nothing and stays small`() async throws {
        try await Self.withClient { try await Self.download(with: $0) }
    }

    /// A client like the product's, which has to be shut down whatever happens.
    private static func withClient(_ body: (HTTPClient) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await body(client)
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private static func download(with client: HTTPClient) async throws {
        let file = try TestDatabase()
        try await withServer(endpoints, on: file.database) { (server: TestServer) async throws -> Void in
            let fetch = KeyDownload.fetching(client, patience: .seconds(20))
            let at = { (path: String) in "http://127.0.0.1:\(server.port)\(path)" }
            #expect(try await fetch(at("/good")) == Array(good.utf8))
            let began = ContinuousClock.now
            for path in ["/redirect", "/missing", "/large", "/full", "/silent"] {
                let address = at(path)
                await #expect(throws: (any Error).self, "\(path)") { try await fetch(address) }
            }
            #expect(ContinuousClock.now - began < .seconds(55), "the silent one would answer after 60")
        }
        await #expect(throws: (any Error).self) { try await KeyDownload.fetching(client)("http://127.0.0.1:1/x") }
    }

    @Test func `SSR-3 a provider is asked within bounds, and its redirects are answers like any other`() async throws {
        try await Self.withClient { try await Self.ask(with: $0) }
    }

    private static func ask(with client: HTTPClient) async throws {
        let file = try TestDatabase()
        try await withServer(endpoints, on: file.database) { (server: TestServer) async throws -> Void in
            let fetch = ProviderExchange.fetching(client)
            let at = { (path: String) in "http://127.0.0.1:\(server.port)\(path)" }
            #expect(try await fetch(ProviderRequest(at("/good"))).body == Array(good.utf8))
            #expect(try await fetch(ProviderRequest(at("/redirect"))).status == 303)
            #expect(try await fetch(ProviderRequest(at("/good"), form: [("a", "b")])).status == 405)
            let began = ContinuousClock.now
            for path in ["/large", "/full", "/silent"] {
                let request = ProviderRequest(at(path))
                await #expect(throws: (any Error).self, "\(path)") { try await fetch(request) }
            }
            #expect(ContinuousClock.now - began < .seconds(40))
        }
    }
}

struct IssuersFileTests {
    private func read(_ text: String, files: [String: String] = [:]) throws -> [Issuer] {
        try IssuersFile.read(Array(text.utf8)) { files[$0].map { Array($0.utf8) } }
    }

    private func problems(_ text: String, files: [String: String] = [:]) -> [String] {
        do {
            return try read(text, files: files).map { "taken: \($0.name)" }
        } catch {
            return (error as? IssuersRefused)?.problems ?? ["\(error)"]
        }
    }

    @Test func `an issuer is read with its defaults, and Supabase's profile with those of its documentation`() throws {
        let issuers = try read(
            """
            {"issuers": [
              {"name": "corp", "issuer": "https://login.corp.example", "audiences": ["raptorflow"],
               "algorithms": ["RS256", "EdDSA"], "jwks_url": "https://keys.corp.example/set", "skew_seconds": 10},
              {"name": "app", "profile": "supabase", "issuer": "https://abc.supabase.co/auth/v1"}
            ]}
            """)
        #expect(issuers.map(\.algorithms) == [[.rs256, .eddsa], [.es256]])
        #expect(issuers.map(\.rule.audiences) == [["raptorflow"], ["authenticated"]])
        #expect(issuers.map(\.role) == [nil, "authenticated"])
        #expect(issuers.map(\.rule.skew) == [.seconds(10), .seconds(30)])
        let addresses = issuers.map { if case .address(let address) = $0.keys { address } else { "" } }
        #expect(
            addresses == ["https://keys.corp.example/set", "https://abc.supabase.co/auth/v1/.well-known/jwks.json"])
    }

    @Test func `whatever is doubtful is refused with a sentence`() {
        let one = { (members: String) in #"{"issuers":[{"name":"corp","issuer":"https://c.example",\#(members)}]}"# }
        let cases: [(String, String)] = [
            ("[]", "it must be JSON"), (one(#""audiences":["a"],"audience":"b""#), "no field audience"),
            (one(#""audiences":[]"#), "audiences must name"), (one(#""audiences":"a""#), "must be a list"),
            (one(#""audiences":["a"],"algorithms":["HS256"]"#), "algorithms are"),
            (one(#""audiences":["a"],"algorithms":["none"]"#), "algorithms are"),
            (one(#""audiences":["a"],"jwks_url":"http://c.example/keys""#), "https address"),
            (one(#""audiences":["a"],"skew_seconds":121"#), "from 0 to 120"),
            (one(#""audiences":["a"],"jwks_file":"none.json""#), "no usable public key"),
            (one(#""audiences":["a"],"hs256_secret_file":"short""#), "at least 32 bytes"),
            (one(#""audiences":["a"],"takes_anonymous":"yes""#), "true or false"),
            (#"{"issuers":[{"name":"Corp!","issuer":"ftp://c"}]}"#, "lower-case letters"),
            (
                #"{"issuers":[{"name":"a","issuer":"https://c.example","audiences":["x"]},"#
                    + #"{"name":"a","issuer":"https://c.example","audiences":["x"]}]}"#, "listed twice"
            ),
        ]
        for (text, words) in cases {
            let found = problems(text, files: ["short": "0123456789012345678901234567890\n"])
            #expect(found.contains { $0.contains(words) }, "\(text): \(found)")
        }
    }
}
