// The SQL of subscriptions and of what stands on invoices.
import Core
import Storage
import Web

enum SubscriptionStore {
    private static let columns: SQL =
        """
        plan_code, currency, period, state, trial_ends_at, period_start, period_end, cancels_at, cancelled_at,
        open_invoice_id, paid_invoice_id, price_id, quantity, open_price_id, open_quantity, time_zone, billed_through,
        anchor_wall, anchor_months, next_price_id, next_quantity, pauses_at, limited_at, parked_at, parked_because
        """

    private static func subscription(_ row: Row) throws -> Subscription {
        var it = Subscription(
            plan: try row.text(0), currency: Currency(stored: try row.text(1)), interval: try row.choice(2),
            price: row.optionalID(11), quantity: try row.int(12), state: try row.choice(3),
            trialEndsAt: row.optionalTime(4), periodStart: row.optionalTime(5), periodEnd: row.optionalTime(6),
            cancelsAt: row.optionalTime(7), cancelledAt: row.optionalTime(8), openInvoice: row.optionalID(9),
            openPrice: row.optionalID(13), openQuantity: row.optionalInt(14), paidInvoice: row.optionalID(10))
        let zone = try row.text(15)
        it.schedule = SubscriptionSchedule(
            zone: zone == "UTC" ? .utc : BillingZone(stored: zone), billedThrough: row.optionalTime(16),
            anchor: row.optionalTime(17).map { BillingAnchor(wall: $0) }, anchorMonths: try row.int(18),
            nextPrice: row.optionalID(19), nextQuantity: row.optionalInt(20), pausesAt: row.optionalTime(21),
            limitedAt: row.optionalTime(22), parkedAt: row.optionalTime(23), parkedBecause: row.optionalText(24))
        return it
    }

    /// The subscription of the transaction's organisation; nil when it never took a plan.
    static func find(in tx: any Transaction) throws -> Subscription? {
        try tx.first(
            "SELECT \(columns) FROM subscriptions WHERE organization_id = \(try tx.organization())", subscription)
    }

    static func save(_ it: Subscription, in tx: any Transaction) throws {
        if it.state == .cancelled { try unbill(after: tx.now, in: tx) }
        let next = it.schedule
        try tx.run(
            """
            INSERT INTO subscriptions (organization_id, \(columns), created_at, updated_at)
            VALUES (\(try tx.organization()), \(it.plan), \(it.currency), \(it.interval), \(it.state),
              \(it.trialEndsAt), \(it.periodStart), \(it.periodEnd), \(it.cancelsAt), \(it.cancelledAt),
              \(it.openInvoice), \(it.paidInvoice), \(it.price), \(it.quantity), \(it.openPrice), \(it.openQuantity),
              \(next.zone.identifier), \(next.billedThrough), \(next.anchor?.wall), \(next.anchorMonths),
              \(next.nextPrice), \(next.nextQuantity), \(next.pausesAt), \(next.limitedAt), \(next.parkedAt),
              \(next.parkedBecause), \(tx.now), \(tx.now))
            ON CONFLICT (organization_id) DO UPDATE SET plan_code = excluded.plan_code,
              currency = excluded.currency, period = excluded.period, state = excluded.state,
              trial_ends_at = excluded.trial_ends_at, period_start = excluded.period_start,
              period_end = excluded.period_end, cancels_at = excluded.cancels_at,
              cancelled_at = excluded.cancelled_at, open_invoice_id = excluded.open_invoice_id,
              paid_invoice_id = excluded.paid_invoice_id, price_id = excluded.price_id, quantity = excluded.quantity,
              open_price_id = excluded.open_price_id, open_quantity = excluded.open_quantity,
              time_zone = excluded.time_zone, billed_through = excluded.billed_through,
              anchor_wall = excluded.anchor_wall, anchor_months = excluded.anchor_months,
              next_price_id = excluded.next_price_id, next_quantity = excluded.next_quantity,
              pauses_at = excluded.pauses_at, limited_at = excluded.limited_at, parked_at = excluded.parked_at,
              parked_because = excluded.parked_because, version = subscriptions.version + 1,
              updated_at = excluded.updated_at
            """)
        try Billing.recordMRR(of: it, in: tx)
    }

    /// The time zone that decides the days of the transaction's organisation.
    static func zone(in tx: any Transaction) throws -> BillingZone {
        let zone = try tx.first(
            "SELECT time_zone FROM subscriptions WHERE organization_id = \(try tx.organization())"
        ) { try $0.text(0) }
        return zone.map { $0 == "UTC" ? .utc : BillingZone(stored: $0) } ?? .utc
    }

    /// Organisations whose trial or period is over, the longest waiting first; for the scope of the instance.
    static func due(limit: Int, in tx: any Transaction) throws -> [OrganizationID] {
        try tx.rows(
            """
            SELECT organization_id FROM subscriptions
            WHERE state IN ('trialing', 'active') AND billed_through <= \(tx.now) AND parked_at IS NULL
            ORDER BY billed_through, organization_id LIMIT \(limit)
            """
        ) { try $0.id(0) }
    }

    // MARK: Periods

    /// Notes that a period is invoiced; the database refuses one that overlaps another.
    static func bill(_ invoice: InvoiceID, _ start: Timestamp, _ end: Timestamp, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO billed_periods (organization_id, invoice_id, start_at, end_at, billed_at)
            VALUES (\(try tx.organization()), \(invoice), \(start), \(end), \(tx.now))
            """)
    }

    /// What was billed beyond an instant is not billed any more: the plan changed or ended.
    static func unbill(after instant: Timestamp, in tx: any Transaction) throws {
        let organization = try tx.organization()
        try tx.run("DELETE FROM billed_periods WHERE organization_id = \(organization) AND start_at >= \(instant)")
        try tx.run(
            """
            UPDATE billed_periods SET end_at = \(instant)
            WHERE organization_id = \(organization) AND end_at > \(instant)
            """)
    }

    /// The invoice is void: its period is not billed.
    static func unbill(_ invoice: InvoiceID, in tx: any Transaction) throws {
        try tx.run(
            """
            DELETE FROM billed_periods
            WHERE organization_id = \(try tx.organization()) AND invoice_id = \(invoice)
            """)
    }

    /// How many periods were invoiced since an instant.
    static func billed(since instant: Timestamp, in tx: any Transaction) throws -> Int64 {
        try tx.first(
            """
            SELECT count(*) FROM billed_periods
            WHERE organization_id = \(try tx.organization()) AND billed_at > \(instant)
            """
        ) { try $0.int(0) } ?? 0
    }

    // MARK: What stands on invoices

    /// What invoices say of the transaction's organisation; its name alone until it says more.
    static func details(in tx: any Transaction) throws -> Party? {
        try tx.first(
            """
            SELECT name, address, country, state, gstin, tax_id FROM billing_details
            WHERE organization_id = \(try tx.organization())
            """
        ) { row in
            Party(
                name: try row.text(0), address: try row.text(1), country: try row.text(2), state: try row.text(3),
                gstin: try row.text(4), taxID: try row.text(5))
        }
    }

    static func save(_ details: Party, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO billing_details (organization_id, name, address, country, state, gstin, tax_id, updated_at)
            VALUES (\(try tx.organization()), \(details.name), \(details.address), \(details.country),
              \(details.state), \(details.gstin), \(details.taxID), \(tx.now))
            ON CONFLICT (organization_id) DO UPDATE SET name = excluded.name, address = excluded.address,
              country = excluded.country, state = excluded.state, gstin = excluded.gstin, tax_id = excluded.tax_id,
              updated_at = excluded.updated_at
            """)
    }

    /// Whether there is such an organisation. Scope: instance.
    static func isOrganization(_ id: OrganizationID, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM organizations WHERE id = \(id)")
    }

    /// The name of the transaction's organisation.
    static func organizationName(in tx: any Transaction) throws -> String {
        let id = try tx.organization()
        return try tx.scoped(to: .instance) { tx in
            try tx.first("SELECT name FROM organizations WHERE id = \(id)") { try $0.text(0) } ?? id.text
        }
    }

    /// Where mail about money goes: the owners of the transaction's organisation.
    static func owners(in tx: any Transaction) throws -> [EmailAddress] {
        let id = try tx.organization()
        return try tx.scoped(to: .instance) { tx in
            try tx.rows(
                """
                SELECT u.email FROM members m JOIN users u ON u.id = m.user_id
                WHERE m.organization_id = \(id) AND m.role = 'owner' ORDER BY u.id LIMIT 20
                """
            ) { try $0.text(0) }.compactMap { EmailAddress($0) }
        }
    }
}
