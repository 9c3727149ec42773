// How often somebody may call.
import Core
import NIOCore

/// The limits of the instance: per client address before anything else is looked at, per principal after it is known,
/// and a strict one on what takes credentials.
package struct Limits: Sendable {
    /// The rates in force; nil is no limit.
    package struct Rates: Sendable, Hashable {
        /// All calls of one IPv4 address or one IPv6 /64.
        package var address = Rate(perMinute: 6000, burst: 1000)
        /// All calls of one user or one API key.
        package var principal = Rate(perMinute: 6000, burst: 1000)
        /// Sign-in, sign-up, reset and the like, of one address.
        package var credentials = Rate(perMinute: 20, burst: 20)

        package init() {}
    }

    /// No limits.
    package static let none = Limits(rates: nil)

    private let rates: Rates?
    private let buckets = Buckets()
    private let now: @Sendable () -> UInt64

    /// - Parameter now: nanoseconds of a clock that never runs backwards.
    package init(_ rates: Rates, now: @escaping @Sendable () -> UInt64 = Limits.uptime) {
        self.init(rates: rates, now: now)
    }

    private init(rates: Rates?, now: @escaping @Sendable () -> UInt64 = Limits.uptime) {
        self.rates = rates
        self.now = now
    }

    /// The system's monotonic clock.
    package static let uptime: @Sendable () -> UInt64 = { NIODeadline.now().uptimeNanoseconds }

    /// Takes a call into account and says whether it may go on.
    package func check(_ key: LimitKey, rate: Rate, cost: Int = 1) -> Decision {
        buckets.check(key, rate: rate, cost: cost, at: now())
    }

    /// Takes a call of an address into account; throws 429 when it is one too many.
    func spend(
        for endpoint: Endpoint, by address: ClientAddress?, _ headers: inout [(name: String, value: String)]
    ) throws(Problem) {
        guard let rates else { return }
        let client = address?.network
        if let rate = rates.credentials, endpoint.takesCredentials {
            // Its state is nobody's business: only a refusal says anything.
            try refuseUnlessGranted(check(LimitKey(.credentials, client), rate: rate))
        }
        guard let rate = rates.address else { return }
        let decision = check(LimitKey(.address, client), rate: rate, cost: endpoint.cost)
        LimitHeaders.add(decision, .address, to: &headers)
        try refuseUnlessGranted(decision)
    }

    /// Takes a call of a principal into account; throws 429 when it is one too many.
    func spend(
        for endpoint: Endpoint, by principal: Principal?, _ headers: inout [(name: String, value: String)]
    ) throws(Problem) {
        guard let rate = rates?.principal, let principal else { return }
        let decision = check(LimitKey(.principal, principal.id), rate: rate, cost: endpoint.cost)
        LimitHeaders.add(decision, .principal, to: &headers)
        try refuseUnlessGranted(decision)
    }

    private func refuseUnlessGranted(_ decision: Decision) throws(Problem) {
        if decision.isGranted { return }
        throw Problem(
            "rate_limited", status: 429, "There were too many requests. Wait \(decision.wait) seconds and try again.",
            retryAfter: decision.wait)
    }
}

extension Endpoint {
    /// What a call takes from a bucket: an answer of any length, such as an export, as much as ten others.
    var cost: Int { if case .other = output { 10 } else { 1 } }

    /// Whether somebody could try passwords or codes here: a submission by anybody, except signed ones of providers.
    var takesCredentials: Bool {
        guard access == .anyone, method != "GET", let body else { return false }
        if case .raw = body { return false }
        return !path.hasPrefix("/sandbox/")
    }
}
