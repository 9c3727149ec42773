// A report as a table: the same rows for the page, the CSV file and the chart's labels.
import Audit
import Core
import Storage
import Web

/// Rows under named columns.
struct ReportSheet: Sendable {
    /// One value of a row.
    enum Cell: Sendable {
        case text(String)
        /// Text that leads to a page of the console.
        case link(String, href: String)
        case money(Int64, Currency)
        case count(Int64)
        /// Hundredths of a percent.
        case share(Int64?)
        case date(Timestamp)
    }

    let name: String
    let columns: [Column]
    var rows: [[Cell]]
    /// What stands instead of a table without rows.
    var empty = "Nothing to show"

    /// RFC 4180; money as a decimal number without symbol, so that a spreadsheet adds it up.
    var csv: [UInt8] {
        CSV.line(columns.map { $0.title.lowercased().replacing(" ", with: "_") })
            + rows.flatMap { Array(($0.map(\.csv).joined(separator: ",") + "\r\n").utf8) }
    }

    /// Rows that a page shows; the file has them all.
    static let shown = 40

    var html: HTML {
        let table = HTML.table(
            name, columns: columns, rows: rows.prefix(Self.shown).map { $0.map(\.html) },
            empty: HTML.emptyState(empty, "There is a row here when there is something to report."))
        let rest = rows.count - Self.shown
        return rest > 0 ? "\(table)<p class=\"muted small\">\(rest) more rows are in the CSV file.</p>" : table
    }
}

extension ReportSheet.Cell {
    var csv: String {
        switch self {
        case .text(let text), .link(let text, _): CSV.cell(text)
        // A number may begin with a minus: it is no formula.
        case .money(let amount, let currency): Self.decimal(amount, currency)
        case .count(let number): String(number)
        case .share(let share): share.map { Self.decimal($0, .inr) } ?? ""
        case .date(let instant): instant.description
        }
    }

    var html: HTML {
        switch self {
        // A month or a currency stays in one piece.
        case .text(let text): text.utf8.count <= 12 ? "<span class=\"nowrap\">\(text)</span>" : "\(text)"
        case .link(let text, let href): HTML.rowLink(text, href: href)
        case .money(let amount, let currency): HTML.money(Money(stored: amount, currency))
        case .count(let number): "\(number)"
        case .share(let share): share.map { "\(Self.decimal($0, .inr)) %" } ?? HTML.muted("none")
        case .date(let instant): HTML.date(instant)
        }
    }

    /// `-1234.50`: minor units with the decimals of their currency.
    static func decimal(_ amount: Int64, _ currency: Currency) -> String {
        let exponent = currency.exponent
        let digits = String(amount.magnitude)
        let padded = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
        let sign = amount < 0 ? "-" : ""
        return exponent == 0
            ? sign + padded : "\(sign)\(padded.dropLast(exponent)).\(padded.suffix(exponent))"
    }
}

/// What a report is: a JSON document that can also be read as a table.
protocol Report: Codable, Sendable {
    var sheet: ReportSheet { get }
}

extension Int64 {
    /// A sum that was taken wide enough; what no amount can be is cut to the largest that one can.
    init(total: Int128) { self = Int64(clamping: total) }
}

/// Sums by key that can't overflow.
struct Totals<Key: Hashable & Sendable>: Sendable {
    private(set) var values: [Key: Int128] = [:]

    mutating func add(_ amount: Int64, to key: Key) { values[key, default: 0] += Int128(amount) }

    subscript(_ key: Key) -> Int64 { Int64(total: values[key] ?? 0) }

    var keys: Set<Key> { Set(values.keys) }
}

/// `part ÷ whole` in hundredths of a percent, rounded half up; nil of nothing.
func basisPoints(_ part: Int64, of whole: Int64) -> Int64? {
    guard whole > 0, part >= 0 else { return nil }
    return Int64(total: (Int128(part) * 20_000 + Int128(whole)) / (2 * Int128(whole)))
}
