// H2 to H4 and H8 to H13 of the list of gaps: requests that two servers could read differently.
import Core
import TestSupport
import Testing
import Web

extension Wire {
    @Suite struct RequestRulesTests {
        /// Sends bytes on a connection of their own; the first answer, and whether the connection was closed after it.
        private func exchange(_ text: String, server: TestServer) async throws -> (RawAnswer, isClosed: Bool) {
            let connection = try await server.connect()
            try await connection.send(text)
            let answer = try await connection.answer()
            return (answer, try await connection.isClosed(within: 0.3))
        }

        @Test(arguments: [
            "", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n", "Host:\r\n", "Host: a,b\r\n", "Host: a b\r\n",
        ])
        func `HTP-1 H2 a request without exactly one host is refused and closed`(hosts: String) async throws {
            try await Notes.serve { server, _ in
                let (answer, isClosed) = try await exchange("GET /v1/ping HTTP/1.1\r\n\(hosts)\r\n", server: server)
                #expect(answer.status == 400)
                #expect(answer.problem == "malformed_request")
                #expect(answer["Connection"] == "close")
                #expect(isClosed)
            }
        }

        @Test func `H3 an absolute target with another host than the Host header is refused with 421`() async throws {
            try await Notes.serve { server, _ in
                let request = "GET http://evil.example/v1/ping HTTP/1.1\r\nHost: a\r\n\r\n"
                let (answer, isClosed) = try await exchange(request, server: server)
                #expect(answer.status == 421)
                #expect(answer.problem == "unknown_host")
                #expect(isClosed)
            }
        }

        @Test func `H3 an absolute target with the same host is the path it names`() async throws {
            try await Notes.serve { server, _ in
                let request = "GET http://A/v1/ping HTTP/1.1\r\nHost: a\r\n\r\n"
                let same = try await exchange(request, server: server).0.status
                #expect(same == 200)
            }
        }

        @Test func `H3 SSR-7 a host that isn't ours is refused with 421 when ours are known`() async throws {
            var settings = Notes.settings()
            settings.hosts = ["app.example.com"]
            try await Notes.serve(settings: settings) { server, _ in
                let foreign = "GET /v1/ping HTTP/1.1\r\nHost: evil.example\r\n\r\n"
                let foreignStatus = try await exchange(foreign, server: server).0.status
                #expect(foreignStatus == 421)
                let own = "GET /v1/ping HTTP/1.1\r\nHost: APP.example.com\r\n\r\n"
                let ownStatus = try await exchange(own, server: server).0.status
                #expect(ownStatus == 200)
            }
        }

        @Test(arguments: ["*", "evil.example:80", "//", "/v1/ping#x", "/v1/\u{e9}", "ftp://a/v1/ping"])
        func `H3 a target that is no path of ours is refused`(target: String) async throws {
            try await Notes.serve { server, _ in
                let (answer, _) = try await exchange("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", server: server)
                #expect((400..<500).contains(answer.status))
                #expect(answer.problem != nil)
            }
        }

        @Test(arguments: [
            "gzip, chunked", "chunked, identity", "xchunked", "identity", "chunked\r\nTransfer-Encoding: chunked",
            "chunked\r\nContent-Length: 5", "\u{b}chunked",
        ])
        func `HTP-1 H4 any transfer coding but exactly chunked is refused and closed`(coding: String) async throws {
            try await Notes.serve { server, _ in
                let request = "POST /v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(coding)\r\n\r\n0\r\n\r\n"
                let (answer, isClosed) = try await exchange(request, server: server)
                #expect(answer.status == 400)
                #expect(answer.problem == "malformed_request")
                #expect(isClosed)
            }
        }

        @Test func `HTP-1 H4 chunked in HTTP 1.0 is refused and closed`() async throws {
            try await Notes.serve { server, _ in
                let request = "POST /v1/echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                let (answer, isClosed) = try await exchange(request, server: server)
                #expect(answer.status == 400)
                #expect(isClosed)
            }
        }

        @Test func `HTP-1 H4 HTTP 1.0 is answered and closed, keep-alive or not`() async throws {
            try await Notes.serve { server, _ in
                let request = "GET /v1/ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                let (answer, isClosed) = try await exchange(request, server: server)
                #expect(answer.status == 200)
                #expect(answer["Connection"] == "close")
                #expect(isClosed)
            }
        }

        @Test(arguments: [
            "Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2\r\nContent-Length: 3", "Content-Length: 2, 2",
            "Content-Length: +2", "Content-Length: 0x2", "Content-Length: 99999999999999999999", "Content-Length: -1",
            "Content-Length : 2", "X: a\r\n  folded", "X: a\rb", "X: a\u{0}b", " X: a",
        ])
        func `HTP-1 H4 a length or field that could be read in two ways is refused and closed`(fields: String)
            async throws
        {
            try await Notes.serve { server, _ in
                let (answer, isClosed) = try await exchange(
                    "POST /v1/echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n{}", server: server)
                #expect(answer.status == 400)
                #expect(answer.problem == "malformed_request")
                #expect(isClosed)
            }
        }

        @Test(arguments: [
            "5 \r\nabc", "0x2\r\n{}\r\n0\r\n\r\n", "2\r\n{}XX0\r\n\r\n", "ffffffffffffffffff\r\n", "-1\r\n",
        ])
        func `HTP-1 H4 a broken chunk ends the request and the connection`(chunks: String) async throws {
            try await Notes.serve { server, _ in
                let head = "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                let (answer, isClosed) = try await exchange(
                    head + "Transfer-Encoding: chunked\r\n\r\n" + chunks, server: server)
                #expect(answer.status == 400)
                #expect(answer.problem != nil)
                #expect(isClosed)
            }
        }

        @Test(arguments: ["//v1/ping", "/v1//ping", "/v1/ping/", "/v1/./ping", "/v1/%70ing"])
        func `HTP-1 H8 a path is only ever what it says`(path: String) async throws {
            try await Notes.serve { server, _ in
                let status = try await server.send("GET", path).status
                #expect(status == 404)
            }
        }

        @Test func `H9 a method that a path doesn't have is 405 and names those it has`() async throws {
            try await Notes.serve { server, _ in
                for method in ["DELETE", "TRACE", "PUT", "PROPFIND"] {
                    let answer = try await server.send(method, Notes.path, token: "owner")
                    #expect(answer.status == 405)
                    #expect(answer.problem == "method_not_allowed")
                    #expect(answer["Allow"] == "GET, HEAD, POST")
                }
            }
        }

        @Test func `H10 a body over the limit is 413, and the rest of it is not read`() async throws {
            try await Notes.serve { server, _ in
                let connection = try await server.connect()
                try await connection.send(
                    "POST /v1/small HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 90000000\r\n\r\n"
                        + String(repeating: "x", count: 1000))
                let answer = try await connection.answer()
                #expect(answer.status == 413)
                #expect(answer.problem == "body_too_large")
                #expect(answer["Connection"] == "close")
                #expect(try await connection.isClosed())
            }
        }

        @Test func `H10 a small rest of an unread body doesn't cost the connection`() async throws {
            try await Notes.serve { server, _ in
                let connection = try await server.connect()
                try await connection.send(
                    "POST \(Notes.path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 10\r\n\r\n")
                #expect(try await connection.answer().status == 401)
                try await connection.send("0123456789GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await connection.answer().status == 200)
            }
        }

        @Test func `H11 a client that waits for 100 Continue gets it`() async throws {
            try await Notes.serve { server, _ in
                let connection = try await server.connect()
                let body = #"{"text":"later"}"#
                try await connection.send(
                    "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n")
                #expect(try await connection.answer().status == 100)
                try await connection.send(body)
                #expect(try await connection.answer().status == 200)
            }
        }

        @Test func `H11 any other expectation is refused with 417`() async throws {
            try await Notes.serve { server, _ in
                let request = "POST /v1/echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 2\r\n\r\n{}"
                let (answer, isClosed) = try await exchange(request, server: server)
                #expect(answer.status == 417)
                #expect(answer.problem == "expectation_failed")
                #expect(isClosed)
            }
        }

        @Test func `H12 no origin is allowed to read answers`() async throws {
            try await Notes.serve { server, _ in
                let origin = (name: "Origin", value: "https://evil.example")
                let answer = try await server.send("GET", "/v1/ping", headers: [origin])
                #expect(answer.status == 200)
                #expect(answer["Access-Control-Allow-Origin"] == nil)
                #expect(answer["Access-Control-Allow-Credentials"] == nil)
                let preflight = try await server.send(
                    "OPTIONS", "/v1/echo", headers: [origin, (name: "Access-Control-Request-Method", value: "POST")])
                #expect(preflight.status == 405)
                #expect(preflight["Access-Control-Allow-Origin"] == nil)
            }
        }

        @Test func `H13 more than 16 KiB of head is refused with 431`() async throws {
            try await Notes.serve { server, _ in
                let filler = String(repeating: "x", count: 17_000)
                for head in [
                    "GET /v1/ping HTTP/1.1\r\nHost: a\r\nX: \(filler)\r\n\r\n",
                    "GET /\(filler) HTTP/1.1\r\nHost: a\r\n\r\n",
                ] {
                    let (answer, isClosed) = try await exchange(head, server: server)
                    #expect(answer.status == 431)
                    #expect(answer.problem == "header_too_large")
                    #expect(isClosed)
                }
            }
        }

        @Test func `H13 more than 100 fields are refused with 431`() async throws {
            try await Notes.serve { server, _ in
                let fields = { (count: Int) in (0..<count).map { "X-\($0): 1\r\n" }.joined() }
                let start = "GET /v1/ping HTTP/1.1\r\nHost: a\r\n"
                let atLimit = try await exchange(start + fields(99) + "\r\n", server: server).0.status
                #expect(atLimit == 200)
                let beyond = try await exchange(start + fields(100) + "\r\n", server: server).0.status
                #expect(beyond == 431)
            }
        }

        @Test func `H13 a hundred thousand fields are refused while they come`() async throws {
            try await Notes.serve { server, _ in
                let connection = try await server.connect()
                let fields = String(repeating: "a: b\r\n", count: 100_000)
                try? await connection.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")
                #expect(try await connection.answer().status == 431)
                #expect(try await server.send("GET", "/v1/ping").status == 200)
            }
        }
    }
}
