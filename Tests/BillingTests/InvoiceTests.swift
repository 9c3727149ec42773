// Numbers without gaps, taxes to the paisa, and what can't be changed.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct InvoiceTests {
    @Test func `the fiscal year turns at midnight of 1 April in India`() {
        let cases = [
            ("2027-03-31T18:29:59.999Z", "2627"), ("2027-03-31T18:30:00.000Z", "2728"),
            ("2026-11-23T05:31:38.000Z", "2627"), ("2099-05-01T00:00:00Z", "9900"), ("2027-01-01T00:00:00Z", "2627"),
        ]
        for (text, year) in cases {
            #expect(Timestamp(text).map(DocumentNumber.fiscalYear) == year, "\(text)")
        }
    }

    @Test func `a number has at most 16 characters`() {
        #expect(DocumentNumber.format(.invoice, "2627", 1) == "INV/2627/000001")
        #expect(DocumentNumber.format(.creditNote, "2627", 9_999_999).count == 16)
    }

    @Test func `numbers have no gap under load, whatever is rolled back`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        struct Undone: Error {}
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<60 {
                group.addTask {
                    _ = try? await shop.write { tx in
                        let plan = try PlanStore.find("pro", in: tx)
                        guard let plan, let price = plan.price(.inr, .month) else { throw Shop.Missing() }
                        let invoice = try billing.finalise(plan, price, from: tx.now, in: tx)
                        if index.isMultiple(of: 3) { throw Undone() }
                        return invoice.number
                    }
                }
            }
        }
        let numbers = try shop.read { try InvoiceStore.page(before: nil, limit: 100, in: $0) }.map(\.number).sorted()
        #expect(numbers == (1...40).map { DocumentNumber.format(.invoice, "2627", $0) })
    }

    @Test func `half CGST and half SGST in one state, IGST between two, nothing on an export`() {
        let net = Money(stored: 249_900, .inr)
        let seller = Party(name: "S", state: "29")
        let here = GST.lines(on: net, seller: seller, customer: Party(name: "C", state: "29"))
        #expect(here.map(\.kind) == [.cgst, .sgst])
        #expect(here.map(\.amount.amount) == [22_491, 22_491])
        let there = GST.lines(on: net, seller: seller, customer: Party(name: "C", state: "27"))
        #expect(there.map(\.kind) == [.igst])
        #expect(there.map(\.amount.amount) == [44_982])
        #expect(GST.lines(on: net, seller: seller, customer: Party(name: "C")).map(\.kind) == [.cgst, .sgst])
        #expect(GST.lines(on: Money(stored: 2900, .usd), seller: seller, customer: Party(name: "C")).isEmpty)
    }

    @Test func `shares are rounded half up and exact for the largest amounts`() {
        #expect(GST.share(of: 5, 900, 10_000) == 0)
        #expect(GST.share(of: 6, 900, 10_000) == 1)
        #expect(GST.share(of: 50, 100, 10_000) == 1)
        #expect(GST.share(of: Money.limit, 10_000, 10_000) == Money.limit)
        #expect(GST.share(of: Money.limit, Money.limit, Money.limit) == Money.limit)
        #expect(GST.share(of: -1, 1, 2) == 0)
        #expect(GST.share(of: 1, 1, 0) == 0)
    }

    @Test func `the book follows the invoice to the paisa`() async throws {
        let shop = try await Shop()
        let (invoice, _) = try await shop.takePro()
        #expect(invoice.total.amount == 294_882)
        #expect(
            try shop.balances() == ["1100": 294_882, "2000": -249_900, "2100": -22_491, "2101": -22_491])
    }

    @Test func `a finalised invoice can't be changed or deleted`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        let id = invoice.id
        await #expect(throws: (any Error).self) {
            try await shop.write {
                try $0.run("UPDATE invoices SET amount = 1, subtotal = 1, tax = 0 WHERE id = \(id)")
            }
        }
        await #expect(throws: (any Error).self) { try await shop.write { try $0.run("DELETE FROM invoice_lines") } }
        await #expect(throws: (any Error).self) { try await shop.write { try $0.run("DELETE FROM invoices") } }
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        await #expect(throws: (any Error).self) {
            try await shop.write { try $0.run("UPDATE invoices SET state = 'open', paid_at = NULL WHERE id = \(id)") }
        }
    }

    @Test func `credit notes over a whole invoice add up to it in whatever parts`() async throws {
        let shop = try await Shop()
        let (invoice, _) = try await shop.takePro()
        let taxes = try shop.read { try InvoiceStore.taxes(of: invoice.id, in: $0) }
        var done: Int64 = 0
        var net: Int64 = 0
        var parts: [TaxKind: Int64] = [:]
        for step in [101, 1, 99_999, 7, 33_333] {
            let split = CreditSplit(of: invoice, taxes, from: done, to: done + Int64(step))
            (done, net) = (done + Int64(step), net + split.net)
            for part in split.taxes { parts[part.kind, default: 0] += part.amount }
        }
        let rest = CreditSplit(of: invoice, taxes, from: done, to: invoice.total.amount)
        for part in rest.taxes { parts[part.kind, default: 0] += part.amount }
        #expect(net + rest.net == invoice.subtotal.amount)
        #expect(taxes.allSatisfy { parts[$0.kind] == $0.amount.amount })
    }
}
