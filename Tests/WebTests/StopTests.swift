// The orderly stop: nothing new, what runs may finish, what doesn't is cut off.
import Core
import Foundation
import Logging
import ServiceLifecycle
import TestSupport
import Testing
import Web

extension Wire {
    @Suite struct StopTests {
        /// Runs a server in a service group, with a route that takes the given time.
        private func run(
            stopTime: Milliseconds, routeTime: Duration,
            _ body: @escaping @Sendable (TestServer, ServiceGroup) async throws -> Void
        ) async throws {
            var routes = Routes()
            routes.act(
                "/v1/slow", "slow", "Takes its time", tag: "test", allow: .anyone, body: NoBody.self,
                returns: Small.self
            ) { _ in
                try await Task.sleep(for: routeTime)
                return Small(text: "done")
            }
            let file = try TestDatabase()
            let gateway = try Gateway(endpoints: routes.endpoints, database: file.database, settings: .testing())
            var options = ServerOptions()
            options.port = 0
            options.limits.stopTime = stopTime
            let (ports, running) = AsyncStream.makeStream(of: Int.self)
            let server = HTTPServer(gateway: gateway, options: options, logger: .silent) { running.yield($0) }
            let group = ServiceGroup(services: [server], logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                for await port in ports.prefix(1) { try await body(TestServer(port: port), group) }
                try await tasks.waitForAll()
            }
        }

        private static let slow = "POST /v1/slow HTTP/1.1\r\nHost: a\r\n\r\n"

        @Test func `a stopping server finishes what runs, says that it closes, and takes nothing new`() async throws {
            try await run(stopTime: .seconds(20), routeTime: .milliseconds(1500)) { server, group in
                let busy = try await server.connect()
                let idle = try await server.connect()
                try await busy.send(Self.slow)
                try await Task.sleep(for: .milliseconds(300))
                await group.triggerGracefulShutdown()
                #expect(try await idle.isClosed())
                let answer = try await busy.answer()
                #expect(answer.status == 200)
                #expect(answer["Connection"] == "close")
                #expect(try await busy.isClosed())
                await #expect(throws: RawConnection.Failure.self) { _ = try await server.send("POST", "/v1/slow") }
            }
        }

        @Test func `what takes longer than the stop may take is cut off`() async throws {
            try await run(stopTime: Milliseconds(300), routeTime: .seconds(3)) { server, group in
                let busy = try await server.connect()
                try await busy.send(Self.slow)
                try await Task.sleep(for: .milliseconds(300))
                await group.triggerGracefulShutdown()
                #expect(try await busy.isClosed(within: 2))
            }
        }
    }
}
