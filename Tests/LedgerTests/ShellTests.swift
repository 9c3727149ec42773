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
        let attacks = Attacks(book: book)
        let foreign = attacks.onForeign(try await Book(in: book.file).cash)
        let before = try await book.contents()
        #expect(before.split(separator: "\n").count > 12)
        for attack in attacks.all + [foreign] {
            let after = try await book.contents(after: "\(settings)\n\(attack.statements)")
            #expect(after == before, "\(attack.name)")
            if after != before { return }
        }
        #expect(try book.verify().isSound)
    }

    @Test(arguments: [
        "", "PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = ON;", "PRAGMA ignore_check_constraints = ON;",
    ])
    func `case 40: no statement of the shell changes what is held, or takes it`(settings: String) async throws {
        let clock = MovableClock(base: Core.Clock { Timestamp(milliseconds: 4_102_444_700_000) })
        let book = try await Book(clock: clock.clock)
        try await book.post(60, credit: book.credit)
        let hold: @Sendable (Int64, Int64) async throws -> HoldID = { amount, seconds in
            try await book.write { tx in
                try Ledger.hold(
                    NewHold(
                        "Order", debit: book.credit, credit: book.income, amount: Money(stored: amount, .inr),
                        expiresAt: tx.now.adding(.seconds(seconds))), in: tx
                ).id
            }
        }
        let posted = try await hold(10, 300)
        _ = try await book.write { try Ledger.post(posted, in: $0) }
        let attacks = HoldAttacks(
            book: book, pending: try await hold(25, 300), short: try await hold(10, 90), posted: posted)
        let before = try await book.contents()
        for attack in attacks.all {
            let after = try await book.contents(after: "\(settings)\n\(attack.statements)")
            #expect(after == before, "\(attack.name)")
            if after != before { return }
        }
        #expect(try book.verify().firstProblem == nil)
    }

    @Test func `a closed account takes no posting by hand`() async throws {
        let book = try await Self.filledBook()
        let other = NewAccount(code: "9000", name: "Old", type: .asset, currency: .inr)
        let id = try await book.write { tx in
            try Ledger.change(try Ledger.open(other, in: tx), isClosed: true, in: tx).id
        }
        let before = try await book.contents()
        let lines = "{\"\(id)\":100,\"\(book.income)\":-100}"
        for verb in ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"] {
            let printed = try await book.shell(Attacks(book: book).entry(verb, postings: lines))
            #expect(printed.contains("ledger: account is closed"))
            #expect(try await book.contents() == before)
        }
    }

    @Test func `case 36: a hold is taken, posted and ended whole or not at all, at every statement`() async throws {
        let book = try await Book()
        try await book.post(60, credit: book.credit)
        let new = NewHold(
            "Order", debit: book.credit, credit: book.income, amount: Money(stored: 25, .inr),
            expiresAt: Book.start.adding(.hours(1)))
        struct Crash: Error {}
        let empty = try await book.contents()
        await #expect(throws: Crash.self) {
            try await book.write { tx in
                _ = try Ledger.hold(new, in: tx)
                throw Crash()
            }
        }
        #expect(try await book.contents() == empty)
        let hold = try await book.write { try Ledger.hold(new, in: $0) }
        let held = try await book.contents()
        await #expect(throws: Crash.self) {
            try await book.write { tx in
                _ = try Ledger.post(hold.id, in: tx)
                throw Crash()
            }
        }
        #expect(try await book.contents() == held)
        // One statement moves the money and ends the hold; there is none that does half of it.
        let entry = Attacks(book: book).entry(
            seq: "2", id: "'je_2'", kind: "'hold_posted'", type: "'ledger_hold'", source: "'\(hold.id)'",
            postings: "{\"\(book.credit)\":25,\"\(book.income)\":-25}"
        ).replacing("4102444800000", with: "\(Book.start.milliseconds + 1)")
        #expect(try await book.shell(entry) == "")
        #expect(try book.read { try Ledger.hold(hold.id, in: $0) }.state == .posted)
        #expect(try book.read { try Ledger.account(book.credit, in: $0) }.available?.amount == 35)
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
