// Balances at an instant, by when entries were booked and by when they count.
import Core
import Ledger
import Storage
import TestSupport
import Testing
import Web

@Suite struct AsOfTests {
    private static func instant(_ minutes: Int64) -> Timestamp { Book.start.adding(.minutes(minutes)) }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `at any instant the balance is the sum of the entries up to it, by either time`(seed: UInt64) async throws {
        let clock = MovableClock(base: Core.Clock { Book.start })
        let book = try await Book(clock: clock.clock)
        var numbers = Numbers(state: seed)
        var posted: [JournalEntry] = []
        for minute in 1...40 as ClosedRange<Int64> {
            clock.advance(by: .seconds(60))
            // One in three counts at another time than it is booked: earlier or later.
            let isOwn = Int.random(in: 0..<3, using: &numbers) == 0
            let counts = isOwn ? Self.instant(Int64.random(in: 1...50, using: &numbers)) : nil
            let back = Bool.random(using: &numbers)
            posted.append(
                try await book.post(
                    minute * 10, debit: back ? book.income : book.cash, credit: back ? book.cash : book.income,
                    effectiveAt: counts))
        }
        for minute in 0...51 as ClosedRange<Int64> {
            let cut = Self.instant(minute)
            for basis in TimeBasis.allCases {
                let counted = posted.filter { (basis == .booked ? $0.bookedAt : $0.effectiveAt) <= cut }
                let debits = counted.flatMap(\.postings).filter { $0.account == book.cash && $0.direction == .debit }
                let credits = counted.flatMap(\.postings).filter { $0.account == book.cash && $0.direction == .credit }
                let account = try book.read { try Ledger.account(book.cash, at: cut, by: basis, in: $0) }
                #expect(account.debits == debits.reduce(0) { $0 + $1.amount }, "\(basis) at minute \(minute)")
                #expect(account.credits == credits.reduce(0) { $0 + $1.amount }, "\(basis) at minute \(minute)")
            }
        }
    }

    @Test func `an account answers by either time, and refuses an instant or a basis that is none`() async throws {
        try await Book.serve { book, server, base in
            try await book.post(70, effectiveAt: Self.instant(-60))
            let path = "\(base)/accounts/\(book.cash)"
            let balance = { (query: String) in
                try await server.send("GET", "\(path)?\(query)", token: "key").json?["balance"]?["amount"]?.integerValue
            }
            let past = "at=\(Self.instant(-30))"
            #expect(try await balance(past) == 0)
            #expect(try await balance("\(past)&basis=booked") == 0)
            #expect(try await balance("\(past)&basis=effective") == 70)
            #expect(try await balance("at=\(Self.instant(-61))&basis=effective") == 0)
            let noInstant = try await server.send("GET", "\(path)?at=yesterday", token: "key")
            #expect(noInstant.status == 422 && noInstant.pointers == ["?at"])
            let noBasis = try await server.send("GET", "\(path)?at=\(Book.start)&basis=mine", token: "key")
            #expect(noBasis.status == 422 && noBasis.pointers == ["?basis"])
        }
    }

    @Test func `a statement shows what was booked from one instant to before another, with running balances`()
        async throws
    {
        let clock = MovableClock(base: Core.Clock { Book.start })
        try await Book.serve(clock: clock.clock) { book, server, base in
            for amount in 1...6 as ClosedRange<Int64> {
                clock.advance(by: .seconds(60))
                try await book.post(amount)
            }
            let path = "\(base)/accounts/\(book.cash)/statement"
            let query = "from=\(Self.instant(2))&to=\(Self.instant(5))"
            let answer = try await server.send("GET", "\(path)?\(query)&limit=2", token: "key")
            let balances = { (answer: RawAnswer) in
                answer.json?["data"]?.arrayValue?.compactMap { $0["balance"]?["amount"]?.integerValue }
            }
            #expect(balances(answer) == [10, 6], "\(answer.body)")
            let cursor = try #require(answer.json?["next_cursor"]?.stringValue)
            let rest = try await server.send("GET", "\(path)?\(query)&limit=2&cursor=\(cursor)", token: "key")
            #expect(balances(rest) == [3], "\(rest.body)")
            let none = try await server.send(
                "GET", "\(path)?from=\(Self.instant(5))&to=\(Self.instant(2))", token: "key")
            #expect(balances(none) == [])
        }
    }
}
