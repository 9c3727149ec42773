// The ledger over HTTP, on a real port.
import Core
import Ledger
import Storage
import TestSupport
import Testing
import Web

@Suite struct RouteTests {
    private static func body(_ debit: String, _ credit: String, _ amount: Int64 = 118_000, more: String = "") -> String
    {
        """
        {"description":"Sale","currency":"INR","postings":[\
        {"account":"\(debit)","direction":"debit","amount":\(amount)},\
        {"account":"\(credit)","direction":"credit","amount":118000}]\(more)}
        """
    }

    @Test func `an entry is posted by code or identifier, read, listed and reversed`() async throws {
        try await Book.serve { book, server, base in
            let posted = try await server.send(
                "POST", "\(base)/journal-entries", token: "key", body: Self.body("1000", book.income.text))
            #expect(posted.status == 201, "\(posted.body)")
            let id = try #require(posted.json?["id"]?.stringValue)
            let read = try await server.send("GET", "\(base)/journal-entries/\(id)", token: "key")
            #expect(read.status == 200 && read.json?["sequence"]?.integerValue == 1)
            let mirror = try await server.send(
                "POST", "\(base)/journal-entries/\(id)/reversal", token: "key", body: "{}")
            #expect(mirror.status == 201 && mirror.json?["reverses"]?.stringValue == id)
            let again = try await server.send(
                "POST", "\(base)/journal-entries/\(id)/reversal", token: "key", body: "{}")
            #expect(again.status == 409 && again.problem == "ledger_already_reversed")
            let list = try await server.send("GET", "\(base)/journal-entries?limit=1", token: "key")
            #expect(list.json?["data"]?.arrayValue?.count == 1)
            let cursor = try #require(list.json?["next_cursor"]?.stringValue)
            let rest = try await server.send("GET", "\(base)/journal-entries?limit=1&cursor=\(cursor)", token: "key")
            #expect(rest.json?["data"]?.arrayValue?.first?["id"]?.stringValue == id)
            #expect(rest.json?["next_cursor"] == .null)
        }
    }

    @Test func `an unbalanced entry, an unknown account and a misspelt field are refused by name`() async throws {
        try await Book.serve { book, server, base in
            let path = "\(base)/journal-entries"
            let unbalanced = try await server.send("POST", path, token: "key", body: Self.body("1000", "4000", 5))
            #expect(unbalanced.status == 422 && unbalanced.problem == "ledger_unbalanced")
            let unknown = try await server.send("POST", path, token: "key", body: Self.body("1000", "nope"))
            #expect(unknown.problem == "ledger_unknown_account" && unknown.pointers == ["/postings/1/account"])
            let misspelt = try await server.send(
                "POST", path, token: "key", body: Self.body("1000", "4000", more: ",\"sorce\":null"))
            #expect(misspelt.status == 422 && misspelt.pointers == ["/sorce"])
            let zero = try await server.send("POST", path, token: "key", body: Self.body("1000", "4000", 0))
            #expect(zero.status == 422 && zero.pointers == ["/postings/0/amount"])
            #expect(try book.verify().entries == 0)
        }
    }

    @Test func `a batch is posted whole or not at all`() async throws {
        try await Book.serve { book, server, base in
            let good = Self.body("1000", "4000")
            let path = "\(base)/journal-entries/batch"
            let bad = try await server.send(
                "POST", path, token: "key", body: "{\"entries\":[\(good),\(Self.body("1000", "4000", 7))]}")
            #expect(bad.status == 422)
            #expect(try book.verify().entries == 0)
            let fine = try await server.send("POST", path, token: "key", body: "{\"entries\":[\(good),\(good)]}")
            #expect(fine.status == 201 && fine.json?["data"]?.arrayValue?.count == 2)
        }
    }

    @Test func `accounts are opened, listed with balances, read as of an instant, closed and stated`() async throws {
        try await Book.serve { book, server, base in
            let opened = try await server.send(
                "POST", "\(base)/accounts", token: "key",
                body: "{\"code\":\"5000\",\"name\":\"Fees\",\"type\":\"expense\",\"currency\":\"INR\"}")
            #expect(opened.status == 201, "\(opened.body)")
            let id = try #require(opened.json?["id"]?.stringValue)
            try await book.post(70, debit: LedgerAccountID(stored: id), credit: book.cash)
            let read = try await server.send("GET", "\(base)/accounts/\(id)", token: "key")
            #expect(read.json?["balance"]?["amount"]?.integerValue == 70)
            let past = try await server.send(
                "GET", "\(base)/accounts/\(id)?at=2020-01-01T00:00:00Z", token: "key")
            #expect(past.json?["balance"]?["amount"]?.integerValue == 0)
            let first = try await server.send("GET", "\(base)/accounts?limit=3", token: "key")
            let cursor = try #require(first.json?["next_cursor"]?.stringValue)
            let second = try await server.send("GET", "\(base)/accounts?limit=3&cursor=\(cursor)", token: "key")
            let codes = [first, second].flatMap { $0.json?["data"]?.arrayValue ?? [] }.map { $0["code"]?.stringValue }
            #expect(codes == ["1000", "1000", "2200", "4000", "5000"])
            let statement = try await server.send("GET", "\(base)/accounts/\(id)/statement", token: "key")
            #expect(statement.json?["data"]?.arrayValue?.first?["balance"]?["amount"]?.integerValue == 70)
            let closing = try await server.send(
                "PATCH", "\(base)/accounts/\(id)", token: "key", body: "{\"closed\":true}")
            #expect(closing.problem == "ledger_account_not_empty")
        }
    }

    @Test func `a viewer reads and verifies, and posts nothing`() async throws {
        try await Book.serve(role: .viewer) { book, server, base in
            try await book.post(5)
            let refused = try await server.send(
                "POST", "\(base)/journal-entries", token: "key", body: Self.body("1000", "4000"))
            #expect(refused.status == 403 && refused.problem == "permission_denied")
            let report = try await server.send("POST", "\(base)/verification", token: "key")
            #expect(report.status == 200, "\(report.body)")
            #expect(report.json?["entries"]?.integerValue == 1)
            #expect(report.json?["findings"]?.arrayValue?.isEmpty == true)
        }
    }

    @Test func `an editor posts and opens no accounts`() async throws {
        try await Book.serve(role: .editor) { _, server, base in
            let posted = try await server.send(
                "POST", "\(base)/journal-entries", token: "key", body: Self.body("1000", "4000"))
            #expect(posted.status == 201)
            let refused = try await server.send(
                "POST", "\(base)/accounts", token: "key",
                body: "{\"code\":\"1\",\"name\":\"x\",\"type\":\"asset\",\"currency\":\"INR\"}")
            #expect(refused.status == 403)
        }
    }

    @Test func `another organisation's account and entry are not found`() async throws {
        try await Book.serve { book, server, base in
            let other = try await Book(in: book.file)
            let entry = try await other.post(5)
            for path in ["accounts/\(other.cash)", "accounts/\(other.cash)/statement", "journal-entries/\(entry.id)"] {
                let answer = try await server.send("GET", "\(base)/\(path)", token: "key")
                #expect(answer.status == 404 && answer.problem == "not_found", "\(path)")
            }
            let reversal = try await server.send(
                "POST", "\(base)/journal-entries/\(entry.id)/reversal", token: "key", body: "{}")
            #expect(reversal.status == 404)
            let posting = try await server.send(
                "POST", "\(base)/journal-entries", token: "key", body: Self.body(other.cash.text, "4000"))
            #expect(posting.problem == "ledger_unknown_account")
        }
    }

    @Test func `case 37: an amount is taken exactly as it is written, or refused, and never rounded`() async throws {
        try await Book.serve { book, server, base in
            let send = { (amount: String) in
                try await server.send(
                    "POST", "\(base)/journal-entries", token: "key",
                    body: """
                        {"description":"Sale","currency":"INR","postings":[\
                        {"account":"1000","direction":"debit","amount":\(amount)},\
                        {"account":"4000","direction":"credit","amount":\(amount)}]}
                        """)
            }
            for amount in ["1", "100", "9007199254740991"] {
                let posted = try await send(amount)
                #expect(posted.status == 201, "\(amount): \(posted.body)")
                let stored = posted.json?["postings"]?.arrayValue?.map { $0["amount"]?.integerValue }
                #expect(stored == [Int64(amount), Int64(amount)])
            }
            let before = try await book.contents()
            for amount in [
                "0", "-1", "9007199254740992", "9223372036854775807", "9223372036854775808", "1e2", "100.0", "100.5",
                "\"100\"", "true", "null", "[]", "1E400",
            ] {
                let refused = try await send(amount)
                #expect(refused.status == 422 || refused.status == 400, "\(amount): \(refused.body)")
            }
            #expect(try await book.contents() == before)
        }
    }

    @Test func `case 37: currencies without decimals and with three are kept in minor units too`() async throws {
        for (code, amount, text) in [("JPY", 500, "JPY 500"), ("BHD", 1234, "BHD 1.234")] as [(String, Int64, String)] {
            let currency = try #require(Currency(code))
            let book = try await Book()
            let accounts = try await book.write { tx in
                try ["1", "2"].map {
                    try Ledger.open(NewAccount(code: $0, name: "A", type: .asset, currency: currency), in: tx).id
                }
            }
            let lines: [Posting] = [.debit(accounts[0], amount), .credit(accounts[1], amount)]
            _ = try await book.write { try Ledger.post(NewEntry("Sale", currency, lines), in: $0) }
            let account = try book.read { try Ledger.account(accounts[0], in: $0) }
            #expect(account.balance.amount == amount && account.balance.formatted == text)
        }
    }
}
