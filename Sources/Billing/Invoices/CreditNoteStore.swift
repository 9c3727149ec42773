// All SQL of credit notes.
import Core
import Storage

extension InvoiceStore {
    private static let noteColumns: SQL =
        """
        id, number, invoice_id, refund_id, subtotal, tax, amount, currency, to_invoice, to_balance, to_refund, reason,
        issued_at
        """

    static func insert(_ note: CreditNote, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO credit_notes (\(noteColumns), organization_id)
            VALUES (\(note.id), \(note.number), \(note.invoice), \(note.refund), \(note.subtotal.amount),
              \(note.tax.amount), \(note.total.amount), \(note.total.currency), \(note.toInvoice), \(note.toBalance),
              \(note.toRefund), \(note.reason), \(note.issuedAt), \(try tx.organization()))
            """)
    }

    static func creditNotes(of invoice: InvoiceID, in tx: any Transaction) throws -> [CreditNote] {
        try tx.rows(
            """
            SELECT \(noteColumns) FROM credit_notes
            WHERE invoice_id = \(invoice) AND organization_id = \(try tx.organization()) ORDER BY id LIMIT 1000
            """
        ) { row in
            CreditNote(
                id: try row.id(0), number: try row.text(1), invoice: try row.id(2), refund: row.optionalID(3),
                subtotal: try row.money(4, currency: 7), tax: try row.money(5, currency: 7),
                total: try row.money(6, currency: 7), toInvoice: try row.int(8), toBalance: try row.int(9),
                toRefund: try row.int(10), reason: try row.text(11), issuedAt: try row.time(12))
        }
    }
}
