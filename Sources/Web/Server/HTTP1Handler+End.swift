// How an HTTP/1 connection ends: refusals, deadlines, errors, the client's leaving and the server's stop.
import Core
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

extension HTTP1Handler {
    /// Answers in place of the responder, and closes.
    func refuse(_ problem: Problem, isHead: Bool, _ context: ChannelHandlerContext) {
        let refusal = Refusal(problem, isSecure: isSecure)
        logger.info(
            "request refused",
            metadata: [
                "request_id": "\(refusal.requestID)", "code": "\(problem.code)", "status": "\(problem.status)",
                "address": "\(ClientAddress(context.remoteAddress).map(String.init(describing:)) ?? "-")",
            ])
        phase = .busy(
            Work(
                started: .now(), isHead: isHead, announced: nil, isReceived: true, closes: true, blocksInput: true))
        write(context: context, data: NIOAny(refusal.response), promise: nil)
        flush(context: context)
    }

    /// The input makes no sense any more, or is late: the responder's request ends with the problem, or, without one,
    /// it is answered here. nil means that the client just left.
    func fail(_ problem: Problem?, _ context: ChannelHandlerContext) {
        switch phase {
        case .closing: break
        case .idle, .head:
            guard let problem else { return context.close(promise: nil) }
            refuse(problem, isHead: false, context)
        case .busy(let work) where work.blocksInput: break
        case .busy(let work) where work.isReceived: held.append(.failure(problem))
        case .busy(let work) where work.isAnswered: context.close(promise: nil)
        case .busy(var work):
            work.isReceived = true
            work.blocksInput = true
            work.closes = true
            phase = .busy(work)
            context.fireErrorCaught(
                problem ?? .incompleteBody)
        }
    }

    /// Closes our side and lets the client finish reading: closing at once would reset the connection while an answer
    /// is under way whenever the client is still sending.
    func close(_ context: ChannelHandlerContext) {
        if case .closing = phase { return }
        let mayRead: Bool = if case .busy(let work) = phase { !work.blocksInput || !work.isReceived } else { true }
        phase = .closing(since: .now())
        held.removeAll()
        if isInputClosed { return context.close(promise: nil) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        promise.futureResult.whenFailure { _ in channel.close(promise: nil) }
        context.close(mode: .output, promise: promise)
        if mayRead { context.read() }
        setAlarm(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as HTTPParserError: fail(HTTP1Rules.problem(for: error), context)
        case is ByteToMessageDecoderError: break
        default:
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as ChannelEvent where event == .inputClosed:
            isInputClosed = true
            inputClosed(context)
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            switch phase {
            case .idle, .head: close(context)
            case .busy, .closing: break
            }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func inputClosed(_ context: ChannelHandlerContext) {
        switch phase {
        case .idle, .head, .closing: context.close(promise: nil)
        case .busy(let work) where !work.isReceived: fail(nil, context)
        case .busy:
            if held.isEmpty { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.task.cancel()
        if case .busy(let work) = phase, !work.isReceived { fail(nil, context) }
        phase = .closing(since: .now())
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall = context.channel.isWritable ? nil : (.now(), Self.waiting(context))
        setAlarm(context)
        context.fireChannelWritabilityChanged()
    }

    // MARK: Deadlines

    /// When the present phase is over, whatever happens.
    private var deadline: NIODeadline? {
        let ofPhase: NIODeadline? =
            switch phase {
            case .idle(let since): since + TimeAmount(limits.idleTime)
            case .head(let since): since + TimeAmount(limits.headTime)
            case .busy(let work) where work.isReceived: nil
            case .busy(let work):
                min(
                    work.started + TimeAmount(limits.bodyTime),
                    work.started + TimeAmount(limits.bodyGrace)
                        + .milliseconds(Int64(work.received) * 1000 / Int64(max(1, limits.bodyRate))))
            case .closing(let since): since + TimeAmount(limits.lingerTime)
            }
        guard let stall else { return ofPhase }
        let ofStall = stall.since + TimeAmount(limits.stallTime)
        return ofPhase.map { min($0, ofStall) } ?? ofStall
    }

    /// Makes sure that something wakes up by the deadline. An alarm that rings early finds a later deadline and is set
    /// again, so that the usual request, answered at once, touches no timer at all.
    func setAlarm(_ context: ChannelHandlerContext) {
        guard let deadline, alarm.map({ $0.at > deadline }) ?? true else { return }
        alarm?.task.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            handler.ring(context)
        }
        alarm = (deadline, task)
    }

    private func ring(_ context: ChannelHandlerContext) {
        alarm = nil
        guard let deadline, context.channel.isActive else { return }
        guard deadline <= .now() else { return setAlarm(context) }
        if let stall {
            let waiting = Self.waiting(context)
            let least = Int(limits.stallTime.count) * limits.bodyRate / 1000
            guard stall.waiting - waiting >= least else { return context.close(promise: nil) }
            self.stall = (.now(), waiting)
            return setAlarm(context)
        }
        switch phase {
        case .idle, .closing: context.close(promise: nil)
        case .head: refuse(Self.late("The request's headers"), isHead: false, context)
        case .busy(let work) where work.isAnswered: context.close(promise: nil)
        case .busy: fail(Self.late("The request's body"), context)
        }
        setAlarm(context)
    }

    /// Bytes of answers that the system has not taken yet.
    private static func waiting(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private static func late(_ what: String) -> Problem {
        Problem("request_timeout", status: 408, "\(what) came too slowly.")
    }
}

extension TimeAmount {
    init(_ duration: Milliseconds) { self = .milliseconds(duration.count) }
}
