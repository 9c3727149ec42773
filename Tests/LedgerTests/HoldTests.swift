// Transfers in two phases: what is held, what is available, and how a hold ends.
import Core
import Jobs
import Ledger
import Logging
import Storage
import TestSupport
import Testing
import Web

@Suite struct HoldTests {
    /// A wallet (credits only) with 100, which is what the tests hold from, for the account of revenue.
    private static func wallet(_ clock: MovableClock? = nil) async throws -> Book {
        let book = try await Book(clock: clock?.clock ?? Core.Clock { Book.start })
        try await book.post(100, credit: book.credit)
        return book
    }

    private static func hold(_ amount: Int64, in book: Book, minutes: Int64 = 60) async throws -> Hold {
        let new = NewHold(
            "Order", debit: book.credit, credit: book.income, amount: Money(stored: amount, .inr),
            expiresAt: Book.start.adding(.minutes(minutes)))
        return try await book.write { try Ledger.hold(new, in: $0) }
    }

    private static func wallet(of book: Book) throws -> LedgerAccount {
        try book.read { try Ledger.account(book.credit, in: $0) }
    }

    @Test func `a hold lessens what is available and nothing else, and a post moves it`() async throws {
        let book = try await Self.wallet()
        let hold = try await Self.hold(60, in: book)
        #expect(hold.state == .pending)
        var wallet = try Self.wallet(of: book)
        #expect(wallet.balance.amount == 100 && wallet.available?.amount == 40)
        #expect(wallet.pending?.debits == 60 && wallet.pending?.credits == 0)
        let posted = try await book.write { try Ledger.post(hold.id, in: $0) }
        #expect(posted.state == .posted && posted.posted?.amount == 60)
        wallet = try Self.wallet(of: book)
        #expect(wallet.balance.amount == 40 && wallet.available?.amount == 40)
        let entry = try #require(posted.entry)
        #expect(try book.read { try Ledger.entry(entry, in: $0) }.source == EntrySource("ledger_hold", hold.id))
        #expect(try book.verify().firstProblem == nil)
    }

    @Test func `a part is posted and the rest released; more than is held is refused`() async throws {
        let book = try await Self.wallet()
        let hold = try await Self.hold(60, in: book)
        await #expect(throws: LedgerProblem.exceedsHold) {
            try await book.write { try Ledger.post(hold.id, amount: 61, in: $0) }
        }
        await #expect(throws: LedgerProblem.exceedsHold) {
            try await book.write { try Ledger.post(hold.id, amount: 0, in: $0) }
        }
        let posted = try await book.write { try Ledger.post(hold.id, amount: 25, in: $0) }
        #expect(posted.amount.amount == 60 && posted.posted?.amount == 25)
        let wallet = try Self.wallet(of: book)
        #expect(wallet.balance.amount == 75 && wallet.available?.amount == 75)
        #expect(try book.verify().isSound)
    }

    @Test func `a hold ends once`() async throws {
        let book = try await Self.wallet()
        let hold = try await Self.hold(60, in: book)
        let voided = try await book.write { try Ledger.void(hold.id, in: $0) }
        #expect(voided.state == .voided && voided.posted == nil)
        #expect(try Self.wallet(of: book).available?.amount == 100)
        await #expect(throws: LedgerProblem.holdEnded) { try await book.write { try Ledger.post(hold.id, in: $0) } }
        await #expect(throws: LedgerProblem.holdEnded) { try await book.write { try Ledger.void(hold.id, in: $0) } }
        #expect(try book.balance(book.income) == 0)
    }

    @Test func `what is posted and held on one side never exceeds what is posted on the other`() async throws {
        let book = try await Self.wallet()
        _ = try await Self.hold(60, in: book)
        await #expect(throws: LedgerProblem.exceedsAvailable) { try await Self.hold(41, in: book) }
        // The balance would stay on its side; it is the hold that is in the way.
        await #expect(throws: LedgerProblem.exceedsAvailable) {
            try await book.post(41, debit: book.credit, credit: book.cash)
        }
        try await book.post(40, debit: book.credit, credit: book.cash)
        await #expect(throws: LedgerProblem.exceedsAvailable) { try await Self.hold(1, in: book) }
        #expect(try book.verify().isSound)
    }

    @Test func `a debit side limit counts held credits`() async throws {
        let book = try await Book()
        let till = try await book.write {
            try Ledger.open(
                NewAccount(code: "1001", name: "Till", type: .asset, currency: .inr, rule: .debitOnly), in: $0)
        }
        try await book.post(30, debit: till.id)
        let hold: @Sendable (Int64) -> NewHold = { amount in
            NewHold(
                "Change", debit: book.income, credit: till.id, amount: Money(stored: amount, .inr),
                expiresAt: Book.start.adding(.hours(1)))
        }
        await #expect(throws: LedgerProblem.exceedsAvailable) {
            try await book.write { try Ledger.hold(hold(31), in: $0) }
        }
        _ = try await book.write { try Ledger.hold(hold(30), in: $0) }
        #expect(try book.read { try Ledger.account(till.id, in: $0) }.available?.amount == 0)
        await #expect(throws: LedgerProblem.exceedsAvailable) {
            try await book.post(1, debit: book.income, credit: till.id)
        }
    }

    @Test func `fifty holds at once take exactly what is available`() async throws {
        let book = try await Self.wallet()
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do {
                        _ = try await Self.hold(7, in: book)
                        return 1
                    } catch LedgerProblem.exceedsAvailable { return 0 }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(taken == 14)
        #expect(try Self.wallet(of: book).available?.amount == 2)
        #expect(try book.verify().isSound)
    }

    @Test func `from its expiry on a hold can not be posted, and the job releases it`() async throws {
        let clock = MovableClock(base: Core.Clock { Book.start })
        let book = try await Self.wallet(clock)
        let hold = try await Self.hold(60, in: book, minutes: 10)
        let due = try await book.shell("SELECT run_at FROM jobs WHERE kind = 'ledger.expire_hold';")
        #expect(due == "\(hold.expiresAt.milliseconds)\n")
        var handlers = JobHandlers()
        Ledger(database: book.file.database).addJobs(to: &handlers)
        let runner = JobRunner(
            database: book.file.database, handlers: handlers,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        _ = try await runner.runDue()
        #expect(try book.read { try Ledger.hold(hold.id, in: $0) }.state == .pending)
        clock.advance(by: .minutes(10))
        await #expect(throws: LedgerProblem.holdExpired) { try await book.write { try Ledger.post(hold.id, in: $0) } }
        _ = try await runner.runDue()
        #expect(try book.read { try Ledger.hold(hold.id, in: $0) }.state == .expired)
        #expect(try Self.wallet(of: book).available?.amount == 100)
        #expect(try book.verify().isSound)
    }

    @Test func `an account with something held stays open`() async throws {
        let book = try await Book()
        let new = NewHold(
            "Order", debit: book.cash, credit: book.income, amount: Money(stored: 5, .inr),
            expiresAt: Book.start.adding(.hours(1)))
        let hold = try await book.write { try Ledger.hold(new, in: $0) }
        let close: @Sendable () async throws -> Void = {
            try await book.write { tx in
                _ = try Ledger.change(try Ledger.account(book.cash, in: tx), isClosed: true, in: tx)
            }
        }
        await #expect(throws: LedgerProblem.accountHeld) { try await close() }
        _ = try await book.write { try Ledger.void(hold.id, in: $0) }
        try await close()
        await #expect(throws: LedgerProblem.accountClosed) { try await book.write { try Ledger.hold(new, in: $0) } }
    }

    @Test func `over HTTP a hold is made, read, posted in part and listed`() async throws {
        try await Book.serve { book, server, base in
            try await book.post(100, credit: book.credit)
            let key = { (name: String) in [(name: "Idempotency-Key", value: name)] }
            let body = """
                {"description":"Order","currency":"INR","amount":60,"debit_account":"2200","credit_account":"4000"}
                """
            let made = try await server.send(
                "POST", "\(base)/holds", token: "key", headers: key("a"), body: body)
            #expect(made.status == 201, "\(made.body)")
            let id = try #require(made.json?["id"]?.stringValue)
            let again = try await server.send("POST", "\(base)/holds", token: "key", headers: key("a"), body: body)
            #expect(again.json?["id"]?.stringValue == id)
            let more = try await server.send("POST", "\(base)/holds", token: "key", headers: key("b"), body: body)
            #expect(more.status == 409 && more.problem == "ledger_exceeds_available", "\(more.body)")
            let unknown = try await server.send(
                "POST", "\(base)/holds", token: "key", headers: key("c"), body: body.replacing("4000", with: "nope"))
            #expect(unknown.pointers == ["/credit_account"], "\(unknown.body)")
            let keyless = try await server.send("POST", "\(base)/holds/\(id)/void", token: "key")
            #expect(keyless.status == 400 || keyless.status == 422, "\(keyless.body)")
            let posted = try await server.send(
                "POST", "\(base)/holds/\(id)/post", token: "key", headers: key("d"), body: "{\"amount\":25}")
            #expect(posted.json?["state"]?.stringValue == "posted", "\(posted.body)")
            let voided = try await server.send("POST", "\(base)/holds/\(id)/void", token: "key", headers: key("e"))
            #expect(voided.problem == "ledger_hold_ended", "\(voided.body)")
            let list = try await server.send("GET", "\(base)/holds", token: "key")
            #expect(list.json?["data"]?.arrayValue?.count == 1)
            let account = try await server.send("GET", "\(base)/accounts/\(book.credit)", token: "key")
            #expect(account.json?["available"]?["amount"]?.integerValue == 75, "\(account.body)")
        }
    }
}
