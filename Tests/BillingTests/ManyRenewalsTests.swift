// Many renewals that fall due in the same second, and somebody who works meanwhile.
import Core
import Ledger
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Billing

@Suite struct ManyRenewalsTests {
    /// So many more organisations whose paid month ends in a second.
    private func crowd(_ count: Int, in shop: Shop) async throws {
        _ = try await shop.writeInstance { tx in
            guard let price = try PlanStore.find("pro", in: tx)?.price(.inr, .month) else { throw Shop.Missing() }
            for number in 0..<count {
                let id = OrganizationID(at: tx.now)
                try tx.run(
                    """
                    INSERT INTO organizations (id, name, slug, created_at, updated_at)
                    VALUES (\(id), 'Customer', \("customer-\(number)"), \(tx.now), \(tx.now))
                    """)
                try tx.scoped(to: .organization(id)) { tx in
                    var it = Subscription.initial
                    it.take(price, 1)
                    it.state = .active
                    let start = tx.now.adding(-.days(30)).adding(.seconds(1))
                    it.schedule.begin(at: start, months: 1)
                    (it.periodStart, it.periodEnd) = (start, it.schedule.billedThrough)
                    try SubscriptionStore.save(it, in: tx)
                }
            }
            return true
        }
    }

    private final class Ending: Sendable {
        let isOver = Mutex(false)
    }

    /// Writes one thing after the other; returns how many.
    private func writing(in shop: Shop, until renewals: Ending) async throws -> Int {
        var writes = 0
        while !Task.isCancelled, !renewals.isOver.withLock({ $0 }) {
            _ = try await shop.write { tx in try shop.billing.setZone("UTC", in: tx) }
            writes += 1
        }
        return writes
    }

    @Test func `case 34: renewals of one second are done in batches that leave room for others`() async throws {
        let shop = try await Shop()
        let count = 400
        try await crowd(count, in: shop)
        shop.clock.advance(by: .days(2))
        let renewals = Ending()
        async let others = writing(in: shop, until: renewals)
        try await shop.billing.turnAll(by: Shop.owner)
        renewals.isOver.withLock { $0 = true }
        let writes = try await others
        let (pastDue, numbers) = try shop.readInstance { tx in
            (
                try tx.first("SELECT count(*) FROM subscriptions WHERE state = 'past_due'") { try $0.int(0) },
                try tx.first("SELECT count(DISTINCT number) FROM invoices") { try $0.int(0) }
            )
        }
        #expect(pastDue == Int64(count) && numbers == Int64(count))
        #expect(writes >= count / 64, "somebody else wrote between the batches")
        try await shop.billing.turnAll(by: Shop.owner)
        #expect(try shop.entries("invoice") == Int64(count))
        let report = try shop.readInstance { try Ledger.verify(in: $0) }
        #expect(report.firstProblem == nil)
    }
}
