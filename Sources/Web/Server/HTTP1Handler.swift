// One HTTP/1 connection: one request at a time, each phase with its deadline, and an orderly end.
import Core
import DequeModule
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Stands between the parser and the responder.
///
/// - The head of a request is held against `HTTP1Rules`; a refused one is answered here and ends the connection.
/// - Requests that were sent ahead wait until the one before them is answered.
/// - An answer that leaves the connection in doubt (part of the body unread, an upgrade asked for, the server is
///   stopping) carries `Connection: close`, and the connection is closed so that the client can still read it.
final class HTTP1Handler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = Response
    typealias OutboundOut = ByteBuffer

    /// What the connection is doing.
    enum Phase {
        /// Nothing has come of the next request.
        case idle(since: NIODeadline)
        /// Part of a head has come.
        case head(since: NIODeadline)
        /// The responder has a request.
        case busy(Work)
        /// The last answer is written; what still comes is thrown away.
        case closing(since: NIODeadline)
    }

    /// A request that the responder has.
    struct Work {
        let started: NIODeadline
        let isHead: Bool
        /// Bytes of the body that the head announced.
        let announced: Int?
        var received = 0
        var isReceived: Bool
        var isAnswered = false
        /// The connection ends with this answer.
        var closes: Bool
        /// What comes after this request is not to be parsed.
        var blocksInput: Bool
    }

    /// What arrived while a request was being answered.
    enum Held {
        case part(HTTPServerRequestPart)
        case failure(Problem?)
    }

    /// An unread rest of a body up to this size is taken in, so that the connection can go on.
    static let drainLimit = 65_536

    let limits: ConnectionLimits
    let isSecure: Bool
    let logger: Logger
    var phase = Phase.idle(since: .now())
    var held = Deque<Held>()
    var isReadWaiting = false
    var isQuiescing = false
    var isInputClosed = false
    /// Since when an answer waits for the client to take some of it, and how many bytes waited then.
    var stall: (since: NIODeadline, waiting: Int)?
    var alarm: (at: NIODeadline, task: Scheduled<Void>)?

    init(limits: ConnectionLimits, isSecure: Bool, logger: Logger) {
        self.limits = limits
        self.isSecure = isSecure
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) { setAlarm(context) }

    func channelActive(context: ChannelHandlerContext) {
        setAlarm(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { alarm?.task.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .closing: break
        case .busy(let work) where work.blocksInput: break
        case .busy(let work) where work.isReceived: held.append(.part(unwrapInboundIn(data)))
        default: take(unwrapInboundIn(data), context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch phase {
        case .idle: phase = .head(since: .now())
        case .closing where !isInputClosed: context.read()
        default: break
        }
        setAlarm(context)
        context.fireChannelReadComplete()
    }

    /// While sent-ahead requests wait, no more is read; the system's buffer fills and the client has to wait as well.
    func read(context: ChannelHandlerContext) {
        if case .busy(let work) = phase, work.blocksInput || !held.isEmpty {
            isReadWaiting = true
        } else {
            context.read()
        }
    }

    // MARK: Requests

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(head, context)
        case .body(let bytes):
            guard case .busy(var work) = phase else { return }
            work.received += bytes.readableBytes
            phase = .busy(work)
            context.fireChannelRead(wrapInboundOut(.body(bytes)))
        case .end:
            guard case .busy(var work) = phase else { return }
            work.isReceived = true
            work.blocksInput = work.blocksInput || work.closes
            phase = .busy(work)
            // Trailers are dropped: no operation has any, and a trailer must never pass for a header.
            context.fireChannelRead(wrapInboundOut(.end(nil)))
            if work.isAnswered { finish(context) }
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let checked: CheckedHead
        do {
            checked = try HTTP1Rules.check(head, isSecure: isSecure)
        } catch {
            return refuse(error, isHead: head.method == .HEAD, context)
        }
        phase = .busy(
            Work(
                started: .now(), isHead: head.method == .HEAD, announced: checked.hasBody ? checked.contentLength : 0,
                isReceived: false, closes: checked.closes || isQuiescing, blocksInput: false))
        if checked.awaitsContinue {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(.head(checked.request)))
    }

    /// Goes on after an answer: with what was sent ahead, or with waiting.
    func finish(_ context: ChannelHandlerContext) {
        phase = .idle(since: .now())
        if isQuiescing { return close(context) }
        guard !held.isEmpty else {
            if isInputClosed { close(context) } else { setAlarm(context) }
            return
        }
        while case .some(let next) = held.first {
            if case .busy(let work) = phase, work.isReceived { break }
            if case .closing = phase { break }
            held.removeFirst()
            switch next {
            case .part(let part): take(part, context)
            case .failure(let problem): fail(problem, context)
            }
        }
        context.fireChannelReadComplete()
        if case .idle = phase, held.isEmpty, isInputClosed { return close(context) }
        if isReadWaiting, held.isEmpty {
            isReadWaiting = false
            context.read()
        }
        setAlarm(context)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .busy(var work) = phase, !work.isAnswered else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let response = unwrapOutboundIn(data)
        work.closes = work.closes || isQuiescing || leavesTooMuch(work) || response.closesConnection
        work.isAnswered = true
        phase = .busy(work)
        let bytes = response.http1(isHead: work.isHead, closes: work.closes, allocator: context.channel.allocator)
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        guard case .busy(let work) = phase, work.isAnswered else { return }
        if work.closes { close(context) } else if work.isReceived { finish(context) }
    }

    private func leavesTooMuch(_ work: Work) -> Bool {
        guard !work.isReceived else { return false }
        guard let announced = work.announced else { return true }
        return announced - work.received > Self.drainLimit
    }
}
