// How long the answer about an entitlement takes, from memory and after a change. Not part of the suite: BENCH=1 asks.
import Core
import Foundation
import Storage
import Testing

@testable import Billing

@Suite(.enabled(if: ProcessInfo.processInfo.environment["BENCH"] != nil)) struct EntitlementBenchmark {
    @Test func `an entitlement is answered from memory in microseconds`() async throws {
        let shop = try await Shop()
        _ = try await shop.paidPro()
        let rounds = 20_000
        let clock = ContinuousClock()
        var right = 0
        let remembered = try clock.measure {
            for _ in 0..<rounds {
                if try shop.read({ try Billing.entitlement(Feature.members, in: $0)?.limit }) == 25 { right += 1 }
            }
        }
        // A write remembers nothing: what a read costs after each change.
        let workedOut = try await shop.write { tx in
            try ContinuousClock().measure {
                for _ in 0..<1000 { _ = try Billing.entitlement(Feature.members, in: tx) }
            }
        }
        #expect(right == rounds)
        print("from memory \(remembered / rounds), worked out \(workedOut / 1000)")
    }
}
