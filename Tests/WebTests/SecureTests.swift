// TLS by files, and HTTP/2 for who asks for it.
import Core
import Foundation
import TestSupport
import Testing

@testable import Web

@Suite struct SecureTests {
    /// A certificate of its own for a test, made by the openssl command.
    private static func certificate() async throws -> CertificateFiles {
        let base = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        _ = try await run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-keyout", base + ".key", "-out", base + ".pem")
        return CertificateFiles(chain: base + ".pem", key: base + ".key")
    }

    /// Runs a command and returns what it prints.
    private static func run(_ arguments: String...) async throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
                process.waitUntilExit()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
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

    @Test func `H13 more than 100 fields are refused over HTTP 2 as well`() async throws {
        try await Notes.serve(options: try await Self.options()) { server, _ in
            let headers = (0..<110).map { "X-\($0): 1" }.joined(separator: "\n")
            let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
            try headers.write(toFile: file, atomically: true, encoding: .utf8)
            let answer = try await Self.run(
                "curl", "-sk", "--http2", "-m", "10", "-H", "@\(file)", "-w", " %{http_version} %{http_code}",
                "https://127.0.0.1:\(server.port)/v1/ping")
            #expect(answer.contains("header_too_large"))
            #expect(answer.hasSuffix(" 2 431"))
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
