// Where the time comes from: the system, a test, or the demo's movable clock.
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The source of time of the whole instance; injected so that tests and the demo can move it.
package struct Clock: Sendable {
    private let source: @Sendable () -> Timestamp

    package init(_ source: @escaping @Sendable () -> Timestamp) { self.source = source }

    /// The present instant.
    package var now: Timestamp { source() }

    /// The system's wall clock.
    package static let system = Clock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// A clock that runs with another one but can be pushed forward: tests and the demo.
package final class MovableClock: Sendable {
    private let offset: Mutex<Int64>
    private let base: Clock

    package init(base: Clock = .system, offset: Milliseconds = Milliseconds(0)) {
        self.base = base
        self.offset = Mutex(offset.count)
    }

    /// The clock to hand out.
    package var clock: Clock {
        Clock { [self] in base.now.adding(Milliseconds(offset.withLock { $0 })) }
    }

    /// Moves the clock; forward only in the product, either way in tests.
    package func advance(by duration: Milliseconds) {
        offset.withLock { $0 = $0.addingReportingOverflow(duration.count).partialValue }
    }
}
