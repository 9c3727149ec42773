// A connection's life: keep-alive, requests sent ahead, half a body, upgrades, and the server's stop.
import Core
import TestSupport
import Testing
import Web

extension Wire {
    @Suite struct ConnectionTests {
        static let ping = "GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n"

        private static func create(_ text: String, sending part: Int? = nil) -> String {
            let body = #"{"text":"\#(text)"}"#
            return "POST \(Notes.path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer owner\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body.prefix(part ?? body.count)
        }

        @Test func `requests sent ahead are answered one after the other, in their order`() async throws {
            try await Notes.serve { server, file in
                let connection = try await server.connect()
                let names = (0..<20).map { "note \($0)" }
                try await connection.send(names.map { Self.create($0) }.joined() + Self.ping)
                for name in names {
                    let answer = try await connection.answer()
                    #expect(answer.status == 201)
                    #expect(answer.json?["text"]?.stringValue == name)
                }
                #expect(try await connection.answer().body.contains("pong"))
                #expect(try NotesStore.count(file.database) == 20)
            }
        }

        @Test func `HTP-1 a bad request behind a good one is refused after the good one's answer`() async throws {
            try await Notes.serve { server, _ in
                let connection = try await server.connect()
                try await connection.send(Self.create("good") + "GET /v1/ping HTTP/1.1\r\n\r\n" + Self.ping)
                #expect(try await connection.answer().status == 201)
                #expect(try await connection.answer().status == 400)
                #expect(try await connection.isClosed())
            }
        }

        @Test func `HTP-1 a request hidden in another one's body is not carried out`() async throws {
            try await Notes.serve { server, file in
                let connection = try await server.connect()
                let hidden = Self.create("hidden")
                try await connection.send(
                    "GET /v1/ping HTTP/1.1\r\nHost: a\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n" + hidden)
                #expect(try await connection.answer().body.contains("pong"))
                try await connection.send(Self.ping)
                #expect(try await connection.answer().body.contains("pong"))
                #expect(try NotesStore.count(file.database) == 0)
            }
        }

        @Test func `a body that the client doesn't finish is never carried out`() async throws {
            try await Notes.serve { server, file in
                let cut = try await server.connect()
                try await cut.send(Self.create("half", sending: 10))
                cut.endSending()
                #expect(try await cut.answer().status == 400)
                // Without a length the body could pass for whole at any byte.
                let chunked = try await server.connect()
                try await chunked.send(
                    "POST \(Notes.path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer owner\r\n"
                        + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "11\r\n{\"text\":\"broken\"}\r\n")
                chunked.endSending()
                #expect(try await chunked.answer().status == 400)
                #expect(try NotesStore.count(file.database) == 0)
            }
        }

        @Test func `a client that stops sending after its request still gets the answer`() async throws {
            try await Notes.serve { server, _ in
                let connection = try await server.connect()
                try await connection.send(Self.create("last words") + Self.ping)
                connection.endSending()
                #expect(try await connection.answer().status == 201)
                #expect(try await connection.answer().status == 200)
                #expect(try await connection.isClosed())
            }
        }

        @Test func `a chunked body is taken as if it had come in one piece, and its trailers are dropped`() async throws
        {
            try await Notes.serve { server, _ in
                let connection = try await server.connect()
                try await connection.send(
                    "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: Chunked\r\n\r\n"
                        + "8\r\n{\"text\":\r\n6;x=y\r\n\"abc\"}\r\n0\r\nX-Trailer: 1\r\n\r\n" + Self.ping)
                #expect(try await connection.answer().json?["text"]?.stringValue == "abc")
                #expect(try await connection.answer().status == 200)
            }
        }

        @Test func `the answer to HEAD has the length of GET's and no body`() async throws {
            try await Notes.serve { server, _ in
                let connection = try await server.connect()
                try await connection.send("HEAD /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n" + Self.ping)
                let head = try await connection.answer(to: "HEAD")
                let get = try await connection.answer()
                #expect(head["Content-Length"] == String(get.body.utf8.count))
                #expect(get.status == 200)
            }
        }

        @Test func `an upgrade is not granted, and nothing after it is read as a request`() async throws {
            try await Notes.serve { server, file in
                let connection = try await server.connect()
                try await connection.send(
                    "GET /v1/ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
                        + Self.create("after")
                )
                let answer = try await connection.answer()
                #expect(answer.status == 200)
                #expect(answer["Connection"] == "close")
                #expect(try await connection.isClosed())
                #expect(try NotesStore.count(file.database) == 0)
            }
        }

        @Test func `a line break in a header that a handler sets doesn't split the answer`() async throws {
            try await Notes.serve { server, _ in
                let answer = try await server.send("GET", "/crlf")
                #expect(answer.status == 303)
                #expect(answer["X-Evil"] == nil)
                #expect(answer["Location"]?.hasPrefix("/a") == true)
            }
        }

        @Test func `HTP-1 a line break can't be smuggled into an answer's headers`() async throws {
            try await Notes.serve { server, _ in
                let answer = try await server.send(
                    "GET", "/v1/ping", headers: [(name: "X-Request-Id", value: "abcdefgh%0d%0aX-Evil: 1")])
                #expect(answer.status == 200)
                #expect(answer["X-Evil"] == nil)
                #expect(answer["X-Request-Id"]?.hasPrefix("req_") == true)
            }
        }

        @Test func `LOG-3 every answer has the date, a request id and no word of the server's name`() async throws {
            try await Notes.serve { server, _ in
                let answer = try await server.send("GET", "/v1/ping")
                #expect(answer["Date"]?.hasSuffix(" GMT") == true)
                #expect(answer["X-Request-Id"] != nil)
                #expect(answer["Server"] == nil)
                #expect(answer["X-Content-Type-Options"] == "nosniff")
            }
        }
    }
}
