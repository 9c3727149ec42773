// Idempotency-Key: the same request twice happens once.
import Core
import TestSupport
import Testing
import Web

@Suite struct IdempotencyTests {
    private func send(
        _ server: TestServer, _ text: String = "paid", key: String? = "key-1", token: String = "owner",
        path: String = Notes.path
    ) async throws -> RawAnswer {
        try await server.send(
            "POST", path, token: token, headers: key.map { [(name: "Idempotency-Key", value: $0)] } ?? [],
            body: #"{"text":"\#(text)"}"#)
    }

    @Test func `a repeated request gets the stored answer and happens once`() async throws {
        try await Notes.serve { server, file in
            let first = try await send(server)
            let second = try await send(server)
            #expect(first.status == 201)
            #expect(first["Idempotent-Replayed"] == nil)
            #expect(second.status == 201)
            #expect(second["Idempotent-Replayed"] == "true")
            #expect(second.body == first.body)
            #expect(try NotesStore.count(file.database) == 1)
        }
    }

    @Test func `quoted and bare spell the same key`() async throws {
        try await Notes.serve { server, file in
            _ = try await send(server, key: "abc")
            #expect(try await send(server, key: "\"abc\"")["Idempotent-Replayed"] == "true")
            #expect(try NotesStore.count(file.database) == 1)
        }
    }

    @Test func `case 35: the same key for another request is refused, whether body or address differs`() async throws {
        try await Notes.serve { server, file in
            _ = try await send(server)
            let changed = try await send(server, "changed")
            #expect(changed.status == 422)
            #expect(changed.problem == "idempotency_key_reused")
            let payments = Notes.path.replacing("notes", with: "payments")
            #expect(try await send(server, path: payments).problem == "idempotency_key_reused")
            #expect(try NotesStore.count(file.database) == 1)
        }
    }

    @Test func `case 35: keys belong to who used them and to the organisation`() async throws {
        try await Notes.serve { server, file in
            _ = try await send(server)
            #expect(try await send(server, token: "other")["Idempotent-Replayed"] == nil)
            let elsewhere = Notes.path.replacing("8qa/", with: "8qb/")
            #expect(try await send(server, path: elsewhere)["Idempotent-Replayed"] == nil)
            #expect(try NotesStore.count(file.database) == 3)
        }
    }

    @Test func `a refused request leaves nothing behind and may be tried again`() async throws {
        try await Notes.serve { server, file in
            #expect(try await send(server, "refuse").status == 409)
            #expect(try NotesStore.count(file.database) == 0)
            let again = try await send(server, "refuse")
            #expect(again.status == 409)
            #expect(again["Idempotent-Replayed"] == nil)
        }
    }

    @Test func `case 35: twenty at once happen once`() async throws {
        try await Notes.serve { server, file in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await send(server).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 201 || $0 == 409 })
            #expect(statuses.contains(201))
            #expect(try NotesStore.count(file.database) == 1)
        }
    }

    @Test func `what moves money is refused without a key`() async throws {
        try await Notes.serve { server, file in
            let payments = Notes.path.replacing("notes", with: "payments")
            let answer = try await send(server, key: nil, path: payments)
            #expect(answer.status == 400)
            #expect(answer.problem == "idempotency_key_required")
            #expect(try NotesStore.count(file.database) == 0)
            #expect(try await send(server, path: payments).status == 201)
        }
    }

    @Test(arguments: ["", "\"\"", "a b", "ключ", String(repeating: "x", count: 256)])
    func `a key that is no key is refused`(key: String) async throws {
        try await Notes.serve { server, file in
            let answer = try await send(server, key: key)
            #expect(answer.status == 400)
            #expect(answer.problem == "idempotency_key_invalid")
            #expect(try NotesStore.count(file.database) == 0)
        }
    }
}
