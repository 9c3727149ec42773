// All SQL of coupons.
import Core
import Storage

enum CouponStore {
    private static let columns: SQL =
        "code, name, percent, amount, currency, duration, periods, max_redemptions, redemptions, expires_at"

    private static func coupon(_ row: Row) throws -> Coupon {
        let value: Coupon.Value =
            if let percent = row.optionalInt(2) { .percent(percent) } else {
                .amount(try row.money(3, currency: 4))
            }
        return Coupon(
            code: try row.text(0), name: try row.text(1), value: value, duration: try row.choice(5),
            periods: row.optionalInt(6), maxRedemptions: row.optionalInt(7), redemptions: try row.int(8),
            expiresAt: row.optionalTime(9))
    }

    /// A coupon that can still be handed out; for the scope of the instance.
    static func find(_ code: String, in tx: any Transaction) throws -> Coupon? {
        try tx.first("SELECT \(columns) FROM coupons WHERE code = \(code) AND retired_at IS NULL", coupon)
    }

    static func all(in tx: any Transaction) throws -> [Coupon] {
        try tx.rows("SELECT \(columns) FROM coupons WHERE retired_at IS NULL ORDER BY code LIMIT 1000", coupon)
    }

    /// Adds a coupon; false when the code is taken, by a retired one too.
    static func insert(_ it: Coupon, in tx: any Transaction) throws -> Bool {
        var percent: Int64?
        var amount: Money?
        switch it.value {
        case .percent(let rate): percent = rate
        case .amount(let money): amount = money
        }
        return try tx.run(
            """
            INSERT INTO coupons (\(columns), created_at)
            VALUES (\(it.code), \(it.name), \(percent), \(amount?.amount), \(amount?.currency), \(it.duration),
              \(it.periods), \(it.maxRedemptions), 0, \(it.expiresAt), \(tx.now))
            ON CONFLICT (code) DO NOTHING
            """) == 1
    }

    /// Hands a coupon out no more; who has it keeps it.
    static func retire(_ code: String, in tx: any Transaction) throws -> Bool {
        try tx.run("UPDATE coupons SET retired_at = \(tx.now) WHERE code = \(code) AND retired_at IS NULL") == 1
    }

    /// Counts a redemption; false when the organisation redeemed it before. Scope: instance.
    static func redeem(_ it: Coupon, by organization: OrganizationID, in tx: any Transaction) throws -> Bool {
        let added = try tx.run(
            """
            INSERT INTO coupon_redemptions (organization_id, coupon_code, periods_left, redeemed_at)
            VALUES (\(organization), \(it.code), \(it.periods), \(tx.now))
            ON CONFLICT (organization_id, coupon_code) DO NOTHING
            """)
        guard added == 1 else { return false }
        try tx.run("UPDATE coupons SET redemptions = redemptions + 1 WHERE code = \(it.code)")
        return true
    }

    /// What lowers an organisation's next invoice, in the order of redemption. Scope: instance.
    static func inForce(for organization: OrganizationID, in tx: any Transaction) throws -> [Coupon] {
        try tx.rows(
            """
            SELECT \(columns) FROM coupons WHERE code IN (SELECT coupon_code FROM coupon_redemptions
              WHERE organization_id = \(organization) AND (periods_left IS NULL OR periods_left > 0))
            ORDER BY (SELECT redeemed_at FROM coupon_redemptions
              WHERE organization_id = \(organization) AND coupon_code = code), code LIMIT 20
            """, coupon)
    }

    /// An invoice used what applies to its currency (1), or was voided and gives that back (−1).
    static func use(_ count: Int64, _ currency: Currency, in tx: any Transaction) throws {
        let organization = try tx.organization()
        try tx.scoped(to: .instance) { tx in
            _ = try tx.run(
                """
                UPDATE coupon_redemptions SET periods_left = periods_left - \(count)
                WHERE organization_id = \(organization) AND periods_left - \(count) >= 0
                  AND coupon_code IN (SELECT code FROM coupons
                    WHERE (currency IS NULL OR currency = \(currency))
                      AND coupon_redemptions.periods_left - \(count) <= periods)
                """)
        }
    }
}
