// Numbers of invoices and credit notes: consecutive in a series and a fiscal year.
import Core
import Storage

/// A series of documents with numbers of its own.
enum DocumentSeries: String, SQLBindable {
    case invoice = "INV"
    case creditNote = "CRN"
}

enum DocumentNumber {
    /// The fiscal year of an instant in Indian standard time: `2627` for April 2026 to March 2027.
    static func fiscalYear(of instant: Timestamp) -> String {
        let date = CivilDate(instant.adding(.minutes(330)))
        let first = date.month >= 4 ? date.year : date.year - 1
        return twoDigits(first % 100) + twoDigits((first + 1) % 100)
    }

    /// The fiscal year of a seller: in India from April, elsewhere the calendar year in UTC, `2026`.
    static func fiscalYear(of instant: Timestamp, for seller: Party) -> String {
        seller.country == "IN" ? fiscalYear(of: instant) : "\(CivilDate(instant).year)"
    }

    /// `INV/2627/000001`: at most 16 characters, as Rule 46 of the CGST Rules wants it.
    static func format(_ series: DocumentSeries, _ year: String, _ number: Int64) -> String {
        let digits = String(number)
        return "\(series.rawValue)/\(year)/" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// Takes the next number, in the transaction of the document: one that is rolled back leaves no gap.
    static func take(_ series: DocumentSeries, of seller: Party, in tx: any Transaction) throws -> String {
        let year = fiscalYear(of: tx.now, for: seller)
        let number = try tx.scoped(to: .instance) { tx in
            try InvoiceStore.nextNumber(series, year: year, in: tx)
        }
        guard number <= 9_999_999 else { throw BillingProblem.numbersUsedUp }
        return format(series, year, number)
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
