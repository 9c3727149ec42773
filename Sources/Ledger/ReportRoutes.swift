// Reports, the state of a book and its closing over HTTP: an organisation's own book, and the instance's.
package import Core
import Storage
import Web

/// A book as a whole.
package struct BookState: Codable, Sendable {
    /// Nothing effective at or before it is posted any more; null while nothing is closed.
    package let closedThrough: Timestamp?
    /// The newest entry; null in an empty book. Publish it: who knows it can prove that no entry before it was touched.
    package let head: LedgerHead?

    enum CodingKeys: String, CodingKey {
        case head
        case closedThrough = "closed_through"
    }
}

struct CloseRequest: RequestBody {
    let through: Timestamp

    static let rules: [String: Rule] = [
        "through": .note("Nothing effective at or before this instant is posted any more. It can't be taken back.")
    ]
}

extension Ledger {
    /// The book that billing posts to: the instance's own stands beside those of the organisations.
    package static let instanceBook = OrganizationID(stored: "instance")

    /// Where the operations of a book are and who may call them.
    struct BookPlace {
        let base: String
        let suffix: String
        let tag: String
        let read: Access
        let manage: Access

        static let all = [
            BookPlace(
                base: "/v1/orgs/{org}/ledger", suffix: "", tag: "ledger", read: .member(.ledgerRead),
                manage: .member(.ledgerManage)),
            BookPlace(
                base: "/v1/operator/ledger", suffix: "OfInstance", tag: "operator", read: .operators,
                manage: .operators),
        ]
    }

    /// Whose book a call is about.
    static func book<Body>(of call: Call<Body>) throws -> Scope {
        .organization(call.role == nil ? instanceBook : try call.organization())
    }

    func addReports(to routes: inout Routes) {
        for place in BookPlace.all {
            addReport("trial-balance", "getTrialBalance", "What every account comes to", place, to: &routes) {
                try Self.trialBalance(at: $0.to ?? $1.now, by: $0.basis, in: $1)
            }
            addReport("balance-sheet", "getBalanceSheet", "What is owned and owed", place, to: &routes) {
                try Self.balanceSheet(at: $0.to ?? $1.now, by: $0.basis, in: $1)
            }
            addReport(
                "profit-and-loss", "getProfitAndLoss", "What was earned and spent", place, isRange: true, to: &routes
            ) {
                try Self.profitAndLoss(
                    from: $0.from ?? Timestamp(milliseconds: 0), to: $0.to ?? $1.now.adding(Milliseconds(1)),
                    by: $0.basis, in: $1)
            }
            addBook(place, to: &routes)
        }
    }

    /// What a report is asked for.
    struct ReportQuery {
        let from: Timestamp?
        let to: Timestamp?
        let basis: TimeBasis
    }

    private func addReport<Report: Codable & Sendable>(
        _ name: String, _ id: String, _ summary: String, _ place: BookPlace, isRange: Bool = false,
        to routes: inout Routes, _ make: @escaping @Sendable (ReportQuery, any Transaction) throws -> Report
    ) {
        let times =
            isRange
            ? [
                QueryParameter("from", "From this instant on; from the beginning unless given.", Timestamp.schema),
                QueryParameter("to", "Up to before this instant; until now unless given.", Timestamp.schema),
            ] : [QueryParameter("at", "At this instant; now unless given.", Timestamp.schema)]
        routes.add(
            Endpoint(
                method: "GET", path: "\(place.base)/reports/\(name)", id: id + place.suffix,
                summary: "\(summary), by currency", tag: place.tag, access: place.read,
                query: times + [Self.basisParameter(default: .effective)],
                output: .json(Schema.of(Report.self), status: 200), problems: ["ledger_out_of_range"], cost: 10,
                work: .act { [database] call in
                    let query = ReportQuery(
                        from: try Self.instant("from", call.query("from")),
                        to: try Self.instant(isRange ? "to" : "at", call.query(isRange ? "to" : "at")),
                        basis: try Self.basis(call.query("basis"), default: .effective))
                    let report = try await database.readAtLength(in: try Self.book(of: call)) { tx in
                        try make(query, tx)
                    }
                    return try .json(report, status: 200)
                }))
    }

    private func addBook(_ place: BookPlace, to routes: inout Routes) {
        routes.get(
            place.base + "/book", "getLedgerBook" + place.suffix, "Read how far the book goes and is closed",
            tag: place.tag, allow: place.read, returns: BookState.self
        ) { call, tx in try tx.scoped(to: try Self.book(of: call)) { try Self.state(in: $0) } }
        routes.post(
            place.base + "/closing", "closeLedger" + place.suffix, "Close the book through an instant", tag: place.tag,
            allow: place.manage, body: CloseRequest.self, returns: BookState.self,
            problems: ["ledger_closing_backwards"]
        ) { call, tx in
            try tx.scoped(to: try Self.book(of: call)) { tx in
                try Self.close(through: call.body.through, in: tx)
                return try Self.state(in: tx)
            }
        }
    }

    /// The state of the organisation's book.
    static func state(in tx: any Transaction) throws -> BookState {
        let organization = try tx.organization()
        let closed = try LedgerStore.closedThrough(of: organization, in: tx)
        return BookState(
            closedThrough: closed.flatMap { $0.milliseconds > 0 ? $0 : nil },
            head: try LedgerStore.head(of: organization, in: tx).map {
                LedgerHead(organization: organization, sequence: $0.sequence, hash: $0.hash)
            })
    }
}
