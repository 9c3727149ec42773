// TLS, and the choice between HTTP/2 and HTTP/1.1 that the client makes in its handshake (ALPN).
import Core
import HTTPTypes
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// One TLS connection.
struct SecureConnection: ServerChildChannel {
    /// What the handshake ended with.
    enum Negotiated: Sendable {
        case http1(HTTP1Connection.Value)
        case http2(HTTP2Channel.Value)
    }

    struct Value: ServerChildChannelValue {
        let negotiated: EventLoopFuture<Negotiated>
        let channel: any Channel
    }

    let http1: HTTP1Connection
    let http2: HTTP2Channel
    let tls: NIOSSLContext
    let handshakeTime: Milliseconds

    init(gateway: Gateway, options: ServerOptions, tls: NIOSSLContext, log: Logger) {
        let limits = options.limits
        http1 = HTTP1Connection(gateway: gateway, limits: limits, isSecure: true, log: log)
        http2 = HTTP2Channel(
            responder: { request, writer, channel in
                let response = await Self.respond(to: request, from: ClientAddress(channel.remoteAddress), by: gateway)
                let body = request.method == .head ? [] : response.body
                try await writer.write(response: response.http2Head, body: .init(byteBuffer: ByteBuffer(bytes: body)))
            },
            configuration: .init(
                idleTimeout: .milliseconds(limits.idleTime.count),
                gracefulCloseTimeout: .milliseconds(limits.stopTime.count),
                streamConfiguration: .init(additionalChannelHandlers: [HTTP2StreamHandler(limits: limits)])))
        self.tls = tls
        handshakeTime = limits.handshakeTime
    }

    /// TLS 1.2 and 1.3 with a chain and key from files; throws what is wrong with them.
    static func context(for files: CertificateFiles) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(files.chain).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        // Of TLS 1.2 only what has forward secrecy and authenticated encryption (ASVS 12.1.2); the library has CBC too.
        configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
        configuration.applicationProtocols = ["h2", "http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }

    /// One request of an HTTP/2 stream.
    private static func respond(
        to request: Request, from client: ClientAddress?, by gateway: Gateway
    ) async -> Response {
        switch gateway.begin(request.head, from: client) {
        case .answered(let response): return response
        case .accepted(let accepted):
            var body: [UInt8] = []
            do {
                for try await part in request.body {
                    guard body.count + part.readableBytes <= accepted.bodyLimit else {
                        return gateway.refuse(accepted, .bodyTooLarge(accepted.bodyLimit))
                    }
                    body.append(contentsOf: part.readableBytesView)
                }
            } catch {
                return gateway.refuse(accepted, error as? Problem ?? .incompleteBody)
            }
            return await gateway.finish(accepted, body: body)
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(NIOSSLServerHandler(context: tls))
            let negotiation = NIOTypedApplicationProtocolNegotiationHandler<Negotiated> { result, channel in
                if case .negotiated("h2") = result {
                    http2.setup(channel: channel, logger: logger).map { .http2($0) }
                } else {
                    http1.setup(channel: channel, logger: logger).map { .http1($0) }
                }
            }
            try pipeline.addHandler(negotiation)
            let negotiated = negotiation.protocolNegotiationResult
            let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(handshakeTime)) {
                channel.close(promise: nil)
            }
            negotiated.whenComplete { _ in deadline.cancel() }
            return Value(negotiated: negotiated, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        switch try? await value.negotiated.get() {
        case .http1(let value): await http1.handle(value: value, logger: logger)
        case .http2(let value): await http2.handle(value: value, logger: logger)
        case nil: value.channel.close(promise: nil)
        }
    }
}
