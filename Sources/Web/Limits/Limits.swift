// How often somebody may call.
import Core
import NIOCore

/// The limits of the instance: per client address before anything else is looked at, per principal and organisation
/// after they are known, and a strict one on what takes credentials.
package struct Limits: Sendable {
    /// The rates in force; nil is no limit.
    package struct Rates: Sendable, Hashable {
        /// All calls of one IPv4 address or one IPv6 /64.
        package var address = Rate(perMinute: 6000, burst: 1000)
        /// All calls of one user or one API key.
        package var principal = Rate(perMinute: 6000, burst: 1000)
        /// All calls to one organisation whose plan names no rate of its own; nil is no limit of any organisation.
        package var organization = Rate(perMinute: 6000, burst: 1000)
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
        // What costs more than a whole burst takes a whole burst: it would never be granted otherwise.
        buckets.check(key, rate: rate, cost: min(cost, rate.burst), at: now())
    }

    /// Takes a call of an address into account, to whatever it leads; throws 429 when it is one too many.
    ///
    /// - Parameter browser: names a browser from which somebody signed in before; asked only when its address has no
    ///   attempts left.
    func spend(
        for endpoint: Endpoint?, by address: ClientAddress?, _ report: inout LimitReport,
        browser: () throws -> String?
    ) throws {
        guard let rates else { return }
        let client = address?.network
        if let rate = rates.credentials, endpoint?.takesCredentials == true {
            // Its state is nobody's business: only a refusal says anything.
            let decision = check(LimitKey(.credentials, client), rate: rate)
            if !decision.isGranted {
                // Whoever shares the address of an attacker gets in with a browser that is known.
                guard let known = try browser() else { return try refuseUnlessGranted(decision) }
                try refuseUnlessGranted(check(LimitKey(.credentials, known), rate: rate))
            }
        }
        guard let rate = rates.address else { return }
        let cost = endpoint?.cost ?? 1
        let decision = check(LimitKey(.address, client), rate: rate, cost: cost)
        report.note(decision, of: .address)
        try refuseUnlessGranted(decision)
        // Only after it: what one network is refused does not count against its neighbours.
        if let site = address?.site, let wide = rate.times(10) {
            try refuseUnlessGranted(check(LimitKey(.site, site), rate: wide, cost: cost))
        }
    }

    /// Takes a call of a principal into account; throws 429 when it is one too many.
    func spend(
        for endpoint: Endpoint, by principal: Principal?, _ report: inout LimitReport
    ) throws(Problem) {
        guard let rate = rates?.principal, let principal else { return }
        let decision = check(LimitKey(.principal, principal.id), rate: rate, cost: endpoint.cost)
        report.note(decision, of: .principal)
        try refuseUnlessGranted(decision)
    }

    /// Takes a call to an organisation into account, whoever of it calls; throws 429 when it is one too many.
    ///
    /// - Parameter plan: the rate of its plan; nil for a plan that names none.
    func spend(
        for endpoint: Endpoint, by organization: OrganizationID, _ report: inout LimitReport,
        plan: () throws -> Rate?
    ) throws {
        guard let fallback = rates?.organization else { return }
        let rate = try plan() ?? fallback
        let decision = check(LimitKey(.organization, organization), rate: rate, cost: endpoint.cost)
        report.note(decision, of: .organization)
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
    /// Whether somebody could try passwords or codes here: a submission by anybody, except signed ones of providers.
    var takesCredentials: Bool {
        guard access == .anyone, method != "GET", let body else { return false }
        if case .raw = body { return false }
        return !path.hasPrefix("/sandbox/") && !path.hasPrefix("/v1/webhooks/")
    }
}
