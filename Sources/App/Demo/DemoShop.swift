// The instance on a port of its own, while the demo's history is being lived through.
import AsyncHTTPClient
import Core
import Jobs
import Logging
import NIOCore
import Storage
import Web

/// Opens the instance for the demo's own buyers, before the real server starts.
struct DemoShop: Sendable {
    let application: Application

    /// Where the buyers go.
    struct Front: Sendable {
        let client: HTTPClient
        let url: String
        /// Runs jobs that talk to this instance: webhooks of the simulator.
        let runner: JobRunner
    }

    /// Answers on a free port of this machine for as long as the closure runs.
    func open<Value: Sendable>(_ body: @escaping @Sendable (Front) async throws -> Value) async throws -> Value {
        let settings = try privateSettings()
        // It is ended by cancellation, which the server's libraries report as an error.
        let logger = Logger(label: "raptorflow.demo") { _ in SwiftLogNoOpLogHandler() }
        let inner = try await Application(settings: settings, database: application.database, logger: logger)
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
        let url = Settings.localURL(host: settings.host, port: settings.port, isSecure: false)
        do {
            return try await serve(inner, logger) {
                let value = try await body(Front(client: client, url: url, runner: inner.runner))
                // Connections that are kept open would hold the server up.
                try await client.shutdown()
                try await inner.shutdown()
                return value
            }
        } catch {
            try? await client.shutdown()
            try? await inner.shutdown()
            throw error
        }
    }

    private func serve<Value: Sendable>(
        _ inner: Application, _ logger: Logger, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let server = HTTPServer(gateway: inner.gateway, options: inner.settings.serverOptions, logger: logger) {
            running.yield($0)
        }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await server.run()
                return nil
            }
            group.addTask {
                for await _ in ports { return try await body() }
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else { throw DemoFailed("its server ended early") }
            return value
        }
    }

    /// Plain HTTP on a free port without limits; links still lead to where people will look.
    private func privateSettings() throws -> Settings {
        var settings = application.settings
        settings.host = "127.0.0.1"
        settings.port = try Settings.freePort()
        settings.tls = nil
        settings.limits = Settings.CallLimits(perAddress: 0, perPrincipal: 0, perOrganization: 0)
        settings.parts = [.web]
        return settings
    }
}
