// Another issuer of tokens, which can rotate its keys and break its key set; and an instance that knows it.
import Core
import Foundation
import Storage
import Synchronization
import TestSupport
import Tokens
import Web

@testable import Identity

/// Signs tokens, and notes which addresses were fetched.
final class Elsewhere: Sendable {
    private struct State {
        var signers: [TokenSigner]
        var document: [UInt8]?
        var fetched: [String] = []
        var delay = Duration.zero
    }

    let issuer: String
    private let state: Mutex<State>

    init(_ issuer: String = "https://abc.supabase.co/auth/v1", kid: String = "k1") {
        self.issuer = issuer
        state = Mutex(State(signers: [TokenSigner(id: kid)]))
    }

    /// Every address that somebody asked for, in order.
    var fetched: [String] { state.withLock { $0.fetched } }

    /// Replaces the keys by a new one.
    func rotate(to kid: String) { state.withLock { $0.signers = [TokenSigner(id: kid)] } }

    /// Serves this instead of the key set; nil: the key set again.
    func serve(_ document: String?) { state.withLock { $0.document = document.map { Array($0.utf8) } } }

    /// Lets every fetch take a while.
    func wait(_ delay: Duration) { state.withLock { $0.delay = delay } }

    func fetch(_ address: String) async throws -> [UInt8] {
        let (delay, answer) = state.withLock { state in
            state.fetched.append(address)
            let keys = state.signers.map { PublicJWK(id: $0.id, publicKey: $0.publicKey) }
            return (state.delay, state.document ?? (try? JSONCoding.encode(PublicKeySet(keys: keys))) ?? [])
        }
        if delay > .zero { try await Task.sleep(for: delay) }
        return answer
    }

    /// The claims of a Supabase access token, with some of them changed; nil takes one away.
    func claims(_ changes: [String: JSONValue?] = [:], at now: Timestamp) -> JSONValue {
        let seconds = now.milliseconds / 1000
        let usual: [String: JSONValue] = [
            "iss": .string(issuer), "aud": .string("authenticated"), "sub": .string("9f1c"),
            "role": .string("authenticated"), "iat": .integer(seconds), "exp": .integer(seconds + 3600),
            "email": .string("rita@example.com"), "session_id": .string("s1"), "is_anonymous": .bool(false),
        ]
        let merged = usual.merging(changes.compactMapValues { $0 }) { $1 }.filter { changes[$0.key] != .some(nil) }
        return .object(merged.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    }

    func token(_ changes: [String: JSONValue?] = [:], at now: Timestamp) throws -> String {
        let signer = state.withLock { $0.signers.last }
        return try signer?.token(claims(changes, at: now)) ?? ""
    }

    /// A token with any header and a signature of nothing.
    func forged(header: String, at now: Timestamp) -> String {
        let parts = [Array(header.utf8), Array(claims(at: now).text.utf8), [UInt8](repeating: 1, count: 64)]
        return parts.map { Base64URL.encode($0) }.joined(separator: ".")
    }
}

/// An instance that takes the tokens of some issuers.
struct Trusting {
    let instance: Instance
    let identity: Identity
    var now: Timestamp { instance.time.clock.now }

    init(_ issuers: [(Issuer, Elsewhere)]) throws {
        // Time stands still between the moves of a test, however long a loaded machine takes.
        let start = Core.Clock.system.now
        let instance = try Instance(time: MovableClock(base: Core.Clock { start }))
        let known = issuers
        self.instance = instance
        identity = Identity(
            database: instance.database, hasher: instance.identity.hasher,
            external: ExternalTokens(known.map(\.0)) { address in
                for (issuer, elsewhere) in known {
                    if case .address(address) = issuer.keys { return try await elsewhere.fetch(address) }
                }
                throw CancellationError()
            })
    }

    init(_ elsewhere: Elsewhere) throws { try self.init([(.supabase(elsewhere.issuer), elsewhere)]) }

    var authentication: Authentication {
        Authentication(principal: { try identity.principal(token: $0, in: $1) }, role: { _, _, _ in nil })
    }

    /// Whom a token stands for, as the gateway finds out; nil when it is refused.
    func principal(_ token: String) async throws -> Principal? {
        let read = { try instance.database.read(in: .instance) { try identity.principal(token: token, in: $0) } }
        do {
            return try read()
        } catch let pending as PendingCredential {
            try await pending.resolve(Instance.actor)
            do { return try read() } catch is PendingCredential { return nil }
        }
    }

    func count(_ statement: SQL) throws -> Int64 {
        try instance.database.read(in: .instance) { tx in try tx.first(statement) { try $0.int(0) } } ?? 0
    }

    func run(_ body: @escaping @Sendable (TestServer) async throws -> Void) async throws {
        var routes = Routes()
        identity.addRoutes(to: &routes)
        var settings = Gateway.Settings.testing()
        settings.authentication = authentication
        try await withServer(routes.endpoints, on: instance.database, settings: settings, body)
    }
}
