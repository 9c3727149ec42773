// The pipeline of an HTTP/1 connection.
import Core
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Parser, rules and gateway of one HTTP/1 connection.
struct HTTP1Connection: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let work: AsyncStream<RequestHandler.Work>
    }

    let gateway: Gateway
    let limits: ConnectionLimits
    let isSecure: Bool
    /// Where refusals are noted.
    let log: Logger

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var decoder = NIOHTTPDecoderLimitConfiguration()
            decoder.maxHeaderListSize = limits.headBytes
            decoder.maxHeaderFieldSize = limits.headBytes
            decoder.maxHeaderFieldCount = limits.headFields
            let (work, accepted) = AsyncStream.makeStream(of: RequestHandler.Work.self)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoder)))
            try pipeline.addHandler(HTTP1Handler(limits: limits, isSecure: isSecure, logger: log))
            try pipeline.addHandler(RequestHandler(gateway: gateway, accepted: accepted))
            return Value(channel: channel, work: work)
        }
    }

    /// Does the connection's work, one request after the other, until the connection is closed.
    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            for await work in value.work { work.answer(await gateway.finish(work.request, body: work.body)) }
        }
    }
}

/// Counts a connection in before its pipeline is made, and closes one too many.
struct AdmittedConnection<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let admission: Admission

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        guard admission.admit(channel) else {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        return base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
