// A running server on a free port, for as long as a test's closure runs.
package import Core
import Foundation
package import Logging
package import Storage
package import Web

/// A server on the loopback address, such as `withServer` runs.
package struct TestServer: Sendable {
    package let port: Int

    package init(port: Int) { self.port = port }

    /// Opens a connection to it.
    package func connect() async throws -> RawConnection { try await RawConnection(port: port) }

    /// Sends one request on a connection of its own; a body is JSON unless a header says otherwise.
    package func send(
        _ method: String, _ path: String, token: String? = nil, headers: [(name: String, value: String)] = [],
        body: String? = nil
    ) async throws -> RawAnswer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)"]
        if let token { lines.append("Authorization: Bearer \(token)") }
        lines += headers.map { "\($0.name): \($0.value)" }
        if let body {
            if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                lines.append("Content-Type: application/json")
            }
            lines.append("Content-Length: \(body.utf8.count)")
        }
        let connection = try await connect()
        try await connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
        return try await connection.answer(to: method)
    }
}

/// Runs a server with these endpoints on a free port of the loopback address while the closure runs.
package func withServer<Value: Sendable>(
    _ endpoints: [Endpoint], on database: any Storage.Database, options: ServerOptions = ServerOptions(),
    settings: Gateway.Settings = .testing(), _ body: @escaping @Sendable (TestServer) async throws -> Value
) async throws -> Value {
    let gateway = try Gateway(endpoints: endpoints, database: database, settings: settings)
    var options = options
    options.host = "127.0.0.1"
    options.port = 0
    let (ports, running) = AsyncStream.makeStream(of: Int.self)
    let server = HTTPServer(gateway: gateway, options: options, logger: .silent) { running.yield($0) }
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask {
            try await server.run()
            return nil
        }
        group.addTask {
            for await port in ports { return try await body(TestServer(port: port)) }
            return nil
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() ?? nil else { throw TestServerEnded() }
        return value
    }
}

/// The server ended before the test did.
package struct TestServerEnded: Error {}

extension Gateway.Settings {
    /// Settings without limits; tokens name principals that are given here, with their role in every organisation.
    package static func testing(
        principals: [String: Principal] = [:], role: Role? = .owner, limits: Limits = .none
    ) -> Gateway.Settings {
        Gateway.Settings(
            authentication: Authentication(
                principal: { token, _ in principals[token] }, role: { _, _, _ in role }),
            cursors: CursorSigner(key: [UInt8](repeating: 7, count: 32)),
            answers: AnswerSeal(key: [UInt8](repeating: 8, count: 32)), origin: "http://127.0.0.1",
            limits: limits, logger: .silent)
    }
}

extension Logger {
    /// A log that nobody reads.
    package static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
