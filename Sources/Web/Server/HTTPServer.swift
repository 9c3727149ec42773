// The HTTP server as a service: listens, hands requests to the responder, and stops in an orderly way.
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Serves a responder over HTTP/1.1, or over TLS with HTTP/2 as well when there is a certificate.
///
/// A graceful shutdown stops accepting, lets running requests finish for `limits.stopTime` and then closes
/// what is left.
package struct HTTPServer<Responder: HTTPResponder>: Service where Responder.Context == RequestContext {
    private let responder: Responder
    private let options: ServerOptions
    private let logger: Logger
    private let onRunning: @Sendable (_ port: Int) async -> Void

    /// - Parameter onRunning: called once with the port that is listened on.
    package init(
        responder: Responder, options: ServerOptions, logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.responder = responder
        self.options = options
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Listens until the service group stops it or the task is cancelled; throws when the address is taken, or when
    /// the certificate's files can't be used.
    package func run() async throws {
        let admission = Admission(limits: options.limits, proxies: options.trustedProxies)
        let options = options
        let logger = logger
        let tls = try options.certificate.map(SecureConnection.context)
        let builder = HTTPServerBuilder { respond in
            guard let tls else {
                let plain = HTTP1Connection(responder: respond, limits: options.limits, isSecure: false, log: logger)
                return AdmittedConnection(base: plain, admission: admission)
            }
            let secure = SecureConnection(responder: respond, options: options, tls: tls, log: logger)
            return AdmittedConnection(base: secure, admission: admission)
        }
        var quiet = logger
        quiet.logLevel = .warning
        let server = try builder.buildServer(
            configuration: .init(
                address: .hostname(options.host, port: options.port), backlog: 1024,
                availableConnectionsDelegate: .maximum(options.limits.connections, logger: quiet)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet,
            responder: { request, writer, channel in
                try await self.answer(request, writer, channel)
            }, onServerRunning: { await self.onRunning($0.localAddress?.port ?? 0) })
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(options.limits.stopTime)) {
                admission.closeAll()
            }
        }
    }

    private func answer(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let context = RequestContext(source: .init(channel: channel, logger: logger))
        var response = try await responder.respond(to: request, context: context)
        response.headers[.date] = HTTPDate.now
        try await writer.write(response: response.head, body: response.body)
    }
}
