// Usage is counted once, rolled up exactly, priced as it was bought, and told of before it runs out.
import Core
import Storage
import Testing
import Web

@testable import Billing

@Suite struct UsageTests {
    private static let start = Shop.start

    private func shop(_ meters: Meter...) async throws -> Shop {
        let shop = try await Shop()
        let all =
            meters.isEmpty
            ? Aggregation.allCases.map { Meter(code: $0.rawValue, name: "Calls", aggregation: $0, unit: "call") }
            : meters
        try await shop.writeInstance { tx in for meter in all { try UsageStore.save(meter, in: tx) } }
        return shop
    }

    private func event(
        _ id: String, _ meter: String = "sum", at: Timestamp? = nil, value: Int64? = nil, key: String? = nil
    ) -> UsageEvent {
        UsageEvent(id: id, meter: meter, at: at, value: value, key: key)
    }

    @discardableResult
    private func ingest(_ shop: Shop, _ events: [UsageEvent]) async throws -> UsageReceipt {
        let billing = shop.billing
        return try await shop.write { try billing.ingest(events, in: $0) }
    }

    private func quantity(_ shop: Shop, _ meter: String, _ start: Timestamp, _ end: Timestamp) throws -> Int64 {
        try shop.read { tx in
            guard let meter = try UsageStore.meter(meter, in: tx) else { throw Shop.Missing() }
            return try UsageStore.quantity(of: meter, UsagePeriod(start: start, end: end), in: tx)
        }
    }

    @Test func `the same event again is not counted, and its id means nothing else later`() async throws {
        let shop = try await shop()
        let first = event("a", at: Self.start, value: 5)
        #expect(try await ingest(shop, [first, first]) == .init(accepted: 1, duplicates: 1, late: 0, conflicts: []))
        #expect(try await ingest(shop, [first]).duplicates == 1)
        let other = event("a", at: Self.start, value: 6)
        let receipt = try await ingest(shop, [other, event("b")])
        #expect(receipt == .init(accepted: 1, duplicates: 0, late: 0, conflicts: ["a"]))
        let day = Self.start.adding(.days(1))
        #expect(try quantity(shop, "sum", Self.start.adding(-.days(1)), day) == 6)
    }

    @Test func `every aggregation agrees with a scan of all events, for any beginning and end`() async throws {
        let shop = try await shop()
        var generator = Seeded(state: 3)
        var events: [(Aggregation, UsageEvent, Timestamp)] = []
        for index in 0..<800 {
            let aggregation = Aggregation.allCases[index % 5]
            let at = Self.start.adding(-.seconds(Int64.random(in: 0...(6 * 86_400), using: &generator)))
            let it = event(
                "e\(index)", aggregation.rawValue, at: at, value: Int64.random(in: 0...99, using: &generator),
                key: "user-\(Int.random(in: 0...12, using: &generator))")
            events.append((aggregation, it, at))
        }
        for chunk in 0..<4 {
            try await ingest(shop, events[(chunk * 200)..<(chunk * 200 + 200)].map(\.1))
        }
        for _ in 0..<40 {
            let from = Self.start.adding(-.seconds(Int64.random(in: 0...(7 * 86_400), using: &generator)))
            let to = from.adding(.seconds(Int64.random(in: 1...(4 * 86_400), using: &generator)))
            for aggregation in Aggregation.allCases {
                let inside = events.filter { $0.0 == aggregation && $0.2 >= from && $0.2 < to }
                let values = inside.compactMap(\.1.value)
                let wanted: Int64 =
                    switch aggregation {
                    case .count: Int64(inside.count)
                    case .sum: values.reduce(0, +)
                    case .max: values.max() ?? 0
                    case .uniqueCount: Int64(Set(inside.map(\.1.key)).count)
                    case .latest: inside.max { ($0.2, $0.1.id) < ($1.2, $1.1.id) }?.1.value ?? 0
                    }
                #expect(try quantity(shop, aggregation.rawValue, from, to) == wanted, "\(aggregation) \(from) \(to)")
            }
        }
    }

    @Test func `a batch with one wrong event is refused as a whole, and every wrong event is named`() async throws {
        let shop = try await shop()
        let wrong = [
            event("1"), event("2", "nothing"), event("3", at: Self.start.adding(.minutes(6))),
            event("4", at: Self.start.adding(-.days(36))), event("5", "unique_count"),
        ]
        await #expect {
            try await ingest(shop, wrong)
        } throws: { error in
            (error as? Problem)?.fields.map(\.pointer)
                == ["/events/1/meter", "/events/2/at", "/events/3/at", "/events/4/key"]
        }
        #expect(try quantity(shop, "sum", Self.start.adding(-.days(40)), Self.start.adding(.days(1))) == 0)
        let allowed = [event("6", at: Self.start.adding(.minutes(5))), event("7", at: Self.start.adding(-.days(35)))]
        #expect(try await ingest(shop, allowed).accepted == 2)
    }

    @Test func `what arrives after its period was invoiced counts when it arrives, and says so`() async throws {
        let shop = try await shop()
        let billing = shop.billing
        let border = Self.start.adding(-.hours(3))
        try await ingest(shop, [event("early", at: border.adding(-.hours(1)))])
        try await shop.write { try billing.closeUsage(until: border, in: $0) }
        let receipt = try await ingest(shop, [event("late", at: border.adding(-.hours(2))), event("new")])
        #expect(receipt == .init(accepted: 2, duplicates: 0, late: 1, conflicts: []))
        #expect(try quantity(shop, "sum", border.adding(-.days(1)), border) == 1)
        #expect(try quantity(shop, "sum", border, Self.start.adding(.hours(1))) == 2)
        #expect(try await ingest(shop, [event("late", at: border.adding(-.hours(2)))]).duplicates == 1)
    }

    @Test func `owners hear of 80 and of 100 per cent of a quota, once in a period`() async throws {
        let shop = try await shop()
        try await shop.writeInstance { tx in
            let quota = Feature(code: "calls", name: "API calls", kind: .limit, unit: "call", meter: "sum")
            try EntitlementStore.save(quota, position: 9, in: tx)
        }
        try await shop.write { try EntitlementStore.grant(.limit(100), of: "calls", because: "", in: $0) }
        func alerts() throws -> [Int64] {
            try shop.read { tx in
                try tx.rows(
                    """
                    SELECT json_extract(data, '$.percent') FROM events WHERE type = 'usage.threshold_reached'
                    ORDER BY at, 1
                    """
                ) { try $0.int(0) }
            }
        }
        for (id, value, expected) in [
            ("1", Int64(79), [Int64]()), ("2", 1, [80]), ("3", 5, [80]), ("4", 20, [80, 100]), ("5", 50, [80, 100]),
        ] {
            try await ingest(shop, [event(id, value: value)])
            #expect(try alerts() == expected)
        }
        let entitlement = try #require(try shop.read { try Billing.entitlement("calls", in: $0) })
        #expect(entitlement.used == 155)
        #expect(entitlement.remaining == 0)
        shop.clock.advance(by: .days(31))
        try await ingest(shop, [event("6", value: 100)])
        #expect(try alerts() == [80, 100, 80, 100])
    }

    @Test func `usage is priced in arrears by the version of the plan that was bought`() async throws {
        let shop = try await shop(
            Meter(code: "calls", name: "API calls", aggregation: .count, unit: "call"),
            Meter(code: "seats", name: "Active people", aggregation: .uniqueCount, unit: "person"))
        let billing = shop.billing
        try await shop.writeInstance { tx in
            let tiers = [PriceTier(upTo: 10, unitAmount: 0), PriceTier(upTo: nil, unitAmount: 150)]
            for (meter, terms) in [
                ("calls", PriceTerms(.graduated, .inr, unit: "call", tiers: tiers)),
                ("seats", PriceTerms(.package, .inr, amount: 500, per: 2, unit: "person")),
            ] {
                try PriceStore.insert(
                    try Price(
                        id: PriceID(at: tx.now), plan: "pro", version: 1, meter: meter, interval: .month, terms: terms,
                        createdAt: tx.now), in: tx)
            }
        }
        _ = try await shop.paidPro()
        let price = try #require(try shop.subscription().price)
        let bought = try #require(try shop.read { try PriceStore.find(price, in: $0) })
        try await ingest(shop, (0..<14).map { event("c\($0)", "calls") })
        try await ingest(shop, (0..<9).map { event("s\($0)", "seats", key: "user-\($0 % 3)") })
        let period = try shop.read { try Billing.usagePeriod(in: $0) }
        let lines = try shop.read { try billing.usageLines(under: bought, period, in: $0) }
        #expect(lines.map(\.meter.code) == ["calls", "seats"])
        #expect(lines.map(\.quantity) == [14, 3])
        #expect(lines.map(\.amount.amount) == [4 * 150, 1000])
        #expect(lines.allSatisfy { $0.parts.reduce(Int64(0)) { $0 + $1.amount.amount } == $0.amount.amount })
        #expect(lines.first?.words == "API calls, 14 calls")
    }

    @Test func `an organisation without a period is counted by the calendar month`() async throws {
        let shop = try await shop()
        let period = try shop.read { try Billing.usagePeriod(in: $0) }
        #expect(period.start.description == "2026-11-01T00:00:00.000Z")
        #expect(period.end.description == "2026-12-01T00:00:00.000Z")
        try await ingest(shop, [event("a", value: 4), event("b", at: Self.start.adding(-.days(2)), value: 3)])
        let days = try shop.read { tx in
            try UsageStore.meter("sum", in: tx).map { try Billing.days(of: $0, in: tx) } ?? []
        }
        #expect(days.count == 23)
        #expect(days.suffix(3).map(\.quantity) == [3, 0, 4])
    }

    @Test func `reports of a deleted organisation go, a little at a time, and the sums stay`() async throws {
        let shop = try await shop()
        try await ingest(shop, (0..<5).map { event("e\($0)", "unique_count", at: Self.start, key: "user-\($0)") })
        var erased: [Int] = []
        repeat {
            erased.append(try await shop.write { try Billing.eraseUsage(limit: 4, in: $0) })
        } while erased.last == 4
        #expect(erased == [4, 4, 2])
        let left = try shop.read { tx in
            try ["usage_events", "usage_keys", "usage_hours"].map { table in
                try tx.first(SQL(unchecked: "SELECT count(*) FROM \(table)")) { try $0.int(0) } ?? 0
            }
        }
        #expect(left == [0, 0, 1])
    }

    @Test func `largest values add up without a trap`() {
        var sum = UsageSum(events: .max, total: .max, largest: .max)
        sum.add(UsageSum(events: 1, total: 1, largest: 1))
        #expect(sum.total == .max)
        #expect(Billing.reaches(.max, 100, of: .max))
        #expect(!Billing.reaches(.max - 1, 100, of: .max))
        #expect(!Billing.reaches(0, 80, of: 0) && Billing.reaches(1, 80, of: 0))
    }
}
