// All SQL of reports on invoices and on the seller's book; everything reads in the scope of the instance.
import Core
import Storage

enum ReportStore {
    // MARK: Documents

    /// What customers owed at an instant: open invoices less what credit and credit notes took off, and amounts too
    /// small to be paid alone, which the next invoice carries.
    static func receivables(at instant: Timestamp, in tx: any Transaction) throws -> [Receivable] {
        let invoices = try tx.rows(
            """
            SELECT i.organization_id, coalesce(o.name, i.organization_id), i.number,
              i.amount - i.credit_applied - coalesce((SELECT sum(n.to_invoice) FROM credit_notes n
                WHERE n.invoice_id = i.id AND n.issued_at <= \(instant)), 0),
              i.currency, i.due_at
            FROM invoices i LEFT JOIN organizations o ON o.id = i.organization_id
            WHERE i.issued_at <= \(instant) AND (i.paid_at IS NULL OR i.paid_at > \(instant))
              AND (i.voided_at IS NULL OR i.voided_at > \(instant))
              AND (i.written_off_at IS NULL OR i.written_off_at > \(instant))
            """, receivable)
        let carried = try tx.rows(
            """
            SELECT c.organization_id, coalesce(o.name, c.organization_id), 'carried', -c.balance, c.currency,
              c.created_at
            FROM customer_balance_changes c LEFT JOIN organizations o ON o.id = c.organization_id
            WHERE c.balance < 0 AND c.id = (SELECT max(l.id) FROM customer_balance_changes l
              WHERE l.organization_id = c.organization_id AND l.currency = c.currency AND l.created_at <= \(instant))
            """, receivable)
        return invoices + carried
    }

    private static func receivable(_ row: Row) throws -> Receivable {
        Receivable(
            customer: try row.id(0), name: try row.text(1), number: try row.text(2),
            amount: try row.money(3, currency: 4), dueAt: try row.time(5))
    }

    /// Tax of invoices that were finalised (1) or voided (−1) in a stretch of time.
    static func invoiceTaxes(from: Timestamp, to: Timestamp, in tx: any Transaction) throws -> [TaxMovement] {
        try taxes(column: "issued_at", sign: 1, from, to, in: tx)
            + taxes(column: "voided_at", sign: -1, from, to, in: tx)
    }

    private static func taxes(
        column: SQL, sign: Int64, _ from: Timestamp, _ to: Timestamp, in tx: any Transaction
    ) throws -> [TaxMovement] {
        // What no tax is on is an export or exempt. CGST and SGST have one base, so only one of them counts.
        try tx.rows(
            """
            SELECT i.\(column), i.place_of_supply, i.currency, t.kind, t.rate, t.taxable, t.amount
            FROM invoices i JOIN invoice_taxes t ON t.invoice_id = i.id
            WHERE i.\(column) >= \(from) AND i.\(column) < \(to)
            UNION ALL
            SELECT i.\(column), i.place_of_supply, i.currency, NULL, 0, i.subtotal - coalesce((SELECT sum(t.taxable)
              FROM invoice_taxes t WHERE t.invoice_id = i.id AND t.kind <> 'sgst'), 0) AS rest, 0
            FROM invoices i WHERE i.\(column) >= \(from) AND i.\(column) < \(to) AND rest <> 0
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

    /// What was invoiced by an instant and is neither earned nor given back by now; without tax. How far a line was
    /// earned at an earlier time is not kept, so this belongs beside the books of the present.
    static func unearned(at instant: Timestamp, in tx: any Transaction) throws -> Totals<BalanceKey> {
        var totals = Totals<BalanceKey>()
        let schedules = try tx.rows(
            """
            SELECT currency, amount - recognised - released FROM revenue_schedules WHERE created_at <= \(instant)
            """
        ) { (try $0.text(0), try $0.int(1)) }
        for (currency, amount) in schedules {
            totals.add(amount, to: BalanceKey(owner: "", currency: Currency(stored: currency)))
        }
        return totals
    }

    /// What one organisation was invoiced, paid and got back in a stretch of time; in its own scope.
    static func spending(
        from: Timestamp, to: Timestamp, in tx: any Transaction
    ) throws -> [SpendReport.Movement] {
        let organization = try tx.organization()
        let invoices = try tx.rows(
            """
            SELECT issued_at, currency, amount FROM invoices
            WHERE organization_id = \(organization) AND issued_at >= \(from) AND issued_at < \(to)
              AND state <> 'void'
            """
        ) { row in
            SpendReport.Movement(
                at: try row.time(0), currency: Currency(stored: try row.text(1)), invoiced: try row.int(2), paid: 0,
                refunded: 0)
        }
        let payments = try tx.rows(
            """
            SELECT captured_at, currency, amount FROM payments
            WHERE organization_id = \(organization) AND state = 'captured' AND captured_at >= \(from)
              AND captured_at < \(to)
            """
        ) { row in
            SpendReport.Movement(
                at: try row.time(0), currency: Currency(stored: try row.text(1)), invoiced: 0, paid: try row.int(2),
                refunded: 0)
        }
        let refunds = try tx.rows(
            """
            SELECT updated_at, currency, amount FROM refunds
            WHERE organization_id = \(organization) AND state = 'processed' AND updated_at >= \(from)
              AND updated_at < \(to)
            """
        ) { row in
            SpendReport.Movement(
                at: try row.time(0), currency: Currency(stored: try row.text(1)), invoiced: 0, paid: 0,
                refunded: try row.int(2))
        }
        return invoices + payments + refunds
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
            SELECT a.owner_id, coalesce(r.remote_id, e.source_id, e.id), a.currency, p.amount, p.effective_at
            FROM ledger_accounts a
            JOIN ledger_postings p ON p.organization_id = a.organization_id AND p.account_id = a.id
            JOIN ledger_entries e ON e.organization_id = p.organization_id AND e.seq = p.seq
            LEFT JOIN refunds r ON e.source_type = 'refund' AND r.id = e.source_id
            WHERE a.organization_id = \(book) AND a.code = \(Account.clearing.rawValue)
              AND p.effective_at <= \(instant)
            """
        ) { row in try line(try row.text(0), row, from: 1) }
    }

    /// What the simulator holds for us: captured less its fee, less what it gave back, took for disputes and settled.
    static func simulator(_ account: String, in tx: any Transaction) throws -> [ClearingLine] {
        try tx.rows(
            """
            SELECT p.id, p.currency, coalesce(l.net, p.amount - coalesce(p.fee, 0)), p.created_at
            FROM sandbox_payments p LEFT JOIN sandbox_lines l ON l.entity_id = p.id
            WHERE p.status IN ('captured', 'refunded')
            UNION ALL SELECT r.id, r.currency, -r.amount, r.created_at
            FROM sandbox_refunds r JOIN sandbox_payments p ON p.id = r.payment_id
            WHERE r.status = 'processed' AND p.status IN ('captured', 'refunded')
            UNION ALL SELECT coalesce(dispute_id, entity_id), currency, net, created_at FROM sandbox_lines
            WHERE type = 'adjustment'
            UNION ALL SELECT id, currency, -amount, created_at FROM sandbox_settlements
            """, { try line(account, $0, from: 0) })
    }

    /// What a provider's report says, as far as it was read, less what was settled.
    static func reported(_ account: String, in tx: any Transaction) throws -> [ClearingLine] {
        try tx.rows(
            """
            SELECT coalesce(dispute_id, entity_id), currency, net, created_at FROM settlement_lines
            WHERE provider = \(account)
            UNION ALL SELECT remote_id, currency, -amount, created_at FROM settlements
            WHERE provider = \(account) AND state = 'processed'
            """, { try line(account, $0, from: 0) })
    }

    private static func line(_ account: String, _ row: Row, from first: Int) throws -> ClearingLine {
        ClearingLine(
            provider: account, object: try row.text(first), currency: Currency(stored: try row.text(first + 1)),
            amount: try row.int(first + 2), at: try row.time(first + 3))
    }
}
