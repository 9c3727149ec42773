// The SQL of subscriptions and of what stands on invoices.
import Core
import Storage
import Web

enum SubscriptionStore {
    private static let columns: SQL =
        """
        plan_code, currency, period, state, trial_ends_at, period_start, period_end, cancels_at, cancelled_at,
        open_invoice_id, paid_invoice_id, price_id, quantity, open_price_id
        """

    /// The subscription of the transaction's organisation; nil when it never took a plan.
    static func find(in tx: any Transaction) throws -> Subscription? {
        try tx.first(
            "SELECT \(columns) FROM subscriptions WHERE organization_id = \(try tx.organization())", Subscription.init)
    }

    static func save(_ it: Subscription, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO subscriptions (organization_id, \(columns), created_at, updated_at)
            VALUES (\(try tx.organization()), \(it.plan), \(it.currency), \(it.interval), \(it.state),
              \(it.trialEndsAt), \(it.periodStart), \(it.periodEnd), \(it.cancelsAt), \(it.cancelledAt),
              \(it.openInvoice), \(it.paidInvoice), \(it.price), \(it.quantity), \(it.openPrice), \(tx.now), \(tx.now))
            ON CONFLICT (organization_id) DO UPDATE SET plan_code = excluded.plan_code,
              currency = excluded.currency, period = excluded.period, state = excluded.state,
              trial_ends_at = excluded.trial_ends_at, period_start = excluded.period_start,
              period_end = excluded.period_end, cancels_at = excluded.cancels_at,
              cancelled_at = excluded.cancelled_at, open_invoice_id = excluded.open_invoice_id,
              paid_invoice_id = excluded.paid_invoice_id, price_id = excluded.price_id, quantity = excluded.quantity,
              open_price_id = excluded.open_price_id, version = subscriptions.version + 1,
              updated_at = excluded.updated_at
            """)
    }

    /// Organisations whose trial or period is over; for the scope of the instance.
    static func due(limit: Int, in tx: any Transaction) throws -> [OrganizationID] {
        try tx.rows(
            """
            SELECT organization_id FROM subscriptions WHERE state IN ('trialing', 'active') AND period_end <= \(tx.now)
            ORDER BY period_end, organization_id LIMIT \(limit)
            """
        ) { try $0.id(0) }
    }

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
