// By hand, with the sqlite3 shell: nothing unbalanced, changed or deleted can be committed.
import Core
import Foundation
import Ledger
import Storage
import TestSupport
import Testing

@Suite struct ShellTests {
    /// Three entries, the first of a source, the second its reversal, and a closed period.
    private static func filledBook() async throws -> Book {
        let book = try await Book()
        let first = try await book.post(700, source: EntrySource("invoice", "inv_1"))
        _ = try await book.write { try Ledger.reverse(first.id, in: $0) }
        try await book.post(40, credit: book.credit)
        try await book.write { try Ledger.close(through: Timestamp(milliseconds: 1000), in: $0) }
        return book
    }

    @Test(arguments: [
        "", "PRAGMA recursive_triggers = ON;", "PRAGMA foreign_keys = ON;", "PRAGMA foreign_keys = OFF;",
        "PRAGMA ignore_check_constraints = ON;", "PRAGMA defer_foreign_keys = ON;",
    ])
    func `case 40: no statement of the shell changes the book`(settings: String) async throws {
        let book = try await Self.filledBook()
        let before = try await book.contents()
        #expect(before.split(separator: "\n").count > 12)
        for attack in Attacks(book: book).all {
            let after = try await book.contents(after: "\(settings)\n\(attack.statements)")
            #expect(after == before, "\(attack.name)")
            if after != before { return }
        }
        #expect(try book.verify().isSound)
    }

    @Test func `a right entry can be posted by hand, and verification finds that its hash is made up`() async throws {
        let book = try await Self.filledBook()
        let printed = try await book.shell(Attacks(book: book).entry())
        #expect(printed.isEmpty)
        let report = try book.verify()
        #expect(report.findings.count == 1)
        #expect(report.findings.first?.sequence == 4)
    }

    @Test func `running totals end before 64 bits do, whatever verb posts`() async throws {
        let book = try await Book()
        let filler = (0..<1024).map { _ in Money.limit }
        try await book.write { tx in
            for amount in filler {
                let lines: [Posting] = [.debit(book.cash, amount), .credit(book.income, amount)]
                try Ledger.post(NewEntry("Much", .inr, lines), in: tx)
            }
        }
        let before = try await book.contents()
        await #expect(throws: LedgerProblem.outOfRange) { try await book.post(Money.limit) }
        let attacks = Attacks(book: book)
        let lines = "{\"\(book.cash)\":\(Money.limit),\"\(book.income)\":-\(Money.limit)}"
        for verb in ["INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "INSERT OR FAIL"] {
            try await book.shell(attacks.entry(verb, seq: "1025", postings: lines))
            #expect(try await book.contents() == before, "\(verb)")
        }
    }

    @Test func `a failed posting by hand says which rule it broke`() async throws {
        let book = try await Self.filledBook()
        let attacks = Attacks(book: book)
        let printed = try await book.shell(attacks.entry(postings: "{\"\(book.cash)\":100,\"\(book.income)\":-99}"))
        #expect(printed.contains("ledger: entry is unbalanced"))
    }
}
