// The process ends between two statements: what is on the disk then is all of an act or nothing of it.
import App
import Core
import Foundation
import Ledger
import Storage
import StorageSQLite
import TestSupport
import Testing

@testable import Billing

/// A transaction that tells before each of its statements which one comes.
private struct Watched: Transaction {
    final class Counter { var statements = 0 }

    let inner: any Transaction
    let counter: Counter
    let before: (Int) throws -> Void

    var now: Timestamp { inner.now }
    var scope: Scope { inner.scope }
    var actor: Actor { inner.actor }

    private func step() throws {
        try before(counter.statements)
        counter.statements += 1
    }

    func rows<Value>(_ statement: SQL, _ map: (Row) throws -> Value) throws -> [Value] {
        try step()
        return try inner.rows(statement, map)
    }

    func first<Value>(_ statement: SQL, _ map: (Row) throws -> Value) throws -> Value? {
        try step()
        return try inner.first(statement, map)
    }

    @discardableResult func run(_ statement: SQL) throws -> Int {
        try step()
        return try inner.run(statement)
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { inner.afterCommit(action) }

    func remembering<Value: Sendable>(_ key: String, _ compute: () throws -> Value) throws -> Value {
        try inner.remembering(key, compute)
    }

    func scoped<Value>(to next: Scope, _ body: (any Transaction) throws -> Value) rethrows -> Value {
        let (counter, before) = (counter, before)
        return try inner.scoped(to: next) { try body(Watched(inner: $0, counter: counter, before: before)) }
    }
}

@Suite struct CrashBoundaryTests {
    private struct Killed: Error {}

    /// The file as `kill -9` leaves it: what the system has of the file and of its log at this moment. Another process
    /// copies it, because closing a file gives up the locks that this process holds on it.
    private static func copy(_ path: String, to folder: String) throws {
        let done = try Command.run("sh", ["-c", "mkdir -p '\(folder)' && cp '\(path)' '\(path)-wal' '\(folder)'"])
        try #require(done.status == 0, "\(done.output)")
    }

    /// Everything in a file, in words.
    private static func dump(_ path: String) throws -> String {
        let done = try Command.sqlite(path, ".dump")
        try #require(done.status == 0, "\(done.output.suffix(500))")
        return done.output
    }

    /// Ends an act before its first statement, before its second, and so on, until it gets through; looks at the disk
    /// each time, both as the crash leaves it and as the error does.
    private func check(
        _ shop: Shop, in scope: Scope, _ act: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws {
        let folder = shop.file.path + "-crashes"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let name = (shop.file.path as NSString).lastPathComponent
        let path = shop.file.path
        let before = try Self.dump(path)
        var boundaries = 0
        while true {
            let last = boundaries
            do {
                try await shop.file.database.write(in: scope, by: .system("test")) { tx in
                    let watched = Watched(inner: tx, counter: .init()) { number in
                        guard number == last else { return }
                        try Self.copy(path, to: "\(folder)/\(number)")
                        throw Killed()
                    }
                    try act(watched)
                    // All statements are done and nothing is committed yet.
                    try Self.copy(path, to: "\(folder)/end")
                }
                break
            } catch is Killed {
                boundaries += 1
            }
        }
        #expect(boundaries > 20)
        #expect(try Self.dump(path) != before)
        for crash in (0..<boundaries).map(String.init) + ["end"] {
            let left = try Self.dump("\(folder)/\(crash)/\(name)")
            #expect(left == before, "something was left by a crash before statement \(crash)")
        }
        // A restart of the product on one of them finds sound books, and the act goes through there.
        let restarted = try SQLiteDatabase(
            path: "\(folder)/end/\(name)",
            options: .init(migrations: DatabaseFile.migrations(), visibility: Application.visibility),
            clock: shop.clock.clock)
        try await restarted.write(in: scope, by: .system("test"), act)
        for database in [restarted, shop.file.database] {
            let report = try await database.readAtLength(in: .instance) { try Ledger.verify(in: $0) }
            #expect(report.firstProblem == nil)
            #expect(try Self.numbers(in: database) == Self.expected(in: database))
        }
        try restarted.close()
    }

    /// The numbers that documents have, and those that they should have: 1 to the counter's last, without a hole.
    private static func numbers(in database: SQLiteDatabase) throws -> [String] {
        try database.read(in: .instance) { tx in
            try tx.rows("SELECT number FROM invoices UNION ALL SELECT number FROM credit_notes ORDER BY 1") {
                try $0.text(0)
            }
        }
    }

    private static func expected(in database: SQLiteDatabase) throws -> [String] {
        try database.read(in: .instance) { tx in
            try tx.rows("SELECT series, fiscal_year, last_number FROM document_counters ORDER BY series") { row in
                let (series, year) = (try row.text(0), try row.text(1))
                return (1...max(1, try row.int(2))).map { number in
                    "\(series)/\(year)/" + String(String(1_000_000 + number).dropFirst())
                }
            }.flatMap { $0 }.sorted()
        }
    }

    @Test func `case 36: kill -9 at each statement of finalising an invoice leaves all of it or nothing`() async throws
    {
        let shop = try await Shop()
        let billing = shop.billing
        let choice = PlanChoice(plan: "pro", currency: .inr, interval: .month, wantsTrial: false)
        try await check(shop, in: .organization(shop.organization)) { tx in _ = try billing.take(choice, in: tx) }
    }

    @Test func `case 36: kill -9 at each statement of booking a capture leaves all of it or nothing`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (_, order) = try await shop.takePro()
        let fact = shop.payment("pay_AAAAAAAAAAAAAA", order, .captured, fee: 6960)
        try await check(shop, in: .instance) { tx in
            _ = try billing.apply(.payment(fact), from: ScriptedProvider.account, in: tx)
        }
        #expect(try shop.subscription().state == .active)
    }

    @Test func `case 36: kill -9 at each statement of booking a refund leaves all of it or nothing`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (_, payment) = try await shop.paidPro()
        shop.scripted.script { $0.losesAnswers = true }
        let wish = RefundWish(payment: payment.id, amount: 100_000, reason: "", isOperator: true)
        let refund = try await billing.refund(wish, of: shop.organization, by: Shop.owner)
        let fact = RefundFact(
            id: "rfnd_AAAAAAAAAAAAAA", paymentID: payment.remoteID, amount: refund.amount, state: .processed,
            receipt: refund.id.text)
        try await check(shop, in: .instance) { tx in
            _ = try billing.apply(.refund(fact), from: ScriptedProvider.account, in: tx)
        }
        #expect(try shop.entries("credit_note") == 1)
    }
}
