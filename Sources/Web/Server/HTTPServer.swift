// The HTTP server as a service: listens, hands requests to the responder, and stops in an orderly way.
import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Serves the gateway over HTTP/1.1, or over TLS with HTTP/2 as well when there is a certificate.
///
/// A graceful shutdown stops accepting, lets running requests finish for `limits.stopTime` and then closes
/// what is left.
package struct HTTPServer: Service {
    private let gateway: Gateway
    private let options: ServerOptions
    private let logger: Logger
    private let onRunning: @Sendable (_ port: Int) async -> Void

    /// - Parameter onRunning: called once with the port that is listened on.
    package init(
        gateway: Gateway, options: ServerOptions, logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.gateway = gateway
        self.options = options
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Listens until the service group stops it or the task is cancelled; throws when the address is taken, or when
    /// the certificate's files can't be used.
    package func run() async throws {
        let admission = Admission(limits: options.limits, proxies: options.trustedProxies)
        let options = options
        let plain = HTTP1Connection(gateway: gateway, limits: options.limits, isSecure: false, log: logger)
        let tls = try options.certificate.map(SecureConnection.context)
        let secure = tls.map { SecureConnection(gateway: gateway, options: options, tls: $0, log: logger) }
        let builder = HTTPServerBuilder { _ in
            if let secure { return AdmittedConnection(base: secure, admission: admission) }
            return AdmittedConnection(base: plain, admission: admission)
        }
        var quiet = logger
        quiet.logLevel = .warning
        let server = try builder.buildServer(
            configuration: .init(
                address: .hostname(options.host, port: options.port), backlog: 1024,
                availableConnectionsDelegate: .maximum(options.limits.connections, logger: quiet)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet,
            // The connections know the gateway themselves.
            responder: { _, _, _ in }, onServerRunning: { await self.onRunning($0.localAddress?.port ?? 0) })
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(options.limits.stopTime)) {
                admission.closeAll()
            }
        }
    }
}
