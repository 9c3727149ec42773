// A book in a real file, with a few accounts, and the sqlite3 shell on the same file.
import Core
import Dispatch
import Foundation
import Ledger
import Storage
import StorageSQLite
import TestSupport
import Web

/// One organisation's book: three open accounts in rupees, one in dollars, and what tests do with them.
struct Book {
    let file: TestDatabase
    let organization: OrganizationID
    let cash: LedgerAccountID
    let income: LedgerAccountID
    let credit: LedgerAccountID
    let dollars: LedgerAccountID
    static let start = Timestamp(milliseconds: 1_795_411_898_000)

    init(in file: TestDatabase? = nil, clock: Core.Clock = Core.Clock { Book.start }) async throws {
        let file = try file ?? TestDatabase(clock: clock)
        self.file = file
        organization = OrganizationID(at: Book.start)
        (cash, income, credit, dollars) = try await file.database.write(in: .organization(organization), by: .tester) {
            (
                try Ledger.open(NewAccount(code: "1000", name: "Bank", type: .asset, currency: .inr), in: $0).id,
                try Ledger.open(NewAccount(code: "4000", name: "Revenue", type: .income, currency: .inr), in: $0).id,
                try Ledger.open(
                    NewAccount(
                        code: "2200", name: "Customer credit", type: .liability, currency: .inr, rule: .creditOnly),
                    in: $0
                ).id,
                try Ledger.open(NewAccount(code: "1000", name: "Bank", type: .asset, currency: .usd), in: $0).id
            )
        }
    }

    /// A book behind a server; `key` is a token with the given role in every organisation.
    static func serve(
        role: Role? = .owner, clock: Core.Clock = Core.Clock { Book.start },
        _ body: @escaping @Sendable (Book, TestServer, String) async throws -> Void
    ) async throws {
        let book = try await Book(clock: clock)
        var routes = Routes()
        let ledger = Ledger(database: book.file.database)
        ledger.addRoutes(to: &routes)
        let key = Principal(
            .apiKey(APIKeyID(at: Book.start), organization: book.organization, role: role ?? .viewer), display: "key")
        try await withServer(
            routes.endpoints, on: book.file.database, settings: .testing(principals: ["key": key], role: role)
        ) { server in try await body(book, server, "/v1/orgs/\(book.organization)/ledger") }
    }

    /// Runs a unit of work in the organisation's scope.
    func write<Value: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Value) async throws -> Value {
        try await file.database.write(in: .organization(organization), by: .tester, body)
    }

    func read<Value>(_ body: (any Transaction) throws -> Value) throws -> Value {
        try file.database.read(in: .organization(organization), body)
    }

    /// Posts an entry of two lines.
    @discardableResult
    func post(
        _ amount: Int64, debit: LedgerAccountID? = nil, credit: LedgerAccountID? = nil, source: EntrySource? = nil,
        effectiveAt: Timestamp? = nil
    ) async throws -> JournalEntry {
        var entry = NewEntry("Sale", .inr, [.debit(debit ?? cash, amount), .credit(credit ?? income, amount)])
        entry.source = source
        entry.effectiveAt = effectiveAt
        let new = entry
        return try await write { try Ledger.post(new, in: $0) }
    }

    func balance(_ account: LedgerAccountID) throws -> Int64 {
        try read { try Ledger.account(account, in: $0).balance.amount }
    }

    func verify() throws -> LedgerReport { try file.database.read(in: .instance) { try Ledger.verify(in: $0) } }

    /// Runs statements with the sqlite3 shell on the same file, and returns what it printed on both outputs.
    @discardableResult
    func shell(_ statements: String) async throws -> String {
        try await Command.runBeside(
            "sqlite3", ["-batch", "-cmd", ".timeout 5000", file.path], input: statements
        ).output
    }

    /// Everything the ledger has stored, as the shell prints it after running statements in the same session.
    func contents(after statements: String = "") async throws -> String {
        let printed = try await shell(
            """
            \(statements)
            ROLLBACK;
            .print ----
            SELECT * FROM ledger_books; SELECT * FROM ledger_accounts; SELECT * FROM ledger_postings;
            SELECT * FROM ledger_holds; SELECT * FROM ledger_hold_ends; SELECT * FROM ledger_hold_lines;
            SELECT organization_id, seq, id, postings, description, hex(previous_hash), hex(hash) FROM ledger_entries;
            """)
        return printed.firstRange(of: "----\n").map { String(printed[$0.upperBound...]) } ?? printed
    }
}

extension Actor {
    static let tester = Actor.system("test")
}

/// A fixed sequence of numbers for property tests (SplitMix64).
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
