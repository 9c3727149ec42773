// A book as a file: comma-separated values, or a journal for beancount or hledger.
import Core
package import Storage
import Web

/// The forms of an exported book.
package enum BookFormat: String, CaseIterable, Sendable {
    case csv, beancount, hledger

    /// The usual ending of such a file.
    var ending: String { self == .hledger ? "journal" : rawValue }
}

/// One stretch of an exported book. The parts of a book, one after the other, are the whole file.
package struct BookPart: Sendable {
    package let bytes: [UInt8]
    /// Where the next part goes on; nil behind the last one.
    package let next: Int64?
    /// The last entry of the whole book, as of the first part; nil in an empty book.
    package let head: LedgerHead?
}

extension Ledger {
    /// Entries in one file over HTTP.
    static let exportLimit = 20_000

    /// The entries of the organisation's book after one place and up to another, at most `limit` of them; the first
    /// part brings the accounts, the last one the head. Throws 422 when the book ends before `last`.
    package static func export(
        _ format: BookFormat, after first: Int64 = 0, through last: Int64? = nil, limit: Int, in tx: any Transaction
    ) throws -> BookPart {
        let organization = try tx.organization()
        let end = try LedgerStore.head(of: organization, in: tx)?.sequence ?? 0
        let last = last ?? end
        guard (0...last).contains(first), last <= end else {
            throw Problem.invalid([FieldProblem("?after", "range", "The book does not reach that far.")])
        }
        let accounts = try LedgerStore.totals(through: 0, in: tx)
        let entries = try LedgerStore.entries(after: first, through: last, limit: limit, in: tx)
        let reached = entries.last?.sequence ?? first
        let head = try LedgerStore.hash(last, organization: organization, in: tx).map {
            LedgerHead(organization: organization, sequence: last, hash: $0)
        }
        let start = try LedgerStore.beginning(in: tx) ?? tx.now
        let writer = BookWriter(format: format, organization: organization, accounts: accounts)
        var text = first == 0 ? writer.opening(on: start) : ""
        for entry in entries { writer.write(entry, to: &text) }
        if reached == last, let head { writer.close(with: head, to: &text) }
        return BookPart(bytes: Array(text.utf8), next: reached < last ? reached : nil, head: head)
    }

    func addExport(to routes: inout Routes) {
        for place in BookPlace.all {
            var format = Schema(.string)
            format.choices = BookFormat.allCases.map(\.rawValue)
            routes.add(
                Endpoint(
                    method: "GET", path: "\(place.base)/export", id: "exportLedger" + place.suffix,
                    summary: "Export the book, oldest first; `Link` leads to the next part", tag: place.tag,
                    access: place.read,
                    query: [
                        QueryParameter("format", "csv, beancount or hledger.", format, isRequired: true),
                        QueryParameter("after", "Only entries after this place.", .integer(0...Int64.max)),
                        QueryParameter("through", "Only entries up to this place.", .integer(0...Int64.max)),
                    ], output: .other(mediaType: "text/plain; charset=utf-8", status: 200), cost: 50,
                    work: .act { [database] call in
                        guard let format = call.query("format").flatMap({ BookFormat(rawValue: $0) }) else {
                            throw Problem.invalid([
                                FieldProblem("?format", "choice", "Use csv, beancount or hledger.")
                            ])
                        }
                        let scope = try Self.book(of: call)
                        let (after, through) = (call.query("after"), call.query("through"))
                        let part = try await database.readAtLength(in: scope) { tx in
                            try Self.export(
                                format, after: after.flatMap { Int64($0) } ?? 0,
                                through: through.flatMap { Int64($0) }, limit: Self.exportLimit, in: tx)
                        }
                        let base = place.base.replacing("{org}", with: call.parameter("org"))
                        return Self.answer(part, format, at: "\(base)/export")
                    }))
        }
    }

    private static func answer(_ part: BookPart, _ format: BookFormat, at path: String) -> Response {
        var response = Response(
            status: 200,
            headers: [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Disposition", "attachment; filename=\"ledger.\(format.ending)\""),
            ], body: part.bytes)
        guard let head = part.head else { return response }
        response.headers.append(("Ledger-Head", head.text))
        if let next = part.next {
            let query = "format=\(format.rawValue)&after=\(next)&through=\(head.sequence)"
            response.headers.append(("Link", "<\(path)?\(query)>; rel=\"next\""))
        }
        return response
    }
}
