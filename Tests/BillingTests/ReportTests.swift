// Reports say what the documents say, and what the ledger says, to the paisa.
import Core
import Storage
import Testing
import Web

@testable import Billing

@Suite struct ReportTests {
    /// A year around the shop's present.
    private func query(_ shop: Shop, at instant: Timestamp? = nil) throws -> ReportQuery {
        let months = try #require(ReportMonth("2026-04")).through(try #require(ReportMonth("2027-12")))
        return ReportQuery(at: instant ?? shop.clock.clock.now, months: months)
    }

    @Test func `a month ends at midnight in India`() throws {
        let month = try #require(ReportMonth("2026-11"))
        #expect(month.start == Timestamp("2026-10-31T18:30:00Z"))
        #expect(ReportMonth(month.end) == ReportMonth("2026-12"))
        #expect(ReportMonth(month.end.adding(Milliseconds(-1))) == month)
        #expect(["2026-13", "26-01", "2026-1", "2026-00", "x", ""].allSatisfy { ReportMonth($0) == nil })
    }

    @Test func `an unpaid invoice ages from bucket to bucket, and is owed no more when it is paid`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, order) = try await shop.takePro()
        let total = invoice.total.amount
        // Due after 7 days: the ages are counted from there.
        let steps: [(Int64, WritableKeyPath<AgingRow, Int64>)] = [
            (0, \.current), (7, \.current), (8, \.days1To30), (37, \.days1To30), (38, \.days31To60),
            (67, \.days31To60), (68, \.days61To90), (97, \.days61To90), (98, \.over90),
        ]
        for (day, bucket) in steps {
            let query = try query(shop, at: invoice.issuedAt.adding(.days(day)))
            let report = try shop.readInstance { try billing.aging(query, in: $0) }
            #expect(report.customers.map { $0[keyPath: bucket] } == [total], "day \(day)")
            #expect(report.totals.map(\.total) == [total])
            #expect(report.customers.map(\.name) == ["Larkspur"])
        }
        let before = shop.clock.clock.now
        shop.clock.advance(by: .days(3))
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        let now = try query(shop)
        #expect(try shop.readInstance { try billing.aging(now, in: $0) }.customers.isEmpty)
        let earlier = try query(shop, at: before)
        #expect(try shop.readInstance { try billing.aging(earlier, in: $0) }.customers.map(\.total) == [total])
    }

    @Test func `the tax of a month is the tax of its documents, and the ledger's`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, payment) = try await shop.paidPro()
        let query = try query(shop)
        let first = try shop.readInstance { try billing.gst(query, in: $0) }
        #expect(first.rows.map(\.kind) == ["cgst", "sgst"])
        #expect(first.rows.map(\.taxable) == [invoice.subtotal.amount, invoice.subtotal.amount])
        #expect(first.rows.reduce(0) { $0 + $1.tax } == invoice.tax.amount)
        shop.clock.advance(by: .days(10))
        for amount in [Int64(12_345), 100_001] {
            let wish = RefundWish(payment: payment.id, amount: amount, reason: "", isOperator: true)
            _ = try await billing.refund(wish, of: shop.organization, by: Shop.owner)
        }
        let report = try shop.readInstance { try billing.gst(query, in: $0) }
        #expect(report.checks.count == 4)
        #expect(report.checks.allSatisfy { $0.difference == 0 })
        let december = report.rows.filter { $0.month == ReportMonth("2026-12") }
        #expect(december.reduce(0) { $0 + $1.tax } + december[0].taxable == -112_346)
    }

    @Test func `a void invoice takes its tax back in the month of its voiding`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, _) = try await shop.takePro()
        shop.clock.advance(by: .days(30))
        try await shop.write { try billing.void(invoice.id, in: $0) }
        let query = try query(shop)
        let report = try shop.readInstance { try billing.gst(query, in: $0) }
        #expect(report.rows.map(\.month.description) == ["2026-11", "2026-11", "2026-12", "2026-12"])
        #expect(report.rows.reduce(0) { $0 + $1.tax } == 0)
        #expect(report.checks.allSatisfy { $0.difference == 0 })
    }

    @Test func `an export is listed as zero-rated`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, _) = try await shop.takePro(.usd)
        let query = try query(shop)
        let report = try shop.readInstance { try billing.gst(query, in: $0) }
        #expect(report.rows.map(\.kind) == ["zero_rated"])
        #expect(report.rows.map(\.taxable) == [invoice.subtotal.amount])
        #expect(report.checks.isEmpty)
    }

    @Test func `what is billed is deferred until it is earned`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, _) = try await shop.paidPro()
        let query = try query(shop)
        let report = try shop.readInstance { try billing.revenue(query, in: $0) }
        let november = try #require(report.rows.first { $0.month == ReportMonth("2026-11") })
        #expect(november.billed == invoice.subtotal.amount)
        #expect(november.deferred == invoice.subtotal.amount)
        #expect(report.rows.last?.deferred == invoice.subtotal.amount)
    }

    @Test func `money that a customer owes is the sum of the open invoices`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, _) = try await shop.takePro()
        let query = try query(shop)
        let report = try shop.readInstance { try billing.reconciliation(query, in: $0) }
        let receivable = report.checks.filter { $0.subject == "receivable" }
        #expect(receivable.map(\.ledger) == [invoice.total.amount])
        #expect(receivable.map(\.expected) == [invoice.total.amount])
        #expect(report.isReconciled)
    }

    @Test func `a difference between clearing and provider is named, object by object`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (_, payment) = try await shop.paidPro()
        let query = try query(shop)
        // The scripted provider's books are not the simulator's: all that is booked is unknown there.
        let report = try shop.readInstance { try billing.reconciliation(query, in: $0) }
        #expect(!report.isReconciled)
        #expect(report.differences.map(\.object) == [payment.remoteID])
        #expect(report.differences.first?.explanation.hasPrefix("It is booked") == true)
        try await shop.writeInstance { tx in
            let order = SandboxOrder(
                id: "order_AAAAAAAAAAAAAA", receipt: nil, status: .paid, capture: .automatic, amount: payment.amount,
                paid: payment.amount.amount, attempts: 1, notes: .object([]), createdAt: tx.now)
            try SandboxStore.insert(order, in: tx)
            var paid = SandboxPayment(
                id: payment.remoteID, order: order.id, status: .authorized, amount: payment.amount, refunded: 0,
                method: "upi", fee: nil, tax: nil, errorCode: nil, errorText: nil, createdAt: tx.now)
            paid.capture()
            try SandboxStore.insert(paid, in: tx)
        }
        let second = try shop.readInstance { try billing.reconciliation(query, in: $0) }
        #expect(second.differences.first?.explanation.contains("fee") == true)
        let order = try #require(try shop.read { try PaymentStore.order(payment.order, in: $0) })
        try await shop.apply(
            .payment(
                PaymentFact(
                    id: payment.remoteID, orderID: order.remoteID, amount: payment.amount, state: .captured,
                    method: "upi", fee: 6960, feeTax: 1062)))
        let third = try shop.readInstance { try billing.reconciliation(query, in: $0) }
        #expect(third.differences.isEmpty)
        #expect(third.isReconciled)
    }

    @Test func `a sheet writes money as a spreadsheet reads it`() {
        let sheet = ReportSheet(
            name: "x", columns: ["Name", .number("Amount")],
            rows: [
                [.text("=A1"), .money(-123_456, .inr)], [.text("a,b"), .money(5, Currency(stored: "JPY"))],
                [.text(""), .money(-7, Currency(stored: "KWD"))], [.text("1"), .share(nil)],
            ])
        #expect(
            String(decoding: sheet.csv, as: UTF8.self)
                == "name,amount\r\n'=A1,-1234.56\r\n\"a,b\",5\r\n,-0.007\r\n1,\r\n")
    }

    @Test func `a share is rounded half up, and there is none of nothing`() {
        #expect(basisPoints(1, of: 3) == 3333)
        #expect(basisPoints(2, of: 3) == 6667)
        #expect(basisPoints(.max, of: .max) == 10_000)
        #expect(basisPoints(1, of: 0) == nil)
    }
}
