// All SQL of reports on invoices and on the seller's book; everything reads in the scope of the instance.
import Core
import Storage

enum ReportStore {
    // MARK: Documents

    /// Invoices that were finalised and neither paid, void nor written off at an instant, with what was left to pay.
    static func receivables(at instant: Timestamp, in tx: any Transaction) throws -> [Receivable] {
        try tx.rows(
            """
            SELECT i.organization_id, coalesce(o.name, i.organization_id), i.id, i.number,
              i.amount - i.credit_applied - coalesce((SELECT sum(to_invoice) FROM credit_notes c
                WHERE c.invoice_id = i.id AND c.issued_at <= \(instant)), 0), i.currency, i.due_at
            FROM invoices i LEFT JOIN organizations o ON o.id = i.organization_id
            WHERE i.issued_at <= \(instant) AND (i.paid_at IS NULL OR i.paid_at > \(instant))
              AND (i.voided_at IS NULL OR i.voided_at > \(instant))
              AND (i.written_off_at IS NULL OR i.written_off_at > \(instant))
            """
        ) { row in
            Receivable(
                customer: try row.id(0), name: try row.text(1), invoice: try row.id(2), number: try row.text(3),
                amount: try row.money(4, currency: 5), dueAt: try row.time(6))
        }
    }

    /// Tax of invoices that were finalised (1) or voided (−1) in a stretch of time.
    static func invoiceTaxes(from: Timestamp, to: Timestamp, in tx: any Transaction) throws -> [TaxMovement] {
        try taxes(column: "issued_at", sign: 1, from, to, in: tx)
            + taxes(column: "voided_at", sign: -1, from, to, in: tx)
    }

    private static func taxes(
        column: SQL, sign: Int64, _ from: Timestamp, _ to: Timestamp, in tx: any Transaction
    ) throws -> [TaxMovement] {
        try tx.rows(
            """
            SELECT i.\(column), i.place_of_supply, i.currency, t.kind, coalesce(t.rate, 0),
              coalesce(t.taxable, i.subtotal),
              coalesce(t.amount, 0)
            FROM invoices i LEFT JOIN invoice_taxes t ON t.invoice_id = i.id
            WHERE i.\(column) >= \(from) AND i.\(column) < \(to)
            """
        ) { row in
            TaxMovement(
                at: try row.time(0), placeOfSupply: try row.text(1), currency: Currency(stored: try row.text(2)),
                kind: row.optionalText(3).flatMap { TaxKind(rawValue: $0) }, rate: try row.int(4),
                taxable: sign * (try row.int(5)), tax: sign * (try row.int(6)))
        }
    }

    /// Invoices with credit notes of a stretch of time.
    static func creditedInvoices(
        from: Timestamp, to: Timestamp, in tx: any Transaction
    ) throws -> [(OrganizationID, InvoiceID)] {
        try tx.rows(
            """
            SELECT DISTINCT organization_id, invoice_id FROM credit_notes
            WHERE issued_at >= \(from) AND issued_at < \(to) ORDER BY organization_id, invoice_id
            """
        ) { (try $0.id(0), try $0.id(1)) }
    }

    /// What is billed and not void, less what credit notes took back, at an instant; without tax.
    static func unearned(at instant: Timestamp, in tx: any Transaction) throws -> Totals<BalanceKey> {
        var totals = Totals<BalanceKey>()
        let billed = try tx.rows(
            """
            SELECT currency, subtotal FROM invoices
            WHERE issued_at <= \(instant) AND (voided_at IS NULL OR voided_at > \(instant))
            """
        ) { (try $0.text(0), try $0.int(1)) }
        let credited = try tx.rows("SELECT currency, -subtotal FROM credit_notes WHERE issued_at <= \(instant)") {
            (try $0.text(0), try $0.int(1))
        }
        for (currency, amount) in billed + credited {
            totals.add(amount, to: BalanceKey(owner: "", currency: Currency(stored: currency)))
        }
        return totals
    }

    // MARK: The book

    private static let book = "instance"

    /// What accounts moved by, by month: debits less credits.
    static func movements(
        of accounts: [Account], before end: Timestamp, in tx: any Transaction
    ) throws -> [AccountMovement] {
        // A day of the reports' zone lies within one month, so the database adds up days.
        try tx.rows(
            """
            SELECT a.code, a.currency, (p.effective_at + 19800000) / 86400000 AS day, sum(p.amount)
            FROM ledger_accounts a JOIN ledger_postings p
              ON p.organization_id = a.organization_id AND p.account_id = a.id
            WHERE a.organization_id = \(book) AND a.code IN \(list: accounts.map(\.rawValue))
              AND p.effective_at < \(end)
            GROUP BY a.code, a.currency, day
            """
        ) { row -> AccountMovement? in
            guard let account = Account(rawValue: try row.text(0)) else { return nil }
            return AccountMovement(
                account: account,
                month: ReportMonth(Timestamp(milliseconds: try row.int(2) * 86_400_000 - 19_800_000)),
                currency: Currency(stored: try row.text(1)), amount: try row.int(3))
        }.compactMap { $0 }
    }

    /// Balances of an account by whom it is kept for, at an instant: debits less credits.
    static func balances(
        of account: Account, at instant: Timestamp, in tx: any Transaction
    ) throws -> Totals<BalanceKey> {
        var totals = Totals<BalanceKey>()
        let rows = try tx.rows(
            """
            SELECT a.owner_id, a.currency, sum(p.amount)
            FROM ledger_accounts a JOIN ledger_postings p
              ON p.organization_id = a.organization_id AND p.account_id = a.id
            WHERE a.organization_id = \(book) AND a.code = \(account.rawValue) AND p.effective_at <= \(instant)
            GROUP BY a.owner_id, a.currency
            """
        ) { (BalanceKey(owner: try $0.text(0), currency: Currency(stored: try $0.text(1))), try $0.int(2)) }
        for (key, amount) in rows { totals.add(amount, to: key) }
        return totals
    }

    /// What each payment, refund and settlement did to clearing, under the provider's identifier.
    static func clearing(at instant: Timestamp, in tx: any Transaction) throws -> [ClearingLine] {
        try tx.rows(
            """
            SELECT a.owner_id, coalesce(r.remote_id, e.source_id, e.id), a.currency, p.amount
            FROM ledger_accounts a
            JOIN ledger_postings p ON p.organization_id = a.organization_id AND p.account_id = a.id
            JOIN ledger_entries e ON e.organization_id = p.organization_id AND e.seq = p.seq
            LEFT JOIN refunds r ON e.source_type = 'refund' AND r.id = e.source_id
            WHERE a.organization_id = \(book) AND a.code = \(Account.clearing.rawValue)
              AND p.effective_at <= \(instant)
            """
        ) { row in
            ClearingLine(
                provider: try row.text(0), object: try row.text(1), currency: Currency(stored: try row.text(2)),
                amount: try row.int(3))
        }
    }

    /// What the simulator holds for us: captured less its fee, less what it gave back.
    static func simulator(_ account: String, in tx: any Transaction) throws -> [ClearingLine] {
        let payments = try tx.rows(
            """
            SELECT id, currency, amount - coalesce(fee, 0) FROM sandbox_payments
            WHERE status IN ('captured', 'refunded')
            """, { try line(account, $0) })
        let refunds = try tx.rows(
            "SELECT id, currency, -amount FROM sandbox_refunds WHERE status = 'processed'", { try line(account, $0) })
        return payments + refunds
    }

    private static func line(_ account: String, _ row: Row) throws -> ClearingLine {
        ClearingLine(
            provider: account, object: try row.text(0), currency: Currency(stored: try row.text(1)),
            amount: try row.int(2))
    }
}
