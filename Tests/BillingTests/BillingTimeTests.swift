// Clocks: one that jumps, one that is moved on purpose, and the watermark that neither can break.
import Core
import Storage
import TestSupport
import Testing

@testable import Billing

@Suite struct BillingTimeTests {
    /// A shop whose billing compares the wall clock with another one that tests move too.
    private func guarded() async throws -> (shop: Shop, billing: Billing, steady: MovableClock) {
        let shop = try await Shop()
        let steady = MovableClock(base: Core.Clock { Timestamp(milliseconds: 0) })
        var settings = shop.billing.settings
        settings.clockGuard = ClockGuard { Milliseconds(steady.clock.now.milliseconds) }
        let billing = Billing(database: shop.file.database, providers: shop.billing.providers, settings: settings)
        return (shop, billing, steady)
    }

    private func turn(_ billing: Billing) async throws {
        try await billing.guarded(by: Shop.owner) { try await billing.turnAll(by: Shop.owner) }
    }

    private func doubt(_ shop: Shop) throws -> String? { try shop.readInstance { try Billing.clockDoubt(in: $0) } }

    @Test func `case 32: a clock that jumps a year ahead bills nothing until it is back`() async throws {
        let (shop, billing, steady) = try await guarded()
        _ = try await shop.paidPro()
        try await turn(billing)
        shop.clock.advance(by: .days(365))
        try await turn(billing)
        #expect(try shop.entries("invoice") == 1)
        #expect(try doubt(shop)?.contains("far ahead") == true)
        shop.clock.advance(by: -.days(365))
        shop.clock.advance(by: .minutes(5))
        steady.advance(by: .minutes(5))
        try await turn(billing)
        #expect(try doubt(shop) == nil)
        for _ in 0..<31 {
            shop.clock.advance(by: .days(1))
            steady.advance(by: .days(1))
            try await turn(billing)
        }
        #expect(try shop.entries("invoice") == 2)
    }

    @Test func `case 32: a clock that falls back an hour bills nothing until it has caught up`() async throws {
        let (shop, billing, steady) = try await guarded()
        _ = try await shop.paidPro()
        shop.clock.advance(by: .days(29))
        steady.advance(by: .days(29))
        try await turn(billing)
        shop.clock.advance(by: .hours(-1))
        try await turn(billing)
        #expect(try doubt(shop)?.contains("before") == true)
        // Another start of the program knows no second clock, but it knows how far billing was.
        var settings = billing.settings
        settings.clockGuard = ClockGuard { Milliseconds(0) }
        let restarted = Billing(database: shop.file.database, providers: shop.billing.providers, settings: settings)
        try await turn(restarted)
        #expect(try doubt(shop) != nil)
        shop.clock.advance(by: .hours(1))
        try await turn(billing)
        #expect(try doubt(shop) == nil)
    }

    @Test func `case 32: an operator who says that the clock is right lets billing go on`() async throws {
        let (shop, billing, _) = try await guarded()
        _ = try await shop.paidPro()
        try await turn(billing)
        shop.clock.advance(by: .days(90))
        try await turn(billing)
        #expect(try shop.entries("invoice") == 1)
        _ = try await shop.writeInstance { tx in try billing.confirmClock(in: tx) }
        try await turn(billing)
        #expect(try shop.entries("invoice") == 2)
        await #expect(throws: BillingProblem.clockNotHeld) {
            try await shop.writeInstance { tx in try billing.confirmClock(in: tx) }
        }
    }

    @Test func `a period can't be billed twice, whatever the program does`() async throws {
        let shop = try await Shop()
        let (invoice, _) = try await shop.paidPro()
        guard let start = invoice.periodStart, let end = invoice.periodEnd else { throw Shop.Missing() }
        await #expect(throws: (any Error).self) {
            try await shop.write { tx in
                try SubscriptionStore.bill(invoice.id, start.adding(.days(3)), end.adding(.days(3)), in: tx)
            }
        }
    }

    @Test func `a subscription that can't be billed is parked and holds up nobody else`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, _) = try await shop.paidPro()
        shop.clock.advance(by: .days(31))
        guard let end = invoice.periodEnd else { throw Shop.Missing() }
        // Something else has billed the next period.
        _ = try await shop.write { tx in
            try SubscriptionStore.bill(invoice.id, end.adding(.days(1)), end.adding(.days(2)), in: tx)
            return true
        }
        await #expect(throws: (any Error).self) { try await billing.turnAll(by: Shop.owner) }
        #expect(try shop.subscription().schedule.parkedBecause?.contains("invoiced already") == true)
        #expect(try shop.entries("invoice") == 1)
        try await billing.turnAll(by: Shop.owner)
        _ = try await shop.write { tx in
            try SubscriptionStore.unbill(after: end, in: tx)
            return try billing.unpark(in: tx)
        }
        try await billing.turnAll(by: Shop.owner)
        #expect(try shop.entries("invoice") == 2)
    }

    @Test func `case 28: a subscription of 31 January keeps its day over two years of renewals`() async throws {
        let shop = try await Shop()
        shop.clock.advance(by: Timestamp("2027-01-31T09:30:00Z")?.since(Shop.start) ?? .days(0))
        let moving = Moving(shop)
        _ = try await shop.paidPro()
        _ = try await moving.billing.travel(to: shop.clock.clock.now.adding(.days(735)), by: Shop.owner) {
            try await shop.payWhatIsOpen()
        }
        let invoices = try shop.read { try InvoiceStore.page(before: nil, limit: 100, in: $0) }.reversed()
        let days = invoices.compactMap { $0.periodStart.map { CivilDate($0) } }
        #expect(days.count == 25)
        for day in days { #expect(day.day == min(31, CivilDate.days(inMonth: day.month, of: day.year)), "\(day)") }
        for (one, next) in zip(invoices, invoices.dropFirst()) { #expect(one.periodEnd == next.periodStart) }
        #expect(invoices.allSatisfy { $0.issuedAt == $0.periodStart }, "each at its own time")
    }

    @Test func `a year of renewals passes in one journey, and the clock goes forward only`() async throws {
        let shop = try await Shop()
        let moving = Moving(shop)
        _ = try await shop.paidPro()
        let report = try await moving.billing.travel(to: Shop.start.adding(.days(365)), by: Shop.owner) {
            try await shop.payWhatIsOpen()
        }
        #expect(report.now == Shop.start.adding(.days(365)))
        // Twelve months, and the period that begins at the very moment of arrival.
        #expect(try shop.entries("invoice") == 13)
        #expect(try shop.subscription().state == .active)
        try shop.checkRevenue()
        await #expect(throws: BillingProblem.clockLimit) {
            try await moving.billing.travel(to: Shop.start, by: Shop.owner)
        }
        await #expect(throws: BillingProblem.clockFixed) {
            try await shop.billing.travel(to: Shop.start.adding(.days(400)), by: Shop.owner)
        }
    }

    @Test func `case 30: a change of zone in mid-period moves a border by hours and bills every day once`() async throws
    {
        let shop = try await Shop()
        let billing = shop.billing
        let moving = Moving(shop)
        _ = try await shop.paidPro()
        for zone in ["America/New_York", "Pacific/Kiritimati", "Asia/Kolkata", "UTC"] {
            _ = try await shop.write { try billing.setZone(zone, in: $0) }
            _ = try await moving.billing.travel(to: shop.clock.clock.now.adding(.days(70)), by: Shop.owner) {
                try await shop.payWhatIsOpen()
            }
        }
        let invoices = try shop.read { try InvoiceStore.page(before: nil, limit: 100, in: $0) }.reversed()
        #expect(invoices.count == 10)
        for (one, next) in zip(invoices, invoices.dropFirst()) { #expect(one.periodEnd == next.periodStart) }
        try shop.checkRevenue()
    }
}

/// Billing whose time a person moves.
struct Moving {
    let billing: Billing

    init(_ shop: Shop) {
        var settings = shop.billing.settings
        let clock = shop.clock
        settings.testClock = TestClock { clock.advance(by: $0) }
        billing = Billing(database: shop.file.database, providers: shop.billing.providers, settings: settings)
    }
}
