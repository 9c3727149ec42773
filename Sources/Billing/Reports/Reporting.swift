// Makes the reports: each from one state of the database, in the scope of the instance.
import Core
import Storage
import Web

extension Billing {
    func aging(_ query: ReportQuery, in tx: any Transaction) throws -> AgingReport {
        AgingReport(try ReportStore.receivables(at: query.at, in: tx), at: query.at)
    }

    func gst(_ query: ReportQuery, in tx: any Transaction) throws -> GSTReport {
        let documents =
            try ReportStore.invoiceTaxes(from: query.from, to: query.to, in: tx) + creditNoteTaxes(query, in: tx)
        let booked = try ReportStore.movements(
            of: TaxKind.allCases.map { Account($0) }, before: query.to, in: tx)
        return GSTReport(
            documents, booked: booked.filter { $0.month >= (query.months.first ?? $0.month) }, months: query.months)
    }

    /// What credit notes took back of each tax. Their parts follow from the invoice and from the notes before them, as
    /// when they were issued.
    private func creditNoteTaxes(_ query: ReportQuery, in tx: any Transaction) throws -> [TaxMovement] {
        try ReportStore.creditedInvoices(from: query.from, to: query.to, in: tx).flatMap { organization, id in
            try tx.scoped(to: .organization(organization)) { tx -> [TaxMovement] in
                guard let invoice = try InvoiceStore.find(id, in: tx) else { return [] }
                let taxes = try InvoiceStore.taxes(of: id, in: tx)
                var before: Int64 = 0
                var movements: [TaxMovement] = []
                for note in try InvoiceStore.creditNotes(of: id, in: tx) {
                    let split = CreditSplit(of: invoice, taxes, from: before, to: before + note.total.amount)
                    before += note.total.amount
                    guard note.issuedAt >= query.from, note.issuedAt < query.to else { continue }
                    movements += Self.movements(of: note, split, taxes, invoice)
                }
                return movements
            }
        }
    }

    private static func movements(
        of note: CreditNote, _ split: CreditSplit, _ taxes: [TaxLine], _ invoice: Invoice
    ) -> [TaxMovement] {
        func movement(_ kind: TaxKind?, _ rate: Int64, _ tax: Int64) -> TaxMovement {
            TaxMovement(
                at: note.issuedAt, placeOfSupply: invoice.placeOfSupply, currency: note.total.currency, kind: kind,
                rate: rate, taxable: -split.net, tax: -tax)
        }
        if taxes.isEmpty { return [movement(nil, 0, 0)] }
        return taxes.map { tax in
            movement(tax.kind, tax.rate, split.taxes.first { $0.kind == tax.kind }?.amount ?? 0)
        }
    }

    func revenue(_ query: ReportQuery, in tx: any Transaction) throws -> RevenueReport {
        let accounts = Account.allCases.filter { $0.isRevenue || $0.isFee || $0 == .deferredRevenue }
        return RevenueReport(
            try ReportStore.movements(of: accounts, before: query.to, in: tx), months: query.months)
    }

    func reconciliation(_ query: ReportQuery, in tx: any Transaction) throws -> ReconciliationReport {
        var sides = ReconciliationReport.Sides()
        sides.receivables = try ReportStore.balances(of: .receivable, at: query.at, in: tx)
        sides.deferred = try ReportStore.balances(of: .deferredRevenue, at: query.at, in: tx)
        sides.clearing = try ReportStore.clearing(at: query.at, in: tx)
        sides.owed = try ReportStore.receivables(at: query.at, in: tx)
        sides.unearned = try ReportStore.unearned(at: query.at, in: tx)
        for provider in providers.all {
            let account = provider.account
            // The simulator of Razorpay has its own books in this file; any other provider is known by its report.
            if case .page = provider.checkout, provider.kind == .razorpay {
                sides.provider += try ReportStore.simulator(account, in: tx)
                sides.providersHeard.insert(account)
            } else if let through = try SettlementStore.reportedThrough(account, in: tx) {
                // What is newer than the report was not heard of yet, so it is left out on both sides.
                sides.provider += try ReportStore.reported(account, in: tx)
                sides.clearing.removeAll { $0.provider == account && $0.at > through }
                sides.providersHeard.insert(account)
            }
        }
        return ReconciliationReport(sides, at: query.at)
    }
}
