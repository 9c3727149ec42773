// The tax of a period by month, rate, kind and place of supply, held against the ledger's tax accounts.
import Core
import Storage
import Web

/// Tax that an invoice, its voiding or a credit note moved; what takes back is negative.
struct TaxMovement: Sendable {
    let at: Timestamp
    let placeOfSupply: String
    let currency: Currency
    /// Nil where nothing is taxed: an export.
    let kind: TaxKind?
    /// Basis points.
    let rate: Int64
    let taxable: Int64
    let tax: Int64
}

/// One line of the summary, in minor units.
struct GSTRow: Codable, Sendable {
    let month: ReportMonth
    let placeOfSupply: String
    let currency: Currency
    /// `cgst`, `sgst`, `igst`, or `zero_rated`.
    let kind: String
    let rate: Int64
    let taxable: Int64
    let tax: Int64

    enum CodingKeys: String, CodingKey {
        case month, currency, kind, rate, taxable, tax
        case placeOfSupply = "place_of_supply"
    }
}

/// What documents and ledger say of one tax account in one month.
struct GSTCheck: Codable, Sendable {
    let month: ReportMonth
    let currency: Currency
    let kind: String
    let documents: Int64
    let ledger: Int64
    let difference: Int64
}

/// The tax of a period.
struct GSTReport: Report {
    let from: ReportMonth
    let to: ReportMonth
    let rows: [GSTRow]
    let checks: [GSTCheck]

    private struct Line: Hashable {
        let month: ReportMonth
        let place: String
        let currency: Currency
        let kind: String
        let rate: Int64
    }

    private struct Slot: Hashable {
        let month: ReportMonth
        let currency: Currency
        let kind: String
    }

    /// - Parameter booked: what the ledger's tax accounts moved by, credits positive.
    init(_ movements: [TaxMovement], booked: [AccountMovement], months: [ReportMonth]) {
        var taxable = Totals<Line>()
        var tax = Totals<Line>()
        var documents = Totals<Slot>()
        var ledger = Totals<Slot>()
        for it in movements {
            let month = ReportMonth(it.at)
            let kind = it.kind?.rawValue ?? "zero_rated"
            let line = Line(
                month: month, place: it.placeOfSupply, currency: it.currency, kind: kind, rate: it.rate)
            taxable.add(it.taxable, to: line)
            tax.add(it.tax, to: line)
            if it.kind != nil {
                documents.add(it.tax, to: Slot(month: month, currency: it.currency, kind: kind))
            }
        }
        for it in booked {
            guard let kind = TaxKind.allCases.first(where: { Account($0) == it.account }) else { continue }
            ledger.add(-it.amount, to: Slot(month: it.month, currency: it.currency, kind: kind.rawValue))
        }
        from = months.first ?? ReportMonth(Timestamp(milliseconds: 0))
        to = months.last ?? from
        rows = taxable.keys.sorted { Self.key($0) < Self.key($1) }.map { line in
            GSTRow(
                month: line.month, placeOfSupply: line.place, currency: line.currency, kind: line.kind,
                rate: line.rate, taxable: taxable[line], tax: tax[line])
        }
        checks = documents.keys.union(ledger.keys).sorted {
            "\($0.month) \($0.currency) \($0.kind)" < "\($1.month) \($1.currency) \($1.kind)"
        }.map { slot in
            GSTCheck(
                month: slot.month, currency: slot.currency, kind: slot.kind, documents: documents[slot],
                ledger: ledger[slot], difference: Int64(total: Int128(documents[slot]) - Int128(ledger[slot])))
        }
    }

    private static func key(_ it: Line) -> String { "\(it.month) \(it.place) \(it.currency) \(it.kind) \(it.rate)" }

    var sheet: ReportSheet {
        ReportSheet(
            name: "GST by month and place of supply",
            columns: [
                "Month", "Place of supply", "Kind", .number("Rate"), "Currency", .number("Taxable value"),
                .number("Tax"),
            ],
            rows: rows.map {
                [
                    .text($0.month.description), .text($0.placeOfSupply), .text($0.kind), .share($0.rate),
                    .text($0.currency.code), .money($0.taxable, $0.currency), .money($0.tax, $0.currency),
                ]
            }, empty: "No tax in these months")
    }

    var checkSheet: ReportSheet {
        ReportSheet(
            name: "Documents and ledger",
            columns: [
                "Month", "Kind", "Currency", .number("Documents"), .number("Ledger"), .number("Difference"),
            ],
            rows: checks.map {
                [
                    .text($0.month.description), .text($0.kind), .text($0.currency.code),
                    .money($0.documents, $0.currency), .money($0.ledger, $0.currency),
                    .money($0.difference, $0.currency),
                ]
            }, empty: "No tax in these months")
    }
}
