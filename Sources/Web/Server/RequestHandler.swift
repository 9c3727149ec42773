// Where a connection meets the gateway.
import Core
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Hands requests to the gateway, one at a time, and writes its answers.
///
/// What the gateway answers at once (every read, every refusal) is written on the spot, by the thread that parsed the
/// request. For the rest the body is collected, and the connection's task does the work.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = Response

    /// An accepted request with its body, for the connection's task.
    struct Work: Sendable {
        let request: Gateway.Accepted
        let body: [UInt8]
        /// Writes the answer; called once.
        let answer: @Sendable (Response) -> Void
    }

    private let gateway: Gateway
    private let accepted: AsyncStream<Work>.Continuation
    private var client: ClientAddress?
    private var collected: (request: Gateway.Accepted, body: [UInt8])?
    private var answer: Response?

    init(gateway: Gateway, accepted: AsyncStream<Work>.Continuation) {
        self.gateway = gateway
        self.accepted = accepted
    }

    func handlerAdded(context: ChannelHandlerContext) { client = ClientAddress(context.remoteAddress) }

    func channelInactive(context: ChannelHandlerContext) {
        accepted.finish()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { accepted.finish() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            switch gateway.begin(head, from: client) {
            case .answered(let response): answer = response
            case .accepted(let request): collected = (request, [])
            }
        case .body(let part): collect(part, context)
        case .end: if let (request, body) = collected { start(request, body, context) }
        }
    }

    /// Only now, so that what was read with the request is known to belong to it or to come after it.
    func channelReadComplete(context: ChannelHandlerContext) {
        if let response = answer {
            answer = nil
            write(response, context)
        }
        context.fireChannelReadComplete()
    }

    private func collect(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let request = collected?.request, let count = collected?.body.count else { return }
        guard count + part.readableBytes <= request.bodyLimit else {
            return fail(.bodyTooLarge(request.bodyLimit), context)
        }
        collected?.body.append(contentsOf: part.readableBytesView)
    }

    private func start(_ request: Gateway.Accepted, _ body: [UInt8], _ context: ChannelHandlerContext) {
        collected = nil
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: eventLoop)
        accepted.yield(
            Work(request: request, body: body) { response in
                eventLoop.execute {
                    let (handler, context) = bound.value
                    handler.write(response, context)
                }
            })
    }

    /// The body will never be whole: the connection says why.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let problem = error as? Problem, collected != nil else {
            context.close(promise: nil)
            return
        }
        fail(problem, context)
    }

    private func fail(_ problem: Problem, _ context: ChannelHandlerContext) {
        guard let request = collected?.request else { return }
        collected = nil
        write(gateway.refuse(request, problem), context)
    }

    private func write(_ response: Response, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(response), promise: nil)
    }
}

extension Problem {
    static func bodyTooLarge(_ limit: Int) -> Problem {
        Problem("body_too_large", status: 413, "The body is larger than \(limit) bytes.")
    }

    static let incompleteBody = Problem("body_incomplete", status: 400, "The connection ended before the body did.")
}
