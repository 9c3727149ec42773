// The way of a request through the gateway: who may, what is refused, and what every answer looks like.
import Core
import TestSupport
import Testing
import Web

@Suite struct GatewayTests {
    @Test(arguments: [
        nil, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx",
    ])
    func `H5 a body of another type than JSON is refused with 415`(type: String?) async throws {
        try await Notes.serve { server, _ in
            let answer = try await server.send(
                "POST", "/v1/echo", headers: [(name: "Content-Type", value: type ?? "")], body: #"{"text":"a"}"#)
            #expect(answer.status == 415)
            #expect(answer.problem == "unsupported_media_type")
        }
    }

    @Test func `H5 the type may carry a charset`() async throws {
        try await Notes.serve { server, _ in
            let type = (name: "Content-Type", value: "Application/JSON; charset=utf-8")
            let answer = try await server.send("POST", "/v1/echo", headers: [type], body: #"{"text":"a"}"#)
            #expect(answer.status == 200)
        }
    }

    @Test func `H7 a refusal names fields and never the program's insides`() async throws {
        try await Notes.serve { server, _ in
            let answer = try await server.send(
                "POST", "/v1/echo", body: #"{"text":5,"weight":1.0,"colour":"blue","tags":"x","typo":1}"#)
            #expect(answer.status == 422)
            #expect(answer.problem == "validation_failed")
            #expect(Set(answer.pointers) == ["/text", "/weight", "/colour", "/tags", "/typo"])
            for word in ["Swift", "Coding", "Decod", "NewNote", "Optional", "Int64"] {
                #expect(!answer.body.contains(word))
            }
        }
    }

    @Test func `a problem has its members, and its status is the answer's`() async throws {
        try await Notes.serve { server, _ in
            let id = (name: "X-Request-Id", value: "my-request-1")
            let answer = try await server.send("GET", "/v1/nowhere", headers: [id])
            #expect(answer.status == 404)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer["X-Request-Id"] == "my-request-1")
            #expect(answer["Cache-Control"] == "no-store")
            guard case .object(let members)? = answer.json else { return #expect(Bool(false), "no object") }
            #expect(members.map(\.name) == ["type", "title", "status", "detail", "code", "request_id"])
            #expect(answer.json?["status"] == .integer(404))
            #expect(answer.json?["code"] == .string("not_found"))
            #expect(answer.json?["request_id"] == .string("my-request-1"))
            #expect(answer.json?["type"] == .string("urn:raptorflow:problem:not_found"))
        }
    }

    @Test func `a refusal of the HTTP layer has the members of any other problem`() async throws {
        try await Notes.serve { server, _ in
            let connection = try await server.connect()
            try await connection.send("GARBAGE\r\n\r\n")
            let answer = try await connection.answer()
            #expect(answer.status == 400)
            guard case .object(let members)? = answer.json else { return #expect(Bool(false), "no object") }
            #expect(members.map(\.name) == ["type", "title", "status", "detail", "code", "request_id"])
            #expect(answer["X-Request-Id"] == answer.json?["request_id"]?.stringValue)
            #expect(!answer.body.contains("GARBAGE"))
        }
    }

    @Test(arguments: [nil, "unknown"])
    func `without a good credential it is 401 with the scheme to use`(token: String?) async throws {
        try await Notes.serve { server, _ in
            let answer = try await server.send("GET", Notes.path, token: token)
            #expect(answer.status == 401)
            #expect(answer.problem == "unauthenticated")
            #expect(answer["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
        }
    }

    @Test func `somebody who is no member is told 404, as if there were no such organisation`() async throws {
        try await Notes.serve(settings: Notes.settings(role: nil)) { server, _ in
            let answer = try await server.send("GET", Notes.path, token: "owner")
            #expect(answer.status == 404)
            #expect(try await server.send("GET", "/v1/orgs/nonsense/notes", token: "owner").status == 404)
        }
    }

    @Test func `a role without the permission is told which one it lacks`() async throws {
        try await Notes.serve(settings: Notes.settings(role: .viewer)) { server, file in
            #expect(try await server.send("GET", Notes.path, token: "owner").status == 200)
            let answer = try await server.send("POST", Notes.path, token: "owner", body: #"{"text":"a"}"#)
            #expect(answer.status == 403)
            #expect(answer.problem == "permission_denied")
            #expect(answer.body.contains("organization:manage"))
            #expect(try NotesStore.count(file.database) == 0)
        }
    }

    @Test func `another organisation's note is 404, to read and to change`() async throws {
        try await Notes.serve { server, _ in
            let created = try await server.send("POST", Notes.path, token: "owner", body: #"{"text":"mine"}"#)
            let id = try #require(created.json?["id"]?.stringValue)
            let elsewhere = Notes.path.replacing("8qa/", with: "8qb/")
            #expect(try await server.send("GET", "\(Notes.path)/\(id)", token: "owner").status == 200)
            #expect(try await server.send("GET", "\(elsewhere)/\(id)", token: "owner").status == 404)
            let change = try await server.send(
                "PATCH", "\(elsewhere)/\(id)", token: "owner", body: #"{"text":"theirs"}"#)
            #expect(change.status == 404)
            #expect(try await server.send("GET", "\(Notes.path)/\(id)", token: "owner").body.contains("mine"))
        }
    }

    @Test func `a change of a version that is no longer current is 412`() async throws {
        try await Notes.serve { server, _ in
            let created = try await server.send("POST", Notes.path, token: "owner", body: #"{"text":"one"}"#)
            let path = "\(Notes.path)/\(try #require(created.json?["id"]?.stringValue))"
            let tag = try #require(try await server.send("GET", path, token: "owner")["ETag"])
            let match = [(name: "If-Match", value: tag)]
            let changed = try await server.send("PATCH", path, token: "owner", headers: match, body: #"{"text":"two"}"#)
            #expect(changed.status == 200)
            #expect(changed["ETag"] != tag)
            let late = try await server.send("PATCH", path, token: "owner", headers: match, body: #"{"text":"three"}"#)
            #expect(late.status == 412)
            #expect(late.problem == "precondition_failed")
            #expect(try await server.send("GET", path, token: "owner").body.contains("two"))
        }
    }

    @Test func `a parameter that a route doesn't have is refused by name`() async throws {
        try await Notes.serve { server, _ in
            let answer = try await server.send("GET", "/v1/ping?typo=1")
            #expect(answer.status == 422)
            #expect(answer.pointers == ["?typo"])
        }
    }

    @Test func `a parameter that has to be there is asked for by name`() async throws {
        try await Notes.serve { server, _ in
            let answer = try await server.send("GET", "/v1/word")
            #expect(answer.status == 422)
            #expect(answer.pointers == ["?text"])
            #expect(try await server.send("GET", "/v1/word?text=x").status == 200)
        }
    }

    @Test func `a body at the route's limit is taken, and one byte more is 413`() async throws {
        try await Notes.serve { server, _ in
            let body = { (size: Int) in #"{"text":""# + String(repeating: "x", count: size - 11) + "\"}" }
            #expect(body(100).utf8.count == 100)
            let atLimit = try await server.send("POST", "/v1/small", body: body(100))
            #expect(atLimit.status == 200)
            let beyond = try await server.send("POST", "/v1/small", body: body(101))
            #expect(beyond.status == 413)
        }
    }
}
