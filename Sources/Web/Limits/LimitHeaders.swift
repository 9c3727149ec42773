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
        var policies: [UInt8] = []
        var states: [UInt8] = []
        var tightest: Decision?
        append(address, .address, &policies, &states, &tightest)
        append(principal, .principal, &policies, &states, &tightest)
        append(organization, .organization, &policies, &states, &tightest)
        guard let tightest else { return }
        headers.append(("RateLimit-Policy", String(decoding: policies, as: UTF8.self)))
        headers.append(("RateLimit", String(decoding: states, as: UTF8.self)))
        headers.append(("X-RateLimit-Limit", String(tightest.rate.burst)))
        headers.append(("X-RateLimit-Remaining", String(tightest.remaining)))
        headers.append(("X-RateLimit-Reset", String(tightest.reset)))
    }

    private func append(
        _ decision: Decision?, _ policy: LimitPolicy, _ policies: inout [UInt8], _ states: inout [UInt8],
        _ tightest: inout Decision?
    ) {
        guard let decision else { return }
        add(policy, ";q=", decision.rate.burst, ";w=", decision.rate.window, to: &policies)
        add(policy, ";r=", decision.remaining, ";t=", decision.wait, to: &states)
        if tightest.map({ decision.remaining <= $0.remaining }) ?? true { tightest = decision }
    }

    /// An item of a list (RFC 8941), from bytes: it is written with every answer, and interpolation is slow.
    private func add(
        _ policy: LimitPolicy, _ first: StaticString, _ one: Int, _ second: StaticString, _ other: Int,
        to list: inout [UInt8]
    ) {
        if list.isEmpty { list.reserveCapacity(96) } else { list.append(contentsOf: ", ".utf8) }
        list.append(UInt8(ascii: "\""))
        list.append(contentsOf: policy.rawValue.utf8)
        list.append(UInt8(ascii: "\""))
        first.withUTF8Buffer { list.append(contentsOf: $0) }
        list.append(contentsOf: String(one).utf8)
        second.withUTF8Buffer { list.append(contentsOf: $0) }
        list.append(contentsOf: String(other).utf8)
    }
}
