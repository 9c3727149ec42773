// Recurring revenue: every change of a subscription is one movement, and the movements add up to what there is.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct MRRTests {
    private func movements(_ shop: Shop) throws -> [MRRMovement] {
        try shop.readInstance { try MRRStore.all(before: Timestamp(milliseconds: .max), in: $0) }
    }

    @Test func `a trial and an unpaid invoice bring nothing, a payment brings the plan's price`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let trial = PlanChoice(plan: "pro", currency: .inr, interval: .month, wantsTrial: true)
        _ = try await shop.write { try billing.take(trial, in: $0) }
        #expect(try movements(shop).isEmpty)
        let (_, order) = try await shop.takePro()
        #expect(try movements(shop).isEmpty)
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        #expect(try movements(shop).map(\.kind) == [.new])
        #expect(try movements(shop).map(\.change) == [249_900 * 12])
    }

    @Test func `a year's price counts as a twelfth each month, exactly`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let choice = PlanChoice(plan: "pro", currency: .inr, interval: .year, wantsTrial: false)
        let invoice = try #require(try await shop.write { try billing.take(choice, in: $0) })
        let order = try await billing.order(for: invoice.id, of: shop.organization, by: Shop.owner)
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        #expect(try movements(shop).map(\.after) == [2_499_000])
        let months = try #require(ReportMonth("2026-11")).through(try #require(ReportMonth("2026-12")))
        let report = MRRReport(try movements(shop), months: months)
        #expect(report.rows.map(\.end) == [208_250, 208_250])
        #expect(report.rows.map(\.annual) == [2_499_000, 2_499_000])
        #expect(report.cohorts.map(\.retained) == [[1, 1]])
    }

    @Test func `who is given everything back has left, and who comes again is a reactivation`() async throws {
        let shop = try await Shop()
        let (_, payment) = try await shop.paidPro()
        let wish = RefundWish(payment: payment.id, amount: nil, reason: "", isOperator: true)
        _ = try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
        let (_, order) = try await shop.takePro()
        try await shop.apply(.payment(shop.payment("pay_BBBBBBBBBBBBBB", order, .captured)))
        #expect(try movements(shop).map(\.kind) == [.new, .churn, .reactivation])
    }

    @Test func `another quantity is an expansion or a contraction`() async throws {
        let shop = try await Shop()
        _ = try await shop.paidPro()
        let price = PriceTerms(.perUnit, .inr, amount: 10_000)
        try await shop.write { tx in
            let price = try Price(
                id: PriceID(at: tx.now), plan: "pro", version: 1, interval: .quarter, terms: price, createdAt: tx.now)
            try tx.scoped(to: .instance) { try PriceStore.insert(price, in: $0) }
            try tx.run("UPDATE subscriptions SET price_id = \(price.id), quantity = 3")
            for quantity in [Int64(3), 7, 2] {
                var subscription = try #require(try SubscriptionStore.find(in: tx))
                subscription.quantity = quantity
                try SubscriptionStore.save(subscription, in: tx)
            }
        }
        #expect(try movements(shop).map(\.kind) == [.new, .contraction, .expansion, .contraction])
        #expect(try movements(shop).map(\.after) == [249_900 * 12, 120_000, 280_000, 80_000])
    }

    @Test func `movements begin where the last one ended, and stay as they are`() async throws {
        let shop = try await Shop()
        _ = try await shop.paidPro()
        for statement: SQL in [
            "UPDATE mrr_movements SET mrr_after = 1", "DELETE FROM mrr_movements",
            """
            INSERT INTO mrr_movements SELECT organization_id, currency, 2, 'expansion', 5, 6, plan_code, 0
            FROM mrr_movements
            """,
            """
            INSERT INTO mrr_movements SELECT organization_id, currency, 3, 'churn', mrr_after, 0, plan_code, 0
            FROM mrr_movements
            """,
        ] {
            await #expect(throws: StorageError.self) { try await shop.writeInstance { try $0.run(statement) } }
        }
    }

    @Test(arguments: 0..<40)
    func `case 39: movements over any months add up to the difference between their ends`(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let start = try #require(Timestamp("2026-01-15T00:00:00Z"))
        var movements: [MRRMovement] = []
        for customer in 0..<Int.random(in: 1...30, using: &random) {
            var (value, number, at) = (Int64(0), Int64(0), start)
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                at = at.adding(.hours(Int64.random(in: 1...900, using: &random)))
                let next = Bool.random(using: &random) ? Int64.random(in: 0...(1 << 53), using: &random) : 0
                guard let kind = MRRMovement.Kind(from: value, to: next, isFirst: number == 0) else { continue }
                number += 1
                movements.append(
                    MRRMovement(
                        organization: OrganizationID(stored: "org_\(customer)"), currency: .inr, number: number,
                        kind: kind, before: value, after: next, plan: "pro", at: at))
                value = next
            }
        }
        movements.sort { $0.at < $1.at }
        let months = ReportMonth(start).through(ReportMonth(start).adding(20))
        for row in MRRReport(movements, months: months).rows {
            let exact = { (bound: Timestamp) in
                movements.filter { $0.at < bound }.reduce(Int128(0)) { $0 + Int128($1.change) }
            }
            #expect(row.endTwelfths == Int64(clamping: exact(row.month.end)))
            #expect(row.start == MRRReport.minor(exact(row.month.start)))
            let inside = movements.filter { $0.at >= row.month.start && $0.at < row.month.end }
            #expect(exact(row.month.end) - exact(row.month.start) == inside.reduce(0) { $0 + Int128($1.change) })
            #expect(row.customers == row.customersAtStart - row.customersLost + Self.gained(movements, row.month))
        }
    }

    /// Customers who pay at a month's end and did not at its start.
    private static func gained(_ movements: [MRRMovement], _ month: ReportMonth) -> Int64 {
        func paying(_ bound: Timestamp) -> Set<OrganizationID> {
            var last: [OrganizationID: Int64] = [:]
            for it in movements where it.at < bound { last[it.organization] = it.after }
            return Set(last.filter { $0.value > 0 }.keys)
        }
        return Int64(paying(month.end).subtracting(paying(month.start)).count)
    }

    @Test func `churn, lifetime value and cohorts of a small company are what one counts by hand`() throws {
        func movement(
            _ who: String, _ number: Int64, _ kind: MRRMovement.Kind, _ before: Int64, _ after: Int64, _ at: String
        )
            throws -> MRRMovement
        {
            MRRMovement(
                organization: OrganizationID(stored: who), currency: .inr, number: number, kind: kind, before: before,
                after: after, plan: "pro", at: try #require(Timestamp(at)))
        }
        let movements = try [
            movement("a", 1, .new, 0, 12_000, "2026-01-10T00:00:00Z"),
            movement("b", 1, .new, 0, 24_000, "2026-01-12T00:00:00Z"),
            movement("c", 1, .new, 0, 12_000, "2026-02-02T00:00:00Z"),
            movement("a", 2, .churn, 12_000, 0, "2026-02-20T00:00:00Z"),
            movement("b", 2, .contraction, 24_000, 12_000, "2026-03-05T00:00:00Z"),
        ]
        let months = try #require(ReportMonth("2026-01")).through(try #require(ReportMonth("2026-03")))
        let report = MRRReport(movements, months: months)
        #expect(report.rows.map(\.end) == [3000, 3000, 2000])
        #expect(report.rows.map(\.logoChurn) == [nil, 5000, 0])
        #expect(report.rows.map(\.revenueChurn) == [nil, 3333, 3333])
        // 1,000 for each of 2 customers; 4 customer-months began, 1 was lost: a customer stays 4 months.
        #expect(report.lifetime.map(\.perCustomer) == [1000])
        #expect(report.lifetime.map(\.value) == [4000])
        #expect(report.cohorts.map(\.customers) == [2, 1])
        #expect(report.cohorts.map(\.retained) == [[2, 1, 1], [1, 1]])
    }
}
