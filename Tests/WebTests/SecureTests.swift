// TLS by files, and HTTP/2 for who asks for it.
import Core
import Foundation
import TestSupport
import Testing

@testable import Web

extension Wire {
    @Suite struct SecureTests {
        /// A certificate of its own for a test, made by the openssl command.
        private static func certificate() async throws -> CertificateFiles {
            let base = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
            _ = try await run(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2",
                "-subj", "/CN=localhost", "-keyout", base + ".key", "-out", base + ".pem")
            return CertificateFiles(chain: base + ".pem", key: base + ".key")
        }

        /// Runs a command and returns what it prints.
        private static func run(_ name: String, _ arguments: String...) async throws -> String {
            try await Command.runBeside(name, arguments).output
        }

        private static func options() async throws -> ServerOptions {
            var options = ServerOptions()
            options.certificate = try await certificate()
            return options
        }

        @Test func `with a certificate a client may speak HTTP 2 or HTTP 1.1`() async throws {
            try await Notes.serve(options: try await Self.options()) { server, _ in
                let address = "https://localhost:\(server.port)/v1/echo"
                for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
                    let answer = try await Self.run(
                        "curl", "-sk", flag, "--resolve", "localhost:\(server.port):127.0.0.1", "-m", "10",
                        "-H", "Content-Type: application/json", "-d", #"{"text":"sealed"}"#,
                        "-w", " %{http_version} %{http_code}", address)
                    #expect(answer.contains(#""text":"sealed""#))
                    #expect(answer.hasSuffix(" \(version) 200"))
                }
            }
        }

        @Test func `HTP-3 H13 more than 100 fields are refused over HTTP 2 as well`() async throws {
            try await Notes.serve(options: try await Self.options()) { server, _ in
                let headers = (0..<110).map { "X-\($0): 1" }.joined(separator: "\n")
                let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
                try headers.write(toFile: file, atomically: true, encoding: .utf8)
                let answer = try await Self.run(
                    "curl", "-sik", "--http2", "-m", "10", "-H", "@\(file)", "-w", " %{http_version} %{http_code}",
                    "https://127.0.0.1:\(server.port)/v1/ping")
                #expect(answer.contains("header_too_large"))
                #expect(answer.lowercased().contains("strict-transport-security: max-age=31536000"))
                #expect(answer.hasSuffix(" 2 431"))
            }
        }

        /// Sends raw HTTP/2 bytes after the preface and an empty SETTINGS frame; the frames that come back, as type and
        /// payload.
        private static func exchange(_ bytes: [UInt8], port: Int) async throws -> [(type: UInt8, payload: [UInt8])] {
            try await talk(bytes, port: port).frames
        }

        /// The same, and whether the server reset the connection.
        private static func talk(
            _ bytes: [UInt8], port: Int
        ) async throws -> (frames: [(type: UInt8, payload: [UInt8])], isReset: Bool) {
            let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
            let all = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0] + bytes
            try Data(all).write(to: URL(filePath: file))
            let output = file + ".out"
            let said = try await run(
                "sh", "-c",
                """
                (cat \(file); sleep 1) | timeout 5 openssl s_client -quiet -no_ign_eof -alpn h2 \
                -connect 127.0.0.1:\(port) > \(output)
                """)
            var rest = Array(try Data(contentsOf: URL(filePath: output)))[...]
            var frames: [(type: UInt8, payload: [UInt8])] = []
            while rest.count >= 9 {
                let head = Array(rest.prefix(9))
                let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
                frames.append((head[3], Array(rest.dropFirst(9).prefix(length))))
                rest = rest.dropFirst(9 + length)
            }
            return (frames, said.contains("errno=104") || said.contains("errno=32"))
        }

        /// A HEADERS frame that ends the stream: GET, https, and the path and authority given as literals.
        private static func get(stream: UInt8, path: String) -> [UInt8] {
            let path = Array(path.utf8)
            let block: [UInt8] = [0x82, 0x87, 0x04, UInt8(path.count)] + path + [0x01, 1, 97]
            return [0, 0, UInt8(block.count), 1, 5, 0, 0, 0, stream] + block
        }

        @Test func `HTP-3 CVE-2023-44487 a flood of requests that are reset at once ends the connection`() async throws
        {
            try await Notes.serve(options: try await Self.options()) { server, _ in
                var bytes: [UInt8] = []
                for number in 0..<2000 {
                    let stream = [UInt8((number * 2 + 1) >> 8), UInt8((number * 2 + 1) & 255)]
                    var request = Self.get(stream: 0, path: "/v1/ping")
                    request.replaceSubrange(7..<9, with: stream)
                    bytes += request + [0, 0, 4, 3, 0, 0, 0] + stream + [0, 0, 0, 8]
                }
                let goAway = try await Self.exchange(bytes, port: server.port).last { $0.type == 7 }
                // ENHANCE_YOUR_CALM
                #expect(goAway?.payload.dropFirst(4).prefix(4) == [0, 0, 0, 11])
                let after = try await Self.run("curl", "-sk", "-m", "10", "https://127.0.0.1:\(server.port)/v1/ping")
                #expect(after.contains("pong"))
            }
        }

        /// A frame of HTTP/2: length, type, flags, stream.
        private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
            [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, stream] + payload
        }

        /// What costs a client little and a server much, many times over.
        private static let floods: [(name: String, bytes: [UInt8])] = [
            ("settings", (0..<20_000).flatMap { _ in frame(4, []) }),
            ("ping", (0..<20_000).flatMap { _ in frame(6, [1, 2, 3, 4, 5, 6, 7, 8]) }),
            (
                "continuation without end",
                frame(1, stream: 1, [0x82, 0x87])
                    + (0..<20_000).flatMap { _ in frame(9, stream: 1, [0x00, 1, 97, 1, 98]) }
            ),
            (
                "empty continuation",
                frame(1, stream: 1, [0x82, 0x87])
                    + (0..<50_000).flatMap { _ in frame(9, stream: 1, []) }
            ),
            // One entry of the table, then thousands of references to it: bytes become kilobytes.
            (
                "header bomb",
                frame(
                    1, flags: 4, stream: 1,
                    [0x82, 0x87, 0x40, 1, 97, 0x7F, 0xA1, 0x1E]
                        + [UInt8](repeating: 98, count: 4000) + [UInt8](repeating: 0xBE, count: 12_000))
            ),
        ]

        @Test(arguments: floods.map(\.name))
        func `HTP-3 a flood of frames costs the connection and nobody else`(name: String) async throws {
            let bytes = try #require(Self.floods.first { $0.name == name }).bytes
            try await Notes.serve(options: try await Self.options()) { server, _ in
                async let talk = Self.talk(bytes, port: server.port)
                let beside = try await Self.run("curl", "-sk", "-m", "10", "https://127.0.0.1:\(server.port)/v1/ping")
                #expect(beside.contains("pong"), "\(name)")
                let (came, isReset) = try await talk
                // Refused on the connection (GOAWAY), or nothing but acknowledgements: never an answer to a request.
                #expect(!came.contains { $0.type == 0 && String(decoding: $0.payload, as: UTF8.self).contains("pong") })
                if name != "settings", name != "ping" {
                    // The reset of a connection whose bytes were not all read can overtake the last frame.
                    #expect(isReset || came.contains { $0.type == 7 || $0.type == 3 || $0.type == 1 }, "\(name)")
                }
                let after = try await Self.run("curl", "-sk", "-m", "10", "https://127.0.0.1:\(server.port)/v1/ping")
                #expect(after.contains("pong"), "\(name)")
            }
        }

        @Test(arguments: ["/v1/ping", "/v1/ping\r\nX-Evil: 1", "/v1/ping\u{0}", "v1/ping", "/v1 /ping", ""])
        func `CVE-2026-28898 an HTTP 2 path with other than a path's characters reaches no handler`(path: String)
            async throws
        {
            try await Notes.serve(options: try await Self.options()) { server, _ in
                let frames = try await Self.exchange(Self.get(stream: 1, path: path), port: server.port)
                let body = frames.filter { $0.type == 0 }.map { String(decoding: $0.payload, as: UTF8.self) }.joined()
                #expect(body.contains("pong") == (path == "/v1/ping"))
            }
        }

        @Test func `TLS 1.2 has only suites with forward secrecy and authenticated encryption`() async throws {
            try await Notes.serve(options: try await Self.options()) { server, _ in
                for (suite, isTaken) in [
                    ("ECDHE-ECDSA-AES128-GCM-SHA256", true), ("ECDHE-ECDSA-CHACHA20-POLY1305", true),
                    ("ECDHE-ECDSA-AES128-SHA", false), ("ECDHE-ECDSA-AES256-SHA", false),
                ] {
                    let said = try await Self.run(
                        "sh", "-c",
                        "echo | timeout 10 openssl s_client -connect 127.0.0.1:\(server.port) -tls1_2 "
                            + "-cipher '\(suite):@SECLEVEL=0' 2>&1")
                    #expect(said.contains("Cipher is \(suite)") == isTaken, "\(suite)")
                }
            }
        }

        @Test func `TLS before 1.2 is refused`() async throws {
            try await Notes.serve(options: try await Self.options()) { server, _ in
                let answer = try await Self.run(
                    "curl", "-sk", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", "-m", "10",
                    "-w", "%{http_code}", "https://127.0.0.1:\(server.port)/v1/ping")
                #expect(answer == "000")
            }
        }

        @Test func `H1 a handshake that isn't done in time is closed`() async throws {
            var options = try await Self.options()
            options.limits.handshakeTime = Milliseconds(200)
            try await Notes.serve(options: options) { server, _ in
                let silent = try await server.connect()
                #expect(try await silent.isClosed())
                let plain = try await server.connect()
                try await plain.send(ConnectionTests.ping)
                #expect(try await plain.isClosed())
            }
        }

        @Test func `a certificate that can't be read stops the start`() async throws {
            var options = ServerOptions()
            options.certificate = CertificateFiles(chain: "/nowhere.pem", key: "/nowhere.key")
            await #expect(throws: (any Error).self) {
                try await Notes.serve(options: options) { _, _ in }
            }
        }
    }
}
