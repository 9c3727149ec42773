// A credential that a read can't decide: the gateway waits for it outside its transaction, and asks once more.
import Core
import Storage
import Synchronization
import TestSupport
import Testing
import Web

/// Knows nobody until it was waited for.
private final class SlowAcquaintance: Sendable {
    private struct State {
        var asked = 0
        var callers: [Actor] = []
    }

    private let state = Mutex(State())
    private let isLearning: Bool

    /// - Parameter isLearning: whether waiting helps.
    init(isLearning: Bool) { self.isLearning = isLearning }

    var asked: Int { state.withLock { $0.asked } }
    var callers: [Actor] { state.withLock { $0.callers } }

    /// Writes while it is waited for: it would never end if the request held its transaction meanwhile.
    func settings(_ database: any Storage.Database) -> Gateway.Settings {
        var settings = Gateway.Settings.testing()
        settings.authentication.principal = { [self] _, _ in
            let isKnown = state.withLock { state in
                state.asked += 1
                return isLearning && !state.callers.isEmpty
            }
            if isKnown { return Notes.principal("late") }
            throw PendingCredential { [self] caller in
                try await database.write(in: .instance, by: caller) { _ in }
                state.withLock { $0.callers.append(caller) }
            }
        }
        return settings
    }
}

@Suite struct PendingCredentialTests {
    private func serve(
        _ acquaintance: SlowAcquaintance, _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        let file = try TestDatabase()
        try await withServer(
            Notes.routes(), on: file.database, settings: acquaintance.settings(file.database), body)
    }

    @Test func `a credential that needs more than a read is waited for, and the body is not lost`() async throws {
        let acquaintance = SlowAcquaintance(isLearning: true)
        try await serve(acquaintance) { server in
            let answer = try await server.send(
                "POST", "/v1/echo", token: "new", headers: [(name: "X-Request-Id", value: "my-request-1")],
                body: #"{"text":"a"}"#)
            #expect(answer.status == 200)
            #expect(answer.json?["text"] == .string("a"))
        }
        #expect(acquaintance.asked == 2)
        #expect(acquaintance.callers.map(\.requestID) == ["my-request-1"])
        #expect(acquaintance.callers.map(\.address) == ["127.0.0.1"])
    }

    @Test func `a read waits for it in the same way`() async throws {
        let acquaintance = SlowAcquaintance(isLearning: true)
        try await serve(acquaintance) { server in
            let answer = try await server.send("GET", "/v1/ping", token: "new")
            #expect(answer.status == 200)
        }
        #expect(acquaintance.asked == 2)
    }

    @Test func `one that is still not known after that is refused, and asked for once only`() async throws {
        let acquaintance = SlowAcquaintance(isLearning: false)
        try await serve(acquaintance) { server in
            let answer = try await server.send("GET", "/v1/ping", token: "new")
            #expect(answer.status == 401)
            #expect(answer.problem == "unauthenticated")
        }
        #expect(acquaintance.asked == 2)
        #expect(acquaintance.callers.count == 1)
    }
}
