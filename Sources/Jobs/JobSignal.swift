// Wakes the runners of this process when a job became ready.
import Synchronization

/// A hint, never a promise: a runner that missed it finds the job with its next tick.
enum JobSignal {
    private static let listeners = Mutex<[Int: AsyncStream<Void>.Continuation]>([:])

    /// Tells every runner of this process to look for work.
    static func wake() {
        let all = listeners.withLock { Array($0.values) }
        for listener in all { listener.yield() }
    }

    /// A stream of wake-ups; several that arrive while nobody looks count as one.
    static func wakeUps() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key = listeners.withLock { all in
            let key = (all.keys.max() ?? 0) &+ 1
            all[key] = continuation
            return key
        }
        continuation.onTermination = { _ in _ = listeners.withLock { $0.removeValue(forKey: key) } }
        return stream
    }
}
