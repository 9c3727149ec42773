// Batches of entries: all or none, chained, and refused by the entry's place.
import Core
import Ledger
import Storage
import TestSupport
import Testing
import Web

@Suite struct BatchTests {
    private static func entry(_ amount: Int64, _ other: Int64? = nil, account: String = "1000") -> String {
        """
        {"description":"Sale","currency":"INR","postings":[\
        {"account":"\(account)","direction":"debit","amount":\(amount)},\
        {"account":"4000","direction":"credit","amount":\(other ?? amount)}]}
        """
    }

    private static func body(_ entries: [String]) -> String { "{\"entries\":[\(entries.joined(separator: ","))]}" }

    @Test func `a hundred entries take a hundred places in one chain, with one record and one event`() async throws {
        try await Book.serve { book, server, base in
            try await book.post(7)
            let entries = (1...100).map { Self.entry($0) }
            let answer = try await server.send(
                "POST", "\(base)/journal-entries/batch", token: "key", body: Self.body(entries))
            #expect(answer.status == 201, "\(answer.body)")
            let places = answer.json?["data"]?.arrayValue?.map { $0["sequence"]?.integerValue ?? 0 }
            #expect(places == Array(2...101))
            let report = try book.verify()
            #expect(report.isSound && report.entries == 101, "\(report.firstProblem ?? "")")
            #expect(try book.balance(book.cash) == 5057)
            let told = try await book.shell(
                """
                SELECT count(*) FROM audit_events WHERE action = 'journal_entries.posted';
                SELECT count(*) FROM events WHERE type = 'journal_entries.posted';
                SELECT json_extract(data, '$.last_sequence') FROM events WHERE type = 'journal_entries.posted';
                """)
            #expect(told == "1\n1\n101\n")
            let many = try await server.send(
                "POST", "\(base)/journal-entries/batch", token: "key", body: Self.body(entries + [Self.entry(1)]))
            #expect(many.status == 422 && many.pointers == ["/entries"])
        }
    }

    @Test func `one bad entry refuses the whole batch and is named by its place`() async throws {
        try await Book.serve { book, server, base in
            try await book.write { try Ledger.close(through: Book.start, in: $0) }
            let before = try await book.contents()
            let late = Self.entry(5).dropLast() + ",\"effective_at\":\"2020-01-01T00:00:00Z\"}"
            let good = Self.entry(1).dropLast() + ",\"effective_at\":\"2030-01-01T00:00:00Z\"}"
            for (bad, code, pointer) in [
                (Self.entry(5, 6), "ledger_unbalanced", "/entries/3/postings"),
                (Self.entry(5, account: "nope"), "ledger_unknown_account", "/entries/3/postings/0/account"),
                (Self.entry(0, 5), "validation_failed", "/entries/3/postings/0/amount"),
                (Self.entry(5, account: "4000"), "ledger_account_repeated", "/entries/3/postings/1/account"),
                (String(late), "ledger_period_closed", "/entries/3"),
            ] {
                let entries = [String(good), String(good), String(good), bad]
                let answer = try await server.send(
                    "POST", "\(base)/journal-entries/batch", token: "key", body: Self.body(entries))
                #expect(answer.problem == code, "\(answer.body)")
                #expect(answer.pointers == [pointer], "\(answer.body)")
            }
            #expect(try await book.contents() == before)
        }
    }

    @Test func `a fact that is booked already stands in the answer, also when the batch itself has it twice`()
        async throws
    {
        let book = try await Book()
        let standing = try await book.post(9, source: EntrySource("invoice", "inv_1"))
        let entries = ["inv_1", "inv_2", "inv_2", "inv_3"].map { source in
            var entry = NewEntry("Sale", .inr, [.debit(book.cash, 9), .credit(book.income, 9)])
            entry.source = EntrySource("invoice", source)
            return entry
        }
        let posted = try await book.write { try Ledger.post(entries, in: $0) }
        #expect(posted.map(\.sequence) == [1, 2, 2, 3])
        #expect(posted[0].id == standing.id && posted[1].id == posted[2].id)
        #expect(try book.verify().isSound)
        #expect(try book.balance(book.cash) == 27)
        let again = try await book.write { try Ledger.post(entries, in: $0) }
        #expect(again.map(\.id) == posted.map(\.id))
        #expect(try await book.shell("SELECT count(*) FROM events WHERE type = 'journal_entries.posted';") == "1\n")
    }

    @Test func `batches and single entries at the same time make one chain without a gap`() async throws {
        let book = try await Book()
        let batch = (0..<10).map { _ in
            NewEntry("Sale", .inr, [.debit(book.cash, 1), .credit(book.income, 1)])
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<24 {
                group.addTask {
                    if index.isMultiple(of: 2) {
                        _ = try await book.write { try Ledger.post(batch, in: $0) }
                    } else {
                        try await book.post(1)
                    }
                }
            }
            try await group.waitForAll()
        }
        let report = try book.verify()
        #expect(report.isSound && report.entries == 132, "\(report.firstProblem ?? "")")
        #expect(try book.balance(book.cash) == 132)
    }
}
