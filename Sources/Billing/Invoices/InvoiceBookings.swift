// What invoices and credit notes do to the seller's books.
import Core
import Storage

extension Booking {
    private static func invoice(
        _ kind: String, _ it: Invoice, _ words: String, organization: OrganizationID,
        _ postings: [(account: Account, amount: Int64)]
    ) -> Booking {
        Booking(
            kind: kind, sourceType: "invoice", sourceID: it.id.text, currency: it.total.currency,
            customer: organization, provider: "", description: "Invoice \(it.number)\(words)", postings: postings)
    }

    /// What the customer owes, what is earned now or later, and the tax that is owed to the state.
    private static func parts(
        _ it: Invoice, _ lines: [InvoiceLine], _ taxes: [TaxLine], sign: Int64
    ) -> [(account: Account, amount: Int64)] {
        [(.receivable, sign * it.total.amount)]
            + lines.map { ($0.revenue.account, -sign * $0.taxable.amount) }
            + taxes.map { (Account($0.kind), -sign * $0.amount.amount) }
    }

    /// An invoice is finalised: the customer owes it, the revenue is earned later, the tax is owed to the state.
    static func invoice(
        _ it: Invoice, _ lines: [InvoiceLine], _ taxes: [TaxLine], organization: OrganizationID
    ) -> Booking {
        invoice("invoice", it, "", organization: organization, parts(it, lines, taxes, sign: 1))
    }

    /// An invoice is void: the mirror of its entry.
    static func void(
        _ it: Invoice, _ lines: [InvoiceLine], _ taxes: [TaxLine], organization: OrganizationID
    ) -> Booking {
        invoice("invoice_void", it, " voided", organization: organization, parts(it, lines, taxes, sign: -1))
    }

    /// The customer's balance changed with an invoice: more of it is credit, less is receivable.
    static func credit(_ it: Invoice, _ kind: String, _ amount: Int64, organization: OrganizationID) -> Booking {
        invoice(
            kind, it, amount < 0 ? ": customer credit applied" : ": credit to the customer", organization: organization,
            [(.receivable, amount), (.customerCredit, -amount)])
    }

    /// Money in suspense is the customer's credit; a rest that was carried is paid by it first.
    static func allocated(_ it: Payment, _ amount: Int64, credit: Int64) -> Booking {
        Booking(
            kind: "allocate", sourceType: "payment", sourceID: it.remoteID, currency: it.amount.currency,
            customer: it.organization, provider: it.provider,
            description: "Unapplied payment \(it.remoteID) is the customer's credit",
            postings: [(.suspense, amount), (.customerCredit, -credit), (.receivable, credit - amount)])
    }

    /// What is left of an invoice is lost.
    static func writeOff(_ it: Invoice, organization: OrganizationID) -> Booking {
        invoice(
            "write_off", it, " written off", organization: organization,
            [(.badDebt, it.amountDue.amount), (.receivable, -it.amountDue.amount)])
    }

    /// A credit note: what is not earned yet is not deferred any more, the rest lessens revenue; the customer owes
    /// less, has credit, or is owed money.
    static func creditNote(
        _ it: CreditNote, _ split: CreditSplit, earned: Int64, organization: OrganizationID
    ) -> Booking {
        Booking(
            kind: "credit_note", sourceType: it.refund == nil ? "credit_note" : "refund",
            sourceID: it.refund?.text ?? it.id.text, currency: it.total.currency, customer: organization, provider: "",
            description: "Credit note \(it.number)",
            postings: [(.deferredRevenue, split.net - earned), (.creditNotes, earned)]
                + split.taxes.map { (Account($0.kind), $0.amount) }
                + [
                    (.receivable, -it.toInvoice), (.customerCredit, -it.toBalance), (.refundsOwed, -it.toRefund),
                ])
    }
}
