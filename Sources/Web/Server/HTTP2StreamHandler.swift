// One HTTP/2 stream: the bounds that HTTP/1 requests have, where the frame layer does not set them already.
import Core
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Which HTTP/2 requests are refused before anybody looks at what they ask for.
enum HTTP2Rules {
    /// The frame layer refuses pseudo-header fields with control characters as well; it once did not.
    static func problem(with head: HTTPRequest, fieldsLimit: Int) -> Problem? {
        if head.headerFields.count > fieldsLimit {
            return Problem(
                "header_too_large", status: 431, "The request has more header fields than this server takes.")
        }
        guard let host = head.authority, HTTP1Rules.isHost(host), let path = head.path, path.utf8.first == 47,
            HTTP1Rules.isTarget(path), head.method != .connect
        else { return Problem("malformed_request", status: 400, "The request must name its host and a path.") }
        return nil
    }
}

/// Refuses heads with too many fields or without an authority, and ends bodies that come too slowly.
///
/// The frame layer bounds the head's size (16 KiB) and the number of streams (100), and ends floods of resets.
final class HTTP2StreamHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConnectionLimits
    private let started = NIODeadline.now()
    private var received = 0
    private var isOver = false
    private var alarm: Scheduled<Void>?

    init(limits: ConnectionLimits) { self.limits = limits }

    func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            if let problem = HTTP2Rules.problem(with: head, fieldsLimit: limits.headFields) {
                return refuse(problem, context)
            }
            context.fireChannelRead(data)
        case .body(let bytes):
            received += bytes.readableBytes
            context.fireChannelRead(data)
            if alarm == nil { setAlarm(context) }
        case .end:
            isOver = true
            alarm?.cancel()
            context.fireChannelRead(wrapInboundOut(.end(nil)))
        }
    }

    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        isOver = true
        let refusal = Refusal(problem, isSecure: true)
        context.write(wrapOutboundOut(.head(refusal.response.http2Head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: refusal.response.body))), promise: nil)
        let channel = context.channel
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }

    private func setAlarm(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            handler.ring(context)
        }
    }

    private var deadline: NIODeadline {
        min(
            started + TimeAmount(limits.bodyTime),
            started + TimeAmount(limits.bodyGrace)
                + .milliseconds(Int64(received) * 1000 / Int64(max(1, limits.bodyRate))))
    }

    private func ring(_ context: ChannelHandlerContext) {
        guard !isOver else { return }
        guard deadline <= .now() else { return setAlarm(context) }
        isOver = true
        context.fireErrorCaught(Problem("request_timeout", status: 408, "The request's body came too slowly."))
    }
}
