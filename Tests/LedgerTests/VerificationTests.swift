// Damage that somebody does after taking the triggers away: each kind is found, and the entry is named.
import Core
import Ledger
import Storage
import TestSupport
import Testing

@Suite struct VerificationTests {
    private static let triggers = [
        "ledger_entries_check", "ledger_entries_post", "ledger_postings_check", "ledger_entries_no_update",
        "ledger_entries_no_delete", "ledger_postings_no_update", "ledger_postings_no_delete", "ledger_accounts_check",
        "ledger_accounts_fixed", "ledger_accounts_no_delete", "ledger_books_check", "ledger_books_forward",
        "ledger_books_no_delete", "ledger_holds_check", "ledger_holds_take", "ledger_hold_ends_check",
        "ledger_hold_ends_release", "ledger_hold_lines_check", "ledger_entries_hold", "ledger_postings_held",
        "ledger_accounts_held", "ledger_holds_no_update", "ledger_holds_no_delete", "ledger_hold_ends_no_update",
        "ledger_hold_ends_no_delete", "ledger_hold_lines_no_update", "ledger_hold_lines_no_delete",
    ]

    private static func filledBook() async throws -> Book {
        let book = try await Book()
        for amount in 1...6 as ClosedRange<Int64> { try await book.post(amount * 100) }
        return book
    }

    /// Takes all triggers away, runs statements, and puts the triggers back as they were.
    private func damage(_ book: Book, _ statements: String) async throws {
        let texts = try await book.shell(
            "SELECT sql || ';' FROM sqlite_schema WHERE type = 'trigger' AND tbl_name LIKE 'ledger_%';")
        let dropping = Self.triggers.map { "DROP TRIGGER \($0);" }.joined()
        let printed = try await book.shell("\(dropping)\n\(statements)\n\(texts)")
        #expect(printed.isEmpty)
    }

    @Test(arguments: [
        "DELETE FROM ledger_holds WHERE amount = 30", "DELETE FROM ledger_holds WHERE amount = 20",
        "UPDATE ledger_holds SET amount = 29 WHERE amount = 30",
        "DELETE FROM ledger_hold_ends WHERE outcome = 'posted'",
        "UPDATE ledger_hold_ends SET amount = 19 WHERE outcome = 'posted'",
        "UPDATE ledger_hold_ends SET entry_seq = 1 WHERE outcome = 'posted'",
        "UPDATE ledger_hold_ends SET outcome = 'voided', entry_seq = NULL WHERE outcome = 'posted'",
        "DELETE FROM ledger_hold_lines WHERE seq = 3", "UPDATE ledger_hold_lines SET debits_after = 0 WHERE seq = 3",
        "DELETE FROM ledger_hold_ends WHERE outcome = 'voided'",
        "INSERT INTO ledger_hold_ends SELECT organization_id, id, 'voided', NULL, 0, 1 FROM ledger_holds "
            + "WHERE amount = 30",
    ])
    func `case 40: damage to holds is found`(statement: String) async throws {
        let book = try await Book()
        try await book.post(100, credit: book.credit)
        for amount in [20, 10, 30] as [Int64] {
            let new = NewHold(
                "Order", debit: book.credit, credit: book.income, amount: Money(stored: amount, .inr),
                expiresAt: Book.start.adding(.hours(1)))
            let hold = try await book.write { try Ledger.hold(new, in: $0) }
            if amount == 20 { _ = try await book.write { try Ledger.post(hold.id, in: $0) } }
            if amount == 10 { _ = try await book.write { try Ledger.void(hold.id, in: $0) } }
        }
        #expect(try book.verify().firstProblem == nil)
        try await damage(book, statement + ";")
        let report = try book.verify()
        #expect(!report.isSound && report.findings.first?.organizationID == book.organization.text)
    }

    @Test func `an untouched book is sound, and everything in it is counted`() async throws {
        let book = try await Self.filledBook()
        let report = try book.verify()
        #expect(report.isSound && report.firstProblem == nil)
        #expect(report.books == 1 && report.accounts == 4 && report.entries == 6 && report.postings == 12)
    }

    @Test(arguments: [
        ("UPDATE ledger_entries SET description = 'x' WHERE seq = 3", 3),
        ("UPDATE ledger_entries SET effective_at = 1 WHERE seq = 3", 3),
        ("UPDATE ledger_entries SET source_type = 'a', source_id = 'b' WHERE seq = 2", 2),
        ("UPDATE ledger_entries SET hash = zeroblob(32) WHERE seq = 4", 4),
        ("UPDATE ledger_entries SET previous_hash = zeroblob(32) WHERE seq = 4", 4),
        ("UPDATE ledger_entries SET postings = replace(postings, '300', '301') WHERE seq = 3", 3),
        ("UPDATE ledger_entries SET postings = 'x' WHERE seq = 5", 5),
        ("DELETE FROM ledger_entries WHERE seq = 3", 3),
        ("DELETE FROM ledger_entries WHERE seq = 6", 6),
        ("DELETE FROM ledger_postings WHERE seq = 3 AND amount > 0", 3),
        ("UPDATE ledger_postings SET amount = amount + 1 WHERE seq = 2 AND amount > 0", 2),
        ("UPDATE ledger_postings SET debits_after = debits_after + 1 WHERE seq = 2", 2),
        ("UPDATE ledger_postings SET effective_at = 1 WHERE seq = 5", 5),
        (
            "INSERT INTO ledger_postings SELECT organization_id, account_id, 9, 1, 2101, 0, 1 FROM ledger_postings "
                + "WHERE seq = 6 AND amount > 0", 9
        ),
    ])
    func `case 40: damage is found, and the entry is named`(statement: String, sequence: Int64) async throws {
        let book = try await Self.filledBook()
        try await damage(book, statement + ";")
        let report = try book.verify()
        #expect(report.findings.first?.sequence == sequence, "\(report.firstProblem ?? "nothing found")")
        #expect(report.findings.first?.organizationID == book.organization.text)
    }

    @Test(arguments: ["DELETE FROM ledger_accounts WHERE code = '4000'", "DELETE FROM ledger_books"])
    func `a missing account or book is found`(statement: String) async throws {
        let book = try await Self.filledBook()
        try await damage(book, "PRAGMA foreign_keys = OFF; \(statement);")
        #expect(try !book.verify().isSound)
    }

    @Test(arguments: triggers) func `a missing trigger is named`(trigger: String) async throws {
        let book = try await Book()
        try await book.shell("DROP TRIGGER \(trigger);")
        #expect(try book.verify().firstProblem?.contains("\(trigger) is missing") == true)
    }

    @Test func `a trigger that was weakened, and one that was slipped in, are named`() async throws {
        let book = try await Book()
        try await book.shell(
            """
            DROP TRIGGER ledger_entries_no_delete;
            CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries BEGIN SELECT 1; END;
            """)
        #expect(try book.verify().firstProblem?.contains("ledger_entries_no_delete was altered") == true)
        let other = try await Book()
        try await other.shell("CREATE TRIGGER helpful AFTER INSERT ON ledger_postings BEGIN SELECT 1; END;")
        #expect(try other.verify().firstProblem?.contains("helpful does not belong") == true)
    }

    @Test func `what a shell without triggers writes is found`() async throws {
        let book = try await Self.filledBook()
        let entry = Attacks(book: book).entry(seq: "7", postings: "{\"\(book.cash)\":5,\"\(book.income)\":-4}")
        try await book.shell(".dbconfig enable_trigger off\n\(entry)\n")
        let report = try book.verify()
        #expect(report.findings.first?.sequence == 7)
        #expect(report.findings.contains { $0.what == "it does not balance" })
    }

    @Test func `damage in one book does not hide in another, and each is verified by itself`() async throws {
        let book = try await Self.filledBook()
        let other = try await Book(in: book.file)
        try await other.post(5)
        try await damage(
            book,
            "UPDATE ledger_entries SET description = 'x' WHERE seq = 1 AND organization_id = '\(book.organization)';")
        let own = try other.read { try Ledger.verify(in: $0) }
        #expect(own.isSound && own.books == 1 && own.entries == 1)
        #expect(try !book.verify().isSound)
    }
}
