// A closed period of the seller's book, and facts of the provider that turn up afterwards.
import Core
import Ledger
import Storage
import Testing

@testable import Billing

@Suite struct ClosedPeriodTests {
    /// The effective time of the one entry of a kind.
    private static func effective(_ kind: String, in shop: Shop) throws -> Timestamp? {
        try shop.readInstance { tx in
            try tx.first(
                "SELECT effective_at FROM ledger_entries WHERE organization_id = 'instance' AND kind = \(kind)"
            ) { try $0.time(0) }
        }
    }

    private static func close(_ shop: Shop) async throws {
        try await shop.writeInstance { tx in
            try tx.scoped(to: Books.scope) { try Ledger.close(through: $0.now, in: $0) }
        }
    }

    @Test func `case 24: what is told about a closed period is booked with the present effective time`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        try await Self.close(shop)
        shop.clock.advance(by: .days(90))
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        #expect(try Self.effective("capture", in: shop) == Shop.start.adding(.days(90)))
    }

    @Test func `case 24: also when the clock stands at the closed time, or was set back behind it`() async throws {
        for hours in [0, -5] as [Int64] {
            let shop = try await Shop()
            let (_, order) = try await shop.takePro()
            try await Self.close(shop)
            shop.clock.advance(by: .hours(hours))
            try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
            #expect(try shop.entries("capture") == 1)
            #expect(try Self.effective("capture", in: shop) == Shop.start.adding(Milliseconds(1)))
        }
    }
}
