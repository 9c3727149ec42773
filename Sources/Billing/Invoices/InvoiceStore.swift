// All SQL of invoices and their numbers.
import Core
import Storage
import Web

enum InvoiceStore {
    private static let columns: SQL =
        """
        id, number, state, plan_code, period, period_start, period_end, subtotal, tax, amount, currency, seller,
        customer, place_of_supply, issued_at, due_at, paid_at, voided_at, discount, credit_applied, amount_due,
        tax_note, memo, link, created_at, written_off_at
        """

    private static func invoice(_ row: Row) throws -> Invoice {
        let created = try row.time(24)
        return Invoice(
            id: try row.id(0), number: row.optionalText(1) ?? "", state: try row.choice(2), plan: row.optionalText(3),
            interval: row.optionalText(4).flatMap { Interval(rawValue: $0) }, periodStart: row.optionalTime(5),
            periodEnd: row.optionalTime(6), discount: try row.money(18, currency: 10),
            subtotal: try row.money(7, currency: 10), tax: try row.money(8, currency: 10),
            total: try row.money(9, currency: 10), creditApplied: try row.money(19, currency: 10),
            amountDue: try row.money(20, currency: 10),
            seller: try JSONCoding.decode(Party.self, from: Array(try row.text(11).utf8)),
            customer: try JSONCoding.decode(Party.self, from: Array(try row.text(12).utf8)),
            placeOfSupply: try row.text(13), taxNote: try row.text(21), memo: try row.text(22),
            link: try row.text(23), createdAt: created, issuedAt: row.optionalTime(14) ?? created,
            dueAt: row.optionalTime(15) ?? created, paidAt: row.optionalTime(16), voidedAt: row.optionalTime(17),
            writtenOffAt: row.optionalTime(25))
    }

    /// The next number of a series, from 1; for the scope of the instance.
    static func nextNumber(_ series: DocumentSeries, year: String, in tx: any Transaction) throws -> Int64 {
        let number = try tx.first(
            """
            INSERT INTO document_counters (series, fiscal_year, last_number) VALUES (\(series), \(year), 1)
            ON CONFLICT (series, fiscal_year) DO UPDATE SET last_number = document_counters.last_number + 1
            RETURNING last_number
            """
        ) { try $0.int(0) }
        return number ?? 1
    }

    // MARK: Drafts

    /// Writes a draft with its lines and taxes, in place of what it was.
    static func save(
        _ it: Invoice, lines: [InvoiceLine], taxes: [TaxLine], in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO invoices (\(columns), organization_id)
            VALUES (\(it.id), NULL, 'draft', \(it.plan), \(it.interval), \(it.periodStart), \(it.periodEnd),
              \(it.subtotal.amount), \(it.tax.amount), \(it.total.amount), \(it.total.currency),
              \(try text(it.seller)), \(try text(it.customer)), \(it.placeOfSupply), NULL, NULL, NULL, NULL,
              \(it.discount.amount), 0, 0, \(it.taxNote), \(it.memo), \(it.link), \(it.createdAt), NULL,
              \(try tx.organization()))
            ON CONFLICT (id) DO UPDATE SET subtotal = excluded.subtotal, tax = excluded.tax, amount = excluded.amount,
              seller = excluded.seller, customer = excluded.customer, place_of_supply = excluded.place_of_supply,
              discount = excluded.discount, tax_note = excluded.tax_note, memo = excluded.memo
            """)
        try clear(it.id, in: tx)
        try insert(lines, of: it.id, in: tx)
        try insert(taxes, of: it.id, in: tx)
    }

    private static func clear(_ id: InvoiceID, in tx: any Transaction) throws {
        let organization = try tx.organization()
        try tx.run("DELETE FROM invoice_lines WHERE invoice_id = \(id) AND organization_id = \(organization)")
        try tx.run("DELETE FROM invoice_taxes WHERE invoice_id = \(id) AND organization_id = \(organization)")
    }

    private static func insert(_ lines: [InvoiceLine], of id: InvoiceID, in tx: any Transaction) throws {
        let organization = try tx.organization()
        for (index, line) in lines.enumerated() {
            try tx.run(
                """
                INSERT INTO invoice_lines (organization_id, invoice_id, position, description, sac, quantity,
                  unit_amount, amount, currency, discount, taxable, tax, period_start, period_end, tax_category,
                  revenue)
                VALUES (\(organization), \(id), \(index + 1), \(line.description), \(line.sac), \(line.quantity),
                  \(line.unitPrice?.amount), \(line.amount.amount), \(line.amount.currency), \(line.discount.amount),
                  \(line.taxable.amount), \(line.tax.amount), \(line.periodStart), \(line.periodEnd),
                  \(line.taxCategory), \(line.revenue))
                """)
        }
    }

    private static func insert(_ taxes: [TaxLine], of id: InvoiceID, in tx: any Transaction) throws {
        let organization = try tx.organization()
        for (index, tax) in taxes.enumerated() {
            try tx.run(
                """
                INSERT INTO invoice_taxes
                  (organization_id, invoice_id, position, kind, name, rate, taxable, amount, is_inclusive, currency)
                VALUES (\(organization), \(id), \(index + 1), \(tax.kind), \(tax.name), \(tax.rate),
                  \(tax.taxable.amount), \(tax.amount.amount), \(tax.isInclusive), \(tax.amount.currency))
                """)
        }
    }

    /// Deletes a draft; false when it is none.
    static func delete(_ id: InvoiceID, in tx: any Transaction) throws -> Bool {
        try clear(id, in: tx)
        return try tx.run(
            "DELETE FROM invoices WHERE id = \(id) AND organization_id = \(try tx.organization()) AND state = 'draft'"
        ) == 1
    }

    /// Finalises a draft: number, dates, and what is left to pay.
    static func issue(_ it: Invoice, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE invoices SET number = \(it.number), state = \(it.state), issued_at = \(it.issuedAt),
              due_at = \(it.dueAt), credit_applied = \(it.creditApplied.amount), amount_due = \(it.amountDue.amount),
              paid_at = \(it.paidAt) WHERE id = \(it.id) AND organization_id = \(try tx.organization())
            """)
    }

    private static func text(_ party: Party) throws -> String {
        String(decoding: try JSONCoding.encode(party), as: UTF8.self)
    }

    // MARK: Reading

    static func find(_ id: InvoiceID, in tx: any Transaction) throws -> Invoice? {
        try tx.first(
            "SELECT \(columns) FROM invoices WHERE id = \(id) AND organization_id = \(try tx.organization())", invoice)
    }

    /// Whether there is such an organisation; for the scope of the instance.
    static func isCustomer(_ id: OrganizationID, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM organizations WHERE id = \(id)")
    }

    /// The invoice that a public link opens, with its customer; for the scope of the instance.
    static func find(link: String, in tx: any Transaction) throws -> (OrganizationID, InvoiceID)? {
        try tx.first("SELECT organization_id, id FROM invoices WHERE link = \(link) AND state <> 'draft'") {
            (try $0.id(0), try $0.id(1))
        }
    }

    /// Newest first, of one state or of all; drafts are the seller's alone.
    static func page(
        before: String?, limit: Int, state: InvoiceState? = nil, withDrafts: Bool = false, in tx: any Transaction
    ) throws -> [Invoice] {
        var below: SQL = before.map { "AND id < \($0)" } ?? ""
        if !withDrafts { below = "\(below) AND state <> 'draft'" }
        if let state { below = "\(below) AND state = \(state)" }
        return try tx.rows(
            """
            SELECT \(columns) FROM invoices WHERE organization_id = \(try tx.organization()) \(below)
            ORDER BY id DESC LIMIT \(limit)
            """, invoice)
    }

    static func lines(of id: InvoiceID, in tx: any Transaction) throws -> [InvoiceLine] {
        try tx.rows(
            """
            SELECT description, sac, quantity, unit_amount, amount, currency, discount, taxable, tax, period_start,
              period_end, tax_category, revenue FROM invoice_lines
            WHERE invoice_id = \(id) AND organization_id = \(try tx.organization()) ORDER BY position LIMIT 1000
            """
        ) { row in
            let currency = Currency(stored: try row.text(5))
            return InvoiceLine(
                description: try row.text(0), sac: try row.text(1), quantity: try row.int(2),
                unitPrice: row.optionalInt(3).map { Money(stored: $0, currency) },
                amount: try row.money(4, currency: 5), discount: try row.money(6, currency: 5),
                taxable: try row.money(7, currency: 5), tax: try row.money(8, currency: 5),
                periodStart: row.optionalTime(9), periodEnd: row.optionalTime(10), taxCategory: try row.text(11),
                revenue: try row.choice(12))
        }
    }

    static func taxes(of id: InvoiceID, in tx: any Transaction) throws -> [TaxLine] {
        try tx.rows(
            """
            SELECT kind, name, rate, taxable, amount, is_inclusive, currency FROM invoice_taxes
            WHERE invoice_id = \(id) AND organization_id = \(try tx.organization()) ORDER BY position LIMIT 1000
            """
        ) { row in
            TaxLine(
                kind: try row.choice(0), name: try row.text(1), rate: try row.int(2),
                taxable: try row.money(3, currency: 6), amount: try row.money(4, currency: 6),
                isInclusive: try row.flag(5))
        }
    }

    // MARK: Moving on

    /// Marks an open invoice paid; false when it is not open any more.
    static func markPaid(_ id: InvoiceID, in tx: any Transaction) throws -> Bool {
        try move(id, to: .paid, noting: "paid_at", in: tx)
    }

    /// Marks an open invoice void; false when it is not open any more.
    static func markVoid(_ id: InvoiceID, in tx: any Transaction) throws -> Bool {
        try move(id, to: .void, noting: "voided_at", in: tx)
    }

    /// Writes an open invoice off; false when it is not open any more.
    static func markUncollectible(_ id: InvoiceID, in tx: any Transaction) throws -> Bool {
        try move(id, to: .uncollectible, noting: "written_off_at", in: tx)
    }

    private static func move(
        _ id: InvoiceID, to state: InvoiceState, noting column: SQL, in tx: any Transaction
    ) throws -> Bool {
        try tx.run(
            """
            UPDATE invoices SET state = \(state), \(column) = \(tx.now), amount_due = 0
            WHERE id = \(id) AND organization_id = \(try tx.organization()) AND state = 'open'
            """) == 1
    }

    /// Lowers what is left to pay of an open invoice; something has to be left.
    static func lower(_ id: InvoiceID, to due: Int64, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE invoices SET amount_due = \(due)
            WHERE id = \(id) AND organization_id = \(try tx.organization()) AND state = 'open'
            """)
    }

    /// Open invoices past their due date that were not reminded of yet; for the scope of the instance.
    static func overdue(limit: Int, in tx: any Transaction) throws -> [(OrganizationID, InvoiceID)] {
        try tx.rows(
            """
            SELECT organization_id, id FROM invoices
            WHERE state = 'open' AND due_at <= \(tx.now) AND reminded_at IS NULL ORDER BY due_at, id LIMIT \(limit)
            """
        ) { (try $0.id(0), try $0.id(1)) }
    }

    /// Notes that a reminder is sent; false when one was.
    static func markReminded(_ id: InvoiceID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE invoices SET reminded_at = \(tx.now)
            WHERE id = \(id) AND organization_id = \(try tx.organization()) AND reminded_at IS NULL
            """) == 1
    }
}
