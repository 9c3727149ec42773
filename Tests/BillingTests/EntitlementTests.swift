// What an organisation may use: by what it bought, at once after every change, and whatever the catalogue says later.
import Core
import Storage
import TestSupport
import Testing
import Web

@testable import Billing

@Suite struct EntitlementTests {
    private func members(_ shop: Shop) throws -> Int64? {
        try shop.read { try Billing.entitlement(Feature.members, in: $0)?.limit }
    }

    @Test func `who bought nothing has what the free plan says`() async throws {
        let shop = try await Shop()
        let all = try shop.read { try Billing.entitlements(in: $0) }
        #expect(all.map(\.feature) == ["members", "api_keys", "calls_per_minute"])
        #expect(all.allSatisfy { $0.source == .plan && $0.plan == "free" && $0.isEnabled })
        #expect(try members(shop) == 3)
        #expect(try shop.read { try Billing.entitlement("teleport", in: $0) } == nil)
    }

    @Test func `the read after a change is right, in the same second and from memory before it`() async throws {
        let shop = try await Shop()
        #expect(try members(shop) == 3)
        #expect(try members(shop) == 3)
        _ = try await shop.paidPro()
        #expect(try members(shop) == 25)
        #expect(try shop.readInstance { try Billing.callsPerMinute(of: shop.organization, in: $0) } == 6000)
        try await shop.write { try EntitlementStore.grant(.limit(40), of: Feature.members, because: "deal", in: $0) }
        #expect(try members(shop) == 40)
        _ = try await shop.write { try EntitlementStore.withdraw(Feature.members, in: $0) }
        #expect(try members(shop) == 25)
    }

    @Test func `a change that another program commits is seen by the next read`() async throws {
        let shop = try await Shop()
        for number in [Int64(7), 9, 11] {
            let script = """
                INSERT INTO entitlement_overrides (organization_id, feature_code, value, reason, updated_at)
                VALUES ('\(shop.organization)', 'members', '\(number)', 'by hand', 0)
                ON CONFLICT DO UPDATE SET value = excluded.value;
                """
            #expect(try Command.sqlite(shop.file.path, script).status == 0)
            #expect(try members(shop) == number)
        }
    }

    @Test func `what was bought stays when the plan promises something else from now on`() async throws {
        let shop = try await Shop()
        _ = try await shop.paidPro()
        try await shop.writeInstance { tx in
            try tx.run("INSERT INTO plan_versions VALUES ('pro', 2, '[]', 1)")
            try tx.run("INSERT INTO plan_entitlements VALUES ('pro', 2, 'members', '5')")
            try tx.run("UPDATE plans SET version = 2, retired_at = 5 WHERE code = 'pro'")
        }
        let found = try #require(try shop.read { try Billing.entitlement(Feature.members, in: $0) })
        #expect(found.limit == 25)
        #expect(found.planVersion == 1)
    }

    @Test func `a feature that the plan says nothing of is not there, and limits nothing of ours`() async throws {
        let shop = try await Shop()
        let feature = Feature(code: "sso", name: "Single sign-on", kind: .boolean, unit: "", meter: nil)
        try await shop.writeInstance { try EntitlementStore.save(feature, position: 9, in: $0) }
        let found = try #require(try shop.read { try Billing.entitlement("sso", in: $0) })
        #expect(!found.isEnabled && found.source == .none)
        #expect(try shop.read { try Billing.allowance("sso", in: $0) } == nil)
    }

    @Test func `values fit the kind of their feature, or are none`() {
        #expect(FeatureValue(.integer(5), .limit) == .limit(5))
        #expect(FeatureValue(.string("unlimited"), .limit) == .limit(nil))
        #expect(FeatureValue(.bool(true), .boolean) == .flag(true))
        #expect(FeatureValue(.string("mail"), .text) == .text("mail"))
        let wrong: [(JSONValue, FeatureKind)] = [
            (.integer(-1), .limit), (.integer(.max), .limit), (.string("5"), .limit), (.number("1.5"), .limit),
            (.integer(1), .boolean), (.string("yes"), .boolean), (.string(""), .text), (.null, .text),
        ]
        for (value, kind) in wrong { #expect(FeatureValue(value, kind) == nil, "\(value) \(kind)") }
        for value in [FeatureValue.flag(false), .limit(nil), .limit(0), .text("x")] {
            let kind: FeatureKind =
                switch value {
                case .flag: .boolean
                case .limit: .limit
                case .text: .text
                }
            #expect(FeatureValue(stored: value.stored, kind) == value)
            #expect(FeatureValue(value.json, kind) == value)
        }
    }
}
