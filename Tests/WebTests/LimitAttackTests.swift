// Ways around the limits: forged addresses, many addresses, paths that look like others, floods of keys.
import Core
import TestSupport
import Testing

@testable import Web

@Suite struct LimitAttackTests {
    /// A server whose address limit grants three calls and no more.
    private func serve(
        behind proxies: [String] = [], _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        var rates = Limits.Rates()
        rates.address = Rate(perMinute: 1, burst: 3)
        var settings = Notes.settings(limits: Limits(rates, now: { 5_000_000_000 }))
        settings.trustedProxies = try TrustedProxies(proxies)
        try await Notes.serve(settings: settings) { server, _ in try await body(server) }
    }

    private static func statuses(
        _ server: TestServer, _ requests: [(path: String, headers: [(name: String, value: String)])]
    ) async throws -> [Int] {
        var statuses: [Int] = []
        for (path, headers) in requests { statuses.append(try await server.send("GET", path, headers: headers).status) }
        return statuses
    }

    static let addressHeaders = [
        "X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP",
        "X-Cluster-Client-IP", "Fastly-Client-IP", "X-Original-Forwarded-For",
    ]

    @Test func `RL-1 no header of a client gives it another bucket`() async throws {
        try await serve { server in
            let requests = Self.addressHeaders.enumerated().map { number, name in
                (path: "/v1/ping", headers: [(name: name, value: "203.0.113.\(number)")])
            }
            let statuses = try await Self.statuses(server, requests)
            #expect(statuses == [200, 200, 200] + [Int](repeating: 429, count: requests.count - 3))
        }
    }

    @Test func `RL-3 behind a proxy only the one header counts, however others are spelled`() async throws {
        try await serve(behind: ["127.0.0.0/8"]) { server in
            let names = ["X_Forwarded_For", "X-Forwarded_For", "X-Forwarded-For2", "XForwardedFor", "X-Real-IP"]
            let requests = names.enumerated().map { number, name in
                (path: "/v1/ping", headers: [(name: name, value: "203.0.113.\(number)")])
            }
            let statuses = try await Self.statuses(server, requests)
            #expect(statuses == [200, 200, 200, 429, 429])
            // The same header in another case is the same header: the client is another one.
            let header = (name: "x-FORWARDED-for", value: "203.0.113.77")
            let other = try await server.send("GET", "/v1/ping", headers: [header])
            #expect(other.status == 200)
        }
    }

    @Test func `RL-4 a thousand addresses of one network are one client, a thousand networks of one site ten`() throws {
        var rates = Limits.Rates()
        rates.address = Rate(perMinute: 1, burst: 5)
        let limits = Limits(rates, now: { 5_000_000_000 })
        func granted(_ addresses: [String]) throws -> Int {
            try addresses.count { text in
                let address = try #require(ClientAddress(text))
                var report = LimitReport()
                do {
                    try limits.spend(for: nil, by: address, &report) { nil }
                    return true
                } catch {
                    return false
                }
            }
        }
        #expect(try granted((0..<1000).map { "2001:db8:1:2::\(String($0, radix: 16))" }) == 5)
        // What that one was refused is not taken from its neighbours: the site has all of its 50 but 5.
        #expect(try granted((3..<1000).map { "2001:db8:1:\(String($0, radix: 16))::1" }) == 45)
        #expect(try granted((0..<1000).map { "2001:db8:2:\(String($0, radix: 16))::1" }) == 50)
        let spellings = ["2001:DB8:3:0:0:0:0:1", "2001:db8:3::1", "2001:0db8:0003::0001", "2001:db8:3:0::0.0.0.1"]
        #expect(try granted(spellings + spellings) == 5)
        #expect(try granted(["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:C000:0201", "192.0.2.1", "192.0.2.1"]) == 5)
        #expect(try granted(["192.0.2.1", "::ffff:192.0.2.1"]) == 0)
        // IPv4 has no such sites: a neighbour is somebody else.
        #expect(try granted(["192.0.2.2"]) == 1)
    }

    @Test func `RL-5 no path, method or program is outside the limit`() async throws {
        let probes: [(path: String, headers: [(name: String, value: String)])] = [
            ("/v1/ping", [(name: "User-Agent", value: "GoogleHC/1.0")]),
            ("/v1/ping", [(name: "User-Agent", value: "kube-probe/1.30")]), ("/v1/ping/", []), ("/V1/PING", []),
            ("/v1/%70ing", []), ("/v1/./ping", []), ("//v1/ping", []), ("/healthz", []), ("/health/ready", []),
            ("/v1/ping?x=%2e%2e/healthz", []), ("/assets/../v1/ping", []), ("/nowhere", []),
        ]
        // Each probe by a client of its own, told apart by the proxy in front.
        try await serve(behind: ["127.0.0.0/8"]) { server in
            for (number, probe) in probes.enumerated() {
                let client = (name: "X-Forwarded-For", value: "203.0.113.\(number)")
                let request = (path: probe.path, headers: probe.headers + [client])
                let statuses = try await Self.statuses(
                    server, [request, request, request, request, (path: "/v1/ping", headers: [client])])
                #expect(!statuses.prefix(3).contains(429), "\(probe.path)")
                #expect(statuses.suffix(2) == [429, 429], "\(probe.path)")
            }
        }
    }

    @Test func `RL-6 floods of keys take no more memory, and who is limited stays limited`() async throws {
        let buckets = Buckets(capacity: 1024, shards: 16)
        let rate = try #require(Rate(perMinute: 60, burst: 2))
        let hot = LimitKey(.address, "hot")
        for _ in 0..<2 { #expect(buckets.check(hot, rate: rate, cost: 1, at: 0).isGranted) }
        var now: UInt64 = 0
        var granted = 0
        // A hundred keys for each place in the table, within a second.
        for key in 0..<102_400 {
            if buckets.check(LimitKey(.address, key), rate: rate, cost: 1, at: now).isGranted { granted += 1 }
            guard key.isMultiple(of: 1024) else { continue }
            #expect(buckets.count <= 1024)
            #expect(!buckets.check(hot, rate: rate, cost: 1, at: now).isGranted)
            now += 9_000_000
            await Task.yield()
        }
        // Those that found room, and what the shards' shared buckets give: far from a pass for everybody.
        #expect(granted < 1024 + 16 * 4)
    }
}
