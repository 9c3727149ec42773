// What posting promises, through the product's own functions.
import Core
import Ledger
import Storage
import TestSupport
import Testing

@Suite struct PostingTests {
    @Test func `an entry moves both balances and takes the next place in the book`() async throws {
        let book = try await Book()
        let first = try await book.post(118_000)
        let second = try await book.post(2_000, debit: book.income, credit: book.cash)
        #expect(first.sequence == 1 && second.sequence == 2)
        #expect(first.amount.amount == 118_000)
        #expect(try book.balance(book.cash) == 116_000)
        #expect(try book.balance(book.income) == 116_000)
        let account = try book.read { try Ledger.account(book.cash, in: $0) }
        #expect(account.debits == 118_000 && account.credits == 2_000)
        let stored = try book.read { try Ledger.entry(first.id, in: $0) }
        #expect(stored.postings == first.postings && stored.hash == first.hash)
    }

    @Test func `an unbalanced entry is refused with both sums`() async throws {
        let book = try await Book()
        let entry = NewEntry("Sale", .inr, [.debit(book.cash, 100), .credit(book.income, 99)])
        await #expect(throws: LedgerProblem.unbalanced(debits: 100, credits: 99)) {
            try await book.write { try Ledger.post(entry, in: $0) }
        }
        #expect(try book.balance(book.cash) == 0)
    }

    @Test(arguments: [0, -5, Money.limit + 1, Int64.max, Int64.min])
    func `an amount outside 1 to 2^53 − 1 is refused`(amount: Int64) async throws {
        let book = try await Book()
        await #expect(throws: Problem.self) { try await book.post(amount) }
        #expect(try book.verify().entries == 0)
    }

    @Test func `an account stands in an entry once`() async throws {
        let book = try await Book()
        await #expect(throws: LedgerProblem.accountRepeated(index: 1)) {
            try await book.post(5, debit: book.cash, credit: book.cash)
        }
    }

    @Test func `an account of another currency, another organisation or nobody is refused`() async throws {
        let book = try await Book()
        let other = try await Book(in: book.file)
        await #expect(throws: LedgerProblem.currencyDiffers) { try await book.post(5, credit: book.dollars) }
        await #expect(throws: LedgerProblem.unknownAccount(index: nil)) { try await book.post(5, credit: other.cash) }
        await #expect(throws: LedgerProblem.unknownAccount(index: nil)) {
            try await book.post(5, credit: LedgerAccountID(at: Book.start))
        }
        #expect(try book.verify().entries == 0)
    }

    @Test func `a business fact is booked once, and asking again gives the entry that stands`() async throws {
        let book = try await Book()
        let source = EntrySource("invoice", "inv_1")
        let first = try await book.post(500, source: source)
        let again = try await book.post(500, source: source)
        #expect(again.id == first.id)
        #expect(try book.balance(book.cash) == 500)
        await #expect(throws: LedgerProblem.factBooked) { try await book.post(501, source: source) }
        #expect(try book.balance(book.cash) == 500)
    }

    @Test func `fifty tasks that book the same fact book it once`() async throws {
        let book = try await Book()
        let ids = try await withThrowingTaskGroup(of: JournalEntryID.self) { group in
            for _ in 0..<50 {
                group.addTask { try await book.post(500, source: EntrySource("rzp_payment", "pay_1")).id }
            }
            return try await group.reduce(into: Set<JournalEntryID>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(try book.balance(book.cash) == 500)
    }

    @Test func `an entry is reversed once, and its mirror brings the balances back`() async throws {
        let book = try await Book()
        let entry = try await book.post(700)
        let mirror = try await book.write { try Ledger.reverse(entry.id, in: $0) }
        #expect(mirror.reverses == entry.id)
        #expect(try book.balance(book.cash) == 0)
        #expect(try book.read { try Ledger.entry(entry.id, in: $0) }.reversedBy == mirror.id)
        await #expect(throws: LedgerProblem.alreadyReversed) {
            try await book.write { try Ledger.reverse(entry.id, in: $0) }
        }
    }

    @Test func `a rule keeps a balance on its side, judged after the whole entry`() async throws {
        let book = try await Book()
        try await book.post(40, credit: book.credit)
        await #expect(throws: LedgerProblem.wrongSide) {
            try await book.post(41, debit: book.credit, credit: book.cash)
        }
        try await book.post(40, debit: book.credit, credit: book.cash)
        #expect(try book.balance(book.credit) == 0)
    }

    @Test func `nothing is posted into a closed period, and it is not opened again`() async throws {
        let book = try await Book()
        try await book.post(1, effectiveAt: Book.start)
        try await book.write { try Ledger.close(through: Book.start, in: $0) }
        await #expect(throws: LedgerProblem.periodClosed) { try await book.post(1, effectiveAt: Book.start) }
        try await book.post(1, effectiveAt: Book.start.adding(Milliseconds(1)))
        await #expect(throws: LedgerProblem.closingBackwards) {
            try await book.write { try Ledger.close(through: Book.start.adding(Milliseconds(-1)), in: $0) }
        }
    }

    @Test func `an account with a balance can not be closed, and a closed one takes no posting`() async throws {
        let book = try await Book()
        try await book.post(9)
        let close: @Sendable () async throws -> Void = {
            try await book.write { tx in
                _ = try Ledger.change(try Ledger.account(book.cash, in: tx), isClosed: true, in: tx)
            }
        }
        await #expect(throws: LedgerProblem.notEmpty) { try await close() }
        try await book.post(9, debit: book.income, credit: book.cash)
        try await close()
        await #expect(throws: LedgerProblem.accountClosed) { try await book.post(1) }
    }

    @Test func `a code is taken once for each currency and owner`() async throws {
        let book = try await Book()
        let account = NewAccount(code: "1000", name: "Another", type: .asset, currency: .inr)
        await #expect(throws: LedgerProblem.codeTaken) { try await book.write { try Ledger.open(account, in: $0) } }
        let owned = NewAccount(code: "1000", name: "Hers", type: .asset, currency: .inr, ownerID: "cus_1")
        let id = try await book.write { try Ledger.ensure(owned, in: $0) }
        #expect(try await book.write { try Ledger.ensure(owned, in: $0) } == id)
    }

    @Test func `a balance can be read as the book stood at any instant`() async throws {
        let clock = MovableClock(base: Core.Clock { Book.start })
        let book = try await Book(clock: clock.clock)
        for amount in 1...20 as ClosedRange<Int64> {
            clock.advance(by: .seconds(60))
            try await book.post(amount)
        }
        for count in 0...20 as ClosedRange<Int64> {
            let instant = Book.start.adding(.seconds(60 * count + 30))
            let balance = try book.read { try Ledger.account(book.cash, at: instant, in: $0).balance.amount }
            #expect(balance == count * (count + 1) / 2)
        }
    }

    @Test func `a clock that is set back does not turn the book around`() async throws {
        let clock = MovableClock(base: Core.Clock { Book.start })
        let book = try await Book(clock: clock.clock)
        let first = try await book.post(1)
        clock.advance(by: .hours(-5))
        let second = try await book.post(1)
        #expect(second.bookedAt == first.bookedAt)
        #expect(try book.verify().isSound)
    }

    @Test func `a unit that fails after posting leaves nothing`() async throws {
        struct Later: Error {}
        let book = try await Book()
        let before = try await book.contents()
        await #expect(throws: Later.self) {
            try await book.write { tx in
                try Ledger.post(NewEntry("Sale", .inr, [.debit(book.cash, 5), .credit(book.income, 5)]), in: tx)
                throw Later()
            }
        }
        #expect(try await book.contents() == before)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `random entries keep every sum at zero and balances equal to a replay`(seed: UInt64) async throws {
        let book = try await Book()
        var numbers = Numbers(state: seed)
        var accounts: [LedgerAccountID] = []
        for index in 0..<12 {
            let new = NewAccount(code: "9\(index)", name: "Account \(index)", type: .asset, currency: .inr)
            accounts.append(try await book.write { try Ledger.open(new, in: $0) }.id)
        }
        var replay: [LedgerAccountID: Int64] = [:]
        for _ in 0..<150 {
            let postings = Self.postings(on: accounts, &numbers)
            let entry = NewEntry("Random", .inr, postings)
            do {
                _ = try await book.write { try Ledger.post(entry, in: $0) }
            } catch LedgerProblem.unbalanced { continue }
            for line in postings {
                replay[line.account, default: 0] += line.direction == .debit ? line.amount : -line.amount
            }
            #expect(replay.values.reduce(0, +) == 0)
        }
        for account in accounts { #expect(try book.balance(account) == replay[account, default: 0]) }
        let report = try book.verify()
        #expect(report.isSound, "\(report.firstProblem ?? "")")
        #expect(try await book.shell("SELECT total(amount) FROM ledger_postings;") == "0.0\n")
    }

    /// Two to six lines on different accounts; one in five does not balance.
    private static func postings(on accounts: [LedgerAccountID], _ numbers: inout Numbers) -> [Posting] {
        let chosen = accounts.shuffled(using: &numbers).prefix(Int.random(in: 2...6, using: &numbers))
        var lines: [Posting] = []
        var sum: Int64 = 0
        for account in chosen.dropLast() {
            let amount = Int64.random(in: 1...1_000_000, using: &numbers)
            let direction: Direction = Bool.random(using: &numbers) ? .debit : .credit
            sum += direction == .debit ? amount : -amount
            lines.append(Posting(direction, account, amount))
        }
        if Int.random(in: 0..<5, using: &numbers) == 0 { sum += 1 }
        if sum != 0 { lines.append(Posting(sum > 0 ? .credit : .debit, chosen[chosen.endIndex - 1], abs(sum))) }
        return lines.count > 1 ? lines : [.debit(accounts[0], 1), .credit(accounts[1], 2)]
    }
}
