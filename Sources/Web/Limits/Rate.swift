// How often something may happen: GCRA, the token bucket that needs one number a client.

/// A rate with a burst: `burst` at once, and one more every `interval` after that.
package struct Rate: Sendable, Hashable {
    /// Nanoseconds until one more is allowed.
    let interval: UInt64
    package let burst: Int

    /// nil, meaning no limit, when either number is not positive; both are taken to be a million at most.
    package init?(perMinute: Int, burst: Int) {
        guard perMinute > 0, burst > 0 else { return nil }
        interval = 60_000_000_000 / UInt64(min(perMinute, 1_000_000))
        self.burst = min(burst, 1_000_000)
    }

    /// A rate whose burst is ten seconds' worth of it; nil when it is not positive.
    package init?(perMinute: Int) { self.init(perMinute: perMinute, burst: max(1, perMinute / 6)) }

    private init(interval: UInt64, burst: Int) {
        self.interval = interval
        self.burst = burst
    }

    /// The same rate for as many clients; nil when that is more often than can be counted.
    func times(_ count: Int) -> Rate? {
        guard count > 0, interval / UInt64(count) > 0 else { return nil }
        return Rate(interval: interval / UInt64(count), burst: min(burst, 1_000_000 / count) * count)
    }

    /// Whole seconds in which an empty bucket fills up, at least 1.
    package var window: Int { max(1, Self.seconds(interval * UInt64(burst))) }

    /// Decides on one call; `full` is the instant at which the bucket is full again, and moves when the call is
    /// granted. Instants are nanoseconds of a clock that never runs backwards.
    ///
    /// A call that costs more than the whole burst is never granted.
    func decide(cost: Int, at now: UInt64, full: inout UInt64) -> Decision {
        let capacity = interval * UInt64(burst)
        let spent = full > now ? full - now : 0
        let price = interval.multipliedReportingOverflow(by: UInt64(max(0, cost)))
        let after = spent.addingReportingOverflow(price.partialValue)
        guard !price.overflow, !after.overflow, after.partialValue <= capacity else {
            let wait = price.overflow || after.overflow ? UInt64(Int64.max) : after.partialValue - capacity
            return Decision(
                isGranted: false, rate: self, remaining: remaining(spent, capacity), wait: max(1, Self.seconds(wait)),
                reset: Self.seconds(spent))
        }
        full = now.addingReportingOverflow(after.partialValue).partialValue
        let untilNext = after.partialValue % interval
        return Decision(
            isGranted: true, rate: self, remaining: remaining(after.partialValue, capacity),
            wait: Self.seconds(untilNext == 0 && after.partialValue > 0 ? interval : untilNext),
            reset: Self.seconds(after.partialValue))
    }

    private func remaining(_ spent: UInt64, _ capacity: UInt64) -> Int {
        spent >= capacity ? 0 : Int((capacity - spent) / interval)
    }

    /// Nanoseconds as whole seconds, rounded up.
    private static func seconds(_ nanoseconds: UInt64) -> Int {
        Int(nanoseconds / 1_000_000_000) + (nanoseconds % 1_000_000_000 == 0 ? 0 : 1)
    }
}

/// What a limit says of one call.
package struct Decision: Sendable, Hashable {
    package let isGranted: Bool
    package let rate: Rate
    /// Calls of cost 1 that would be granted now.
    package let remaining: Int
    /// Seconds until more than now is granted; of a refused call, until that call is.
    package let wait: Int
    /// Seconds until the whole burst is there again.
    package let reset: Int
}
