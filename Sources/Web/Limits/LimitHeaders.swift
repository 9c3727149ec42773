// What an answer says about limits (draft-ietf-httpapi-ratelimit-headers, and the older X- names).

/// What the limits that a request met said of it; put into words once, when it is answered.
struct LimitReport {
    private var address: Decision?
    private var principal: Decision?
    private var organization: Decision?

    /// Notes what a limit said. Those whose state is nobody's business are not noted.
    mutating func note(_ decision: Decision, of policy: LimitPolicy) {
        switch policy {
        case .address: address = decision
        case .principal: principal = decision
        case .organization: organization = decision
        case .site, .credentials: break
        }
    }

    /// The lists name all limits; the X- names say what the one says of which least is left.
    func add(to headers: inout [(name: String, value: String)]) {
        var policies = ""
        var states = ""
        var tightest: Decision?
        append(address, .address, &policies, &states, &tightest)
        append(principal, .principal, &policies, &states, &tightest)
        append(organization, .organization, &policies, &states, &tightest)
        guard let tightest else { return }
        headers.append(("RateLimit-Policy", policies))
        headers.append(("RateLimit", states))
        headers.append(("X-RateLimit-Limit", String(tightest.rate.burst)))
        headers.append(("X-RateLimit-Remaining", String(tightest.remaining)))
        headers.append(("X-RateLimit-Reset", String(tightest.reset)))
    }

    private func append(
        _ decision: Decision?, _ policy: LimitPolicy, _ policies: inout String, _ states: inout String,
        _ tightest: inout Decision?
    ) {
        guard let decision else { return }
        let divider = policies.isEmpty ? "\"" : ", \""
        policies += "\(divider)\(policy.rawValue)\";q=\(decision.rate.burst);w=\(decision.rate.window)"
        states += "\(divider)\(policy.rawValue)\";r=\(decision.remaining);t=\(decision.wait)"
        if tightest.map({ decision.remaining <= $0.remaining }) ?? true { tightest = decision }
    }
}
