// All SQL of invoices, credit notes and their numbers.
import Core
import Storage
import Web

enum InvoiceStore {
    private static let columns: SQL =
        """
        id, number, state, plan_code, period, period_start, period_end, subtotal, tax, amount, currency, seller,
        customer, place_of_supply, issued_at, due_at, paid_at, voided_at
        """

    private static func invoice(_ row: Row) throws -> Invoice {
        Invoice(
            id: try row.id(0), number: try row.text(1), state: try row.choice(2), plan: try row.text(3),
            interval: try row.choice(4), periodStart: try row.time(5), periodEnd: try row.time(6),
            subtotal: try row.money(7, currency: 10), tax: try row.money(8, currency: 10),
            total: try row.money(9, currency: 10),
            seller: try JSONCoding.decode(Party.self, from: Array(try row.text(11).utf8)),
            customer: try JSONCoding.decode(Party.self, from: Array(try row.text(12).utf8)),
            placeOfSupply: try row.text(13), issuedAt: try row.time(14), dueAt: try row.time(15),
            paidAt: row.optionalTime(16), voidedAt: row.optionalTime(17))
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

    static func insert(
        _ it: Invoice, lines: [InvoiceLine], taxes: [TaxLine], in tx: any Transaction
    ) throws {
        let organization = try tx.organization()
        try tx.run(
            """
            INSERT INTO invoices (\(columns), organization_id)
            VALUES (\(it.id), \(it.number), \(it.state), \(it.plan), \(it.interval), \(it.periodStart), \(it.periodEnd),
              \(it.subtotal.amount), \(it.tax.amount), \(it.total.amount), \(it.total.currency),
              \(try text(it.seller)), \(try text(it.customer)), \(it.placeOfSupply), \(it.issuedAt), \(it.dueAt),
              \(it.paidAt), \(it.voidedAt), \(organization))
            """)
        for (index, line) in lines.enumerated() {
            try tx.run(
                """
                INSERT INTO invoice_lines
                  (organization_id, invoice_id, position, description, sac, quantity, unit_amount, amount, currency)
                VALUES (\(organization), \(it.id), \(index + 1), \(line.description), \(line.sac), \(line.quantity),
                  \(line.unitPrice.amount), \(line.amount.amount), \(line.amount.currency))
                """)
        }
        for tax in taxes {
            try tx.run(
                """
                INSERT INTO invoice_taxes (organization_id, invoice_id, kind, rate, amount, currency)
                VALUES (\(organization), \(it.id), \(tax.kind), \(tax.rate), \(tax.amount.amount),
                  \(tax.amount.currency))
                """)
        }
    }

    private static func text(_ party: Party) throws -> String {
        String(decoding: try JSONCoding.encode(party), as: UTF8.self)
    }

    static func find(_ id: InvoiceID, in tx: any Transaction) throws -> Invoice? {
        try tx.first(
            "SELECT \(columns) FROM invoices WHERE id = \(id) AND organization_id = \(try tx.organization())", invoice)
    }

    /// Newest first.
    static func page(before: String?, limit: Int, in tx: any Transaction) throws -> [Invoice] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM invoices WHERE organization_id = \(try tx.organization()) \(below)
            ORDER BY id DESC LIMIT \(limit)
            """, invoice)
    }

    static func lines(of id: InvoiceID, in tx: any Transaction) throws -> [InvoiceLine] {
        try tx.rows(
            """
            SELECT description, sac, quantity, unit_amount, amount, currency FROM invoice_lines
            WHERE invoice_id = \(id) AND organization_id = \(try tx.organization()) ORDER BY position LIMIT 1000
            """
        ) { row in
            InvoiceLine(
                description: try row.text(0), sac: try row.text(1), quantity: try row.int(2),
                unitPrice: try row.money(3, currency: 5), amount: try row.money(4, currency: 5))
        }
    }

    static func taxes(of id: InvoiceID, in tx: any Transaction) throws -> [TaxLine] {
        try tx.rows(
            """
            SELECT kind, rate, amount, currency FROM invoice_taxes
            WHERE invoice_id = \(id) AND organization_id = \(try tx.organization()) ORDER BY kind
            """
        ) { row in TaxLine(kind: try row.choice(0), rate: try row.int(1), amount: try row.money(2, currency: 3)) }
    }

    /// Marks an open invoice paid; false when it is not open any more.
    static func markPaid(_ id: InvoiceID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE invoices SET state = 'paid', paid_at = \(tx.now)
            WHERE id = \(id) AND organization_id = \(try tx.organization()) AND state = 'open'
            """) == 1
    }

    /// Marks an open invoice void; false when it is not open any more.
    static func markVoid(_ id: InvoiceID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE invoices SET state = 'void', voided_at = \(tx.now)
            WHERE id = \(id) AND organization_id = \(try tx.organization()) AND state = 'open'
            """) == 1
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

    // MARK: Credit notes

    static func insert(_ note: CreditNote, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO credit_notes
              (id, organization_id, number, invoice_id, refund_id, subtotal, tax, amount, currency, issued_at)
            VALUES (\(note.id), \(try tx.organization()), \(note.number), \(note.invoice), \(note.refund),
              \(note.subtotal.amount), \(note.tax.amount), \(note.total.amount), \(note.total.currency),
              \(note.issuedAt))
            """)
    }

    static func creditNotes(of invoice: InvoiceID, in tx: any Transaction) throws -> [CreditNote] {
        try tx.rows(
            """
            SELECT id, number, invoice_id, refund_id, subtotal, tax, amount, currency, issued_at FROM credit_notes
            WHERE invoice_id = \(invoice) AND organization_id = \(try tx.organization()) ORDER BY id LIMIT 1000
            """
        ) { row in
            CreditNote(
                id: try row.id(0), number: try row.text(1), invoice: try row.id(2), refund: try row.id(3),
                subtotal: try row.money(4, currency: 7), tax: try row.money(5, currency: 7),
                total: try row.money(6, currency: 7), issuedAt: try row.time(8))
        }
    }
}
