// All SQL of customers' balances.
import Core
import Storage

enum BalanceStore {
    /// The balance of the transaction's organisation in a currency.
    static func balance(_ currency: Currency, in tx: any Transaction) throws -> Int64 {
        try tx.first(
            """
            SELECT balance FROM customer_balances
            WHERE organization_id = \(try tx.organization()) AND currency = \(currency)
            """
        ) { try $0.int(0) } ?? 0
    }

    static func all(in tx: any Transaction) throws -> [Money] {
        try tx.rows(
            """
            SELECT balance, currency FROM customer_balances
            WHERE organization_id = \(try tx.organization()) ORDER BY currency LIMIT 100
            """
        ) { try $0.money(0, currency: 1) }
    }

    static func set(
        _ balance: Int64, _ currency: Currency, by amount: Int64, _ cause: Billing.BalanceCause, _ source: String,
        in tx: any Transaction
    ) throws {
        let organization = try tx.organization()
        try tx.run(
            """
            INSERT INTO customer_balances (organization_id, currency, balance, updated_at)
            VALUES (\(organization), \(currency), \(balance), \(tx.now))
            ON CONFLICT (organization_id, currency) DO UPDATE SET balance = excluded.balance,
              updated_at = excluded.updated_at
            """)
        try tx.run(
            """
            INSERT INTO customer_balance_changes
              (id, organization_id, currency, kind, source_id, amount, balance, created_at)
            VALUES (\(BalanceChangeID(at: tx.now)), \(organization), \(currency), \(cause), \(source), \(amount),
              \(balance), \(tx.now))
            """)
    }
}
