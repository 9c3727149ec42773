// H1 of the list of gaps: clients that take their time, and clients that come in numbers.
import Core
import TestSupport
import Testing
import Web

extension Wire {
    @Suite struct SlowClientTests {
        private static func options(_ change: (inout ConnectionLimits) -> Void) -> ServerOptions {
            var options = ServerOptions()
            change(&options.limits)
            return options
        }

        @Test func `HTP-2 H1 a head that doesn't end in time is answered 408 and closed`() async throws {
            try await Notes.serve(options: Self.options { $0.headTime = Milliseconds(200) }) { server, _ in
                let connection = try await server.connect()
                try await connection.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\nX-")
                let answer = try await connection.answer(within: 5)
                #expect(answer.status == 408)
                #expect(answer.problem == "request_timeout")
                #expect(try await connection.isClosed())
            }
        }

        @Test func `HTP-2 H1 a second request's head has the same deadline as the first`() async throws {
            try await Notes.serve(options: Self.options { $0.headTime = Milliseconds(200) }) { server, _ in
                let connection = try await server.connect()
                try await connection.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await connection.answer().status == 200)
                try await connection.send("GET /v1/ping HTTP/1.1\r\nHost")
                #expect(try await connection.answer(within: 5).status == 408)
            }
        }

        @Test func `HTP-2 H1 a body that trickles is answered 408 and closed`() async throws {
            let options = Self.options { $0.bodyGrace = Milliseconds(200) }
            try await Notes.serve(options: options) { server, _ in
                let connection = try await server.connect()
                try await connection.send(
                    "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 5000\r\n\r\n{")
                let answer = try await connection.answer(within: 5)
                #expect(answer.status == 408)
                #expect(answer.problem == "request_timeout")
                #expect(answer["Connection"] == "close")
                #expect(try await connection.isClosed())
            }
        }

        @Test func `HTP-2 H1 a body that comes at the least rate is taken however long it is`() async throws {
            let options = Self.options {
                $0.bodyGrace = Milliseconds(1000)
                $0.bodyRate = 5
            }
            try await Notes.serve(options: options) { server, _ in
                let connection = try await server.connect()
                let body = #"{"text":"slow but steady"}"#
                try await connection.send(
                    "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n")
                for byte in body.utf8 {
                    try await connection.send([byte])
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(try await connection.answer().status == 200)
            }
        }

        @Test func `HTP-2 H1 a connection that does nothing is closed after the idle time`() async throws {
            try await Notes.serve(options: Self.options { $0.idleTime = Milliseconds(200) }) { server, _ in
                let fresh = try await server.connect()
                #expect(try await fresh.isClosed())
                let used = try await server.connect()
                try await used.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await used.answer().status == 200)
                #expect(try await used.isClosed())
            }
        }

        @Test func `HTP-2 H1 a client that takes none of its answer is cut off`() async throws {
            try await Notes.serve(options: Self.options { $0.stallTime = Milliseconds(300) }) { server, _ in
                let connection = try await server.connect()
                try await connection.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                try await Task.sleep(for: .seconds(1))
                await #expect(throws: RawConnection.Failure.self) { try await connection.answer() }
            }
        }

        @Test func `HTP-2 H1 a client that takes its answer slowly gets all of it`() async throws {
            try await Notes.serve(options: Self.options { $0.stallTime = Milliseconds(300) }) { server, _ in
                let connection = try await server.connect()
                try await connection.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                try await Task.sleep(for: .milliseconds(100))
                #expect(try await connection.answer(within: 20).body.utf8.count == Notes.largeAnswer)
            }
        }

        @Test func `HTP-2 H1 one address can't have more connections than its share`() async throws {
            try await Notes.serve(options: Self.options { $0.connectionsPerAddress = 2 }) { server, _ in
                let first = try await server.connect()
                let second = try await server.connect()
                try await first.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                try await second.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await first.answer().status == 200)
                #expect(try await second.answer().status == 200)
                let third = try await server.connect()
                #expect(try await third.isClosed())
                first.endSending()
                #expect(try await first.isClosed())
                // The place is free once the server's side has ended too, which the client can't see.
                var status: Int?
                for _ in 0..<100 where status == nil {
                    let fourth = try await server.connect()
                    try? await fourth.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                    status = try? await fourth.answer().status
                    if status == nil { try await Task.sleep(for: .milliseconds(20)) }
                }
                #expect(status == 200)
            }
        }

        @Test func `HTP-2 H1 a trusted proxy's connections are not counted per address`() async throws {
            var options = Self.options { $0.connectionsPerAddress = 1 }
            options.trustedProxies = try TrustedProxies(["127.0.0.0/8"])
            try await Notes.serve(options: options) { server, _ in
                let connections = [try await server.connect(), try await server.connect(), try await server.connect()]
                for connection in connections {
                    try await connection.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(try await connection.answer().status == 200)
                }
            }
        }

        @Test func `HTP-2 H1 connections beyond the whole number wait for a place`() async throws {
            try await Notes.serve(options: Self.options { $0.connections = 1 }) { server, _ in
                let first = try await server.connect()
                try await first.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await first.answer().status == 200)
                let second = try await server.connect()
                try await second.send("GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await second.isQuiet(for: 0.2))
                first.endSending()
                #expect(try await second.answer().status == 200)
            }
        }

        @Test func `HTP-2 H1 half a hundred half-open requests don't keep a whole one waiting`() async throws {
            try await Notes.serve { server, _ in
                var open: [RawConnection] = []
                for _ in 0..<50 {
                    let connection = try await server.connect()
                    try await connection.send("POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n")
                    open.append(connection)
                }
                #expect(try await server.send("GET", "/v1/ping").status == 200)
                #expect(open.count == 50)
            }
        }
    }
}
