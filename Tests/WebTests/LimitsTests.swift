// Rate limits: how many are granted, in how much memory, and what answers say of it.
import Core
import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite struct LimitsTests {
    static let second: UInt64 = 1_000_000_000

    @Test func `a burst is granted at once, and then one each interval`() throws {
        let rate = try #require(Rate(perMinute: 60, burst: 3))
        var full: UInt64 = 0
        let now = 100 * Self.second
        let remaining = (0..<3).map { _ in rate.decide(cost: 1, at: now, full: &full).remaining }
        #expect(remaining == [2, 1, 0])
        let refused = rate.decide(cost: 1, at: now, full: &full)
        #expect(!refused.isGranted)
        #expect(refused.wait == 1)
        #expect(!rate.decide(cost: 1, at: now + Self.second - 1, full: &full).isGranted)
        #expect(rate.decide(cost: 1, at: now + Self.second, full: &full).isGranted)
        #expect(!rate.decide(cost: 1, at: now + Self.second, full: &full).isGranted)
    }

    @Test func `what a refusal says to wait is enough, and no second too much`() throws {
        let rate = try #require(Rate(perMinute: 7, burst: 5))
        var full: UInt64 = 0
        _ = rate.decide(cost: 5, at: Self.second, full: &full)
        let refused = rate.decide(cost: 3, at: Self.second, full: &full)
        #expect(!refused.isGranted)
        let wait = UInt64(refused.wait) * Self.second
        var early = full
        #expect(!rate.decide(cost: 3, at: Self.second + wait - Self.second, full: &early).isGranted)
        #expect(rate.decide(cost: 3, at: Self.second + wait, full: &full).isGranted)
    }

    @Test func `any trace is decided as a bucket of tokens would`() throws {
        var generator = SplitMix(state: 42)
        for _ in 0..<200 {
            let rate = try #require(
                Rate(perMinute: Int(generator.next(below: 300)) + 1, burst: Int(generator.next(below: 20)) + 1))
            var full: UInt64 = 0
            var now: UInt64 = 1000 * Self.second
            // Tokens are counted in nanoseconds of refill, so that nothing is rounded.
            let capacity = rate.interval * UInt64(rate.burst)
            var tokens = capacity
            var last = now
            for _ in 0..<200 {
                now += generator.next(below: rate.interval * 2)
                tokens = min(capacity, tokens + (now - last))
                last = now
                let cost = Int(generator.next(below: 4))
                let price = rate.interval * UInt64(cost)
                let expected = price <= tokens
                if expected { tokens -= price }
                #expect(rate.decide(cost: cost, at: now, full: &full).isGranted == expected)
            }
        }
    }

    @Test func `a call that costs more than the burst is never granted, whatever the numbers`() throws {
        let rate = try #require(Rate(perMinute: 1, burst: 1_000_000))
        for cost in [1_000_001, Int.max] {
            var full: UInt64 = 0
            #expect(!rate.decide(cost: cost, at: 0, full: &full).isGranted)
            #expect(!rate.decide(cost: cost, at: .max, full: &full).isGranted)
        }
    }

    @Test(arguments: [(0, 5), (5, 0), (-1, 5), (5, -1)])
    func `a rate of nothing is no limit`(perMinute: Int, burst: Int) {
        #expect(Rate(perMinute: perMinute, burst: burst) == nil)
    }

    @Test func `clients don't take from each other, nor policies`() throws {
        let buckets = Buckets()
        let rate = try #require(Rate(perMinute: 60, burst: 1))
        for key in [LimitKey(.address, "a"), LimitKey(.address, "b"), LimitKey(.principal, "a")] {
            #expect(buckets.check(key, rate: rate, cost: 1, at: 0).isGranted)
            #expect(!buckets.check(key, rate: rate, cost: 1, at: 0).isGranted)
        }
    }

    @Test func `a flood of new clients shares one bucket instead of more memory`() throws {
        let buckets = Buckets(capacity: 64, shards: 1)
        let rate = try #require(Rate(perMinute: 60, burst: 2))
        let granted = (0..<10_000).count { buckets.check(LimitKey(.address, $0), rate: rate, cost: 1, at: 0).isGranted }
        #expect(buckets.count == 64)
        #expect(granted == 64 + 2)
        // Who was there before keeps what is theirs.
        #expect(buckets.check(LimitKey(.address, 0), rate: rate, cost: 1, at: 0).isGranted)
        // Full buckets make room.
        #expect(buckets.check(LimitKey(.address, -1), rate: rate, cost: 1, at: 10 * Self.second).isGranted)
        #expect(buckets.count == 1)
    }

    @Test func `an answer says what is left, and one too many is 429 with the time to wait`() async throws {
        var rates = Limits.Rates()
        rates.address = Rate(perMinute: 60, burst: 50)
        rates.principal = Rate(perMinute: 60, burst: 2)
        rates.organization = nil
        let settings = Notes.settings(limits: Limits(rates, now: { 5 * Self.second }))
        try await Notes.serve(settings: settings) { server, _ in
            let first = try await server.send("GET", Notes.path, token: "owner")
            #expect(first["RateLimit-Policy"] == #""address";q=50;w=50, "principal";q=2;w=2"#)
            #expect(first["RateLimit"] == #""address";r=49;t=1, "principal";r=1;t=1"#)
            #expect(first["X-RateLimit-Limit"] == "2")
            #expect(first["X-RateLimit-Remaining"] == "1")
            #expect(first["X-RateLimit-Reset"] == "1")
            _ = try await server.send("GET", Notes.path, token: "owner")
            let third = try await server.send("GET", Notes.path, token: "owner")
            #expect(third.status == 429)
            #expect(third.problem == "rate_limited")
            #expect(third["Retry-After"] == "1")
            #expect(third["X-RateLimit-Remaining"] == "0")
            #expect(try await server.send("GET", Notes.path, token: "other").status == 200)
        }
    }

    @Test func `what takes credentials from anybody has the strict limit and says nothing of its state`() async throws {
        var rates = Limits.Rates()
        rates.address = nil
        rates.credentials = Rate(perMinute: 1, burst: 1)
        let settings = Notes.settings(limits: Limits(rates, now: { 5 * Self.second }))
        try await Notes.serve(settings: settings) { server, _ in
            let body = #"{"text":"a"}"#
            let first = try await server.send("POST", "/v1/echo", body: body)
            #expect(first.status == 200)
            #expect(first["RateLimit"] == nil)
            let second = try await server.send("POST", "/v1/echo", body: body)
            #expect(second.status == 429)
            #expect(second["Retry-After"] == "60")
            #expect(try await server.send("GET", "/v1/ping").status == 200)
        }
    }

    @Test func `an organisation's plan says how often all of it may call, whoever calls`() async throws {
        var rates = Limits.Rates()
        (rates.address, rates.principal) = (nil, nil)
        rates.organization = Rate(perMinute: 60, burst: 50)
        var settings = Notes.settings(limits: Limits(rates, now: { 5 * Self.second }))
        settings.planRate = { organization, _ in
            organization == Notes.organization ? Rate(perMinute: 60, burst: 2) : nil
        }
        try await Notes.serve(settings: settings) { server, _ in
            let first = try await server.send("GET", Notes.path, token: "owner")
            #expect(first["RateLimit-Policy"] == #""organization";q=2;w=2"#)
            #expect(try await server.send("GET", Notes.path, token: "other").status == 200)
            let third = try await server.send("GET", Notes.path, token: "other")
            #expect(third.status == 429)
            #expect(third["Retry-After"] == "1")
            let elsewhere = try await server.send("GET", Notes.path.replacing("8qa/", with: "8qb/"), token: "owner")
            #expect(elsewhere["RateLimit-Policy"] == #""organization";q=50;w=50"#)
            // Who does not belong to it takes nothing from it.
            #expect(try await server.send("GET", Notes.path).status == 401)
        }
    }

    @Test func `a costly operation takes as much as its work, and at most a whole burst`() throws {
        let limits = Limits(Limits.Rates(), now: { 5 * Self.second })
        let rate = try #require(Rate(perMinute: 60, burst: 100))
        #expect(limits.check(LimitKey(.address, "a"), rate: rate, cost: 50).remaining == 50)
        #expect(limits.check(LimitKey(.address, "a"), rate: rate, cost: 50).remaining == 0)
        #expect(!limits.check(LimitKey(.address, "a"), rate: rate, cost: 1).isGranted)
        let small = try #require(Rate(perMinute: 60, burst: 10))
        #expect(limits.check(LimitKey(.address, "b"), rate: small, cost: 50).remaining == 0)
        #expect(!limits.check(LimitKey(.address, "b"), rate: small, cost: 50).isGranted)
    }

    @Test func `no limits are no headers`() async throws {
        try await Notes.serve { server, _ in
            let answer = try await server.send("GET", "/v1/ping")
            #expect(answer["RateLimit"] == nil)
            #expect(answer["X-RateLimit-Limit"] == nil)
        }
    }
}

/// A generator whose sequence is the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func next(below bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return (value ^ (value >> 31)) % bound
    }
}
