// Signals: the first one ends the program in good order, the second one at once.
import Dispatch
import Glibc
import Synchronization

/// What SIGTERM and SIGINT do to a server.
enum Stopping {
    /// The longest that stopping may take before the process ends anyway, in seconds.
    static let patience = 40

    /// Listens for as long as the result is kept.
    ///
    /// - Parameters:
    ///   - begin: stops in good order; called once, for the first signal.
    ///   - giveUp: the last words before the process ends with status 1.
    static func listen(
        begin: @escaping @Sendable () -> Void, giveUp: @escaping @Sendable (String) -> Void
    ) -> [any DispatchSourceSignal] {
        let queue = DispatchQueue(label: "raptorflow.signals")
        let count = Counter()
        return [SIGTERM, SIGINT].map { number in
            // The default action would end the process before the source is told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                guard count.next() == 1 else { end("a second signal came: stopping at once", giveUp) }
                begin()
                queue.asyncAfter(deadline: .now() + .seconds(patience)) {
                    end("stopping took longer than \(patience) s: stopping at once", giveUp)
                }
            }
            source.resume()
            return source
        }
    }

    private static func end(_ reason: String, _ giveUp: (String) -> Void) -> Never {
        giveUp(reason)
        _exit(1)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }
}
