// Invoices with any lines: what they add up to, what the customer's credit pays, and what is too small to be paid.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct InvoiceDraftTests {
    private static func line(_ amount: Int64, _ category: String = TaxCategory.standard) -> DraftLine {
        var line = DraftLine("Hours of help", amount: amount)
        line.taxCategory = category
        return line
    }

    @discardableResult
    private func finalise(_ shop: Shop, _ amounts: Int64..., currency: Currency = .inr) async throws -> Invoice {
        let draft = InvoiceDraft(currency, amounts.map { Self.line($0) })
        let billing = shop.billing
        return try await shop.write { try billing.finalise(draft, in: $0) }
    }

    private func balance(_ shop: Shop) throws -> Int64 { try shop.read { try BalanceStore.balance(.inr, in: $0) } }

    @Test func `case 38: tax is rounded once on the sum, and lines, total and ledger agree`() async throws {
        let shop = try await Shop()
        let invoice = try await finalise(shop, 3333, 3333, 3333)
        #expect((invoice.subtotal.amount, invoice.tax.amount, invoice.total.amount) == (9999, 1800, 11_799))
        let lines = try shop.read { try InvoiceStore.lines(of: invoice.id, in: $0) }
        #expect(lines.map(\.tax.amount) == [600, 600, 600])
        #expect(try shop.balances() == ["1100": 11_799, "4000": -9999, "2100": -900, "2101": -900])
    }

    @Test func `case 38: an odd paisa is no reason for unequal halves`() async throws {
        let shop = try await Shop()
        // 18 % of 50 paise are 9; each half is 4.5, rounded by itself.
        let invoice = try await finalise(shop, 10_050)
        let taxes = try shop.read { try InvoiceStore.taxes(of: invoice.id, in: $0) }
        #expect(taxes.map(\.amount.amount) == [905, 905])
        #expect(taxes.map(\.taxable.amount) == [10_050, 10_050])
        #expect(invoice.total.amount == 11_860)
    }

    @Test func `lines, taxes, total and ledger agree whatever the lines are`() async throws {
        var random = Seeded(state: 38)
        let shop = try await Shop()
        let billing = shop.billing
        for _ in 0..<60 {
            let lines = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                Self.line(
                    Int64.random(in: -400_000...900_000, using: &random),
                    Bool.random(using: &random) ? TaxCategory.standard : TaxCategory.exempt)
            }
            let before = try shop.balances()
            let invoice = try await shop.write { try billing.finalise(InvoiceDraft(.inr, lines), in: $0) }
            let stored = try shop.read { try InvoiceStore.lines(of: invoice.id, in: $0) }
            let taxes = try shop.read { try InvoiceStore.taxes(of: invoice.id, in: $0) }
            #expect(stored.reduce(0) { $0 + $1.taxable.amount } == invoice.subtotal.amount)
            #expect(stored.reduce(0) { $0 + $1.tax.amount } == invoice.tax.amount)
            #expect(taxes.reduce(0) { $0 + $1.amount.amount } == invoice.tax.amount)
            #expect(invoice.subtotal.amount + invoice.tax.amount == invoice.total.amount)
            let after = try shop.balances()
            func moved(_ account: String) -> Int64 { after[account, default: 0] - before[account, default: 0] }
            #expect(-moved("4000") == invoice.subtotal.amount)
            #expect(-moved("2100") - moved("2101") == invoice.tax.amount)
            #expect(moved("1100") + moved("2200") == invoice.total.amount)
            // What the customer owes is what is left to pay of open invoices and what was carried.
            let due = try shop.read { try InvoiceStore.page(before: nil, limit: 100, in: $0) }
                .reduce(Int64(0)) { $0 + $1.amountDue.amount }
            #expect(after["1100", default: 0] == due + max(0, -(try balance(shop))))
            #expect(-after["2200", default: 0] == max(0, try balance(shop)))
        }
    }

    @Test func `case 26: credit beyond three invoices is carried, and they are paid without a provider call`()
        async throws
    {
        let shop = try await Shop()
        let credit = try await finalise(shop, -1_000_000)
        #expect((credit.state, credit.amountDue.amount) == (.paid, 0))
        #expect(try balance(shop) == 1_180_000)
        for left in [885_826, 591_652, 297_478] {
            let invoice = try await finalise(shop, 249_300)
            #expect((invoice.state, invoice.amountDue.amount, invoice.total.amount) == (.paid, 0, 294_174))
            #expect(try balance(shop) == left)
            #expect(try shop.balances()["2200"] == Int64(-left))
        }
        #expect(shop.scripted.creations == 0)
        let last = try await finalise(shop, 500_000)
        #expect((last.state, last.amountDue.amount, last.creditApplied.amount) == (.open, 292_522, 297_478))
        let billing = shop.billing
        let order = try await billing.order(for: last.id, of: shop.organization, by: Shop.owner)
        #expect(order.amount.amount == 292_522)
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        #expect(try shop.invoice(last.id).state == .paid)
        #expect(try shop.balances()["1100"] == nil)
    }

    @Test func `case 26: less than a rupee is not asked for but carried to the next invoice`() async throws {
        let shop = try await Shop()
        let small = try await finalise(shop, 83)
        #expect((small.state, small.total.amount, small.amountDue.amount) == (.paid, 97, 0))
        #expect(try balance(shop) == -97)
        #expect(try shop.balances()["1100"] == 97)
        let next = try await finalise(shop, 3)
        #expect((next.state, next.amountDue.amount, next.creditApplied.amount) == (.open, 100, -97))
        #expect(try balance(shop) == 0)
    }

    @Test func `a plan that credit pays for is in force at once`() async throws {
        let shop = try await Shop()
        try await finalise(shop, -500_000)
        let billing = shop.billing
        let choice = PlanChoice(plan: "pro", currency: .inr, interval: .month, wantsTrial: false)
        let change = try await billing.takeAndOrder(choice, of: shop.organization, by: Shop.owner)
        #expect(change.checkout == nil)
        #expect(try shop.subscription().plan == "pro")
        #expect(shop.scripted.creations == 0)
        #expect(try balance(shop) == 590_000 - 294_882)
    }

    @Test func `a void invoice gives the credit back that paid for it`() async throws {
        let shop = try await Shop()
        try await finalise(shop, -100_000)
        let invoice = try await finalise(shop, 200_000)
        #expect(try balance(shop) == 0)
        let billing = shop.billing
        try await shop.write { try billing.void(invoice.id, in: $0) }
        #expect(try balance(shop) == 118_000)
        #expect(try shop.balances()["1100"] == nil)
        #expect(try shop.balances()["2200"] == -118_000)
    }

    @Test func `what is written off is an expense, and the revenue stays`() async throws {
        let shop = try await Shop()
        let invoice = try await finalise(shop, 100_000)
        let billing = shop.billing
        try await shop.write { try billing.writeOff(invoice.id, in: $0) }
        #expect(try shop.invoice(invoice.id).state == .uncollectible)
        #expect(try shop.balances() == ["5020": 118_000, "4000": -100_000, "2100": -9000, "2101": -9000])
    }

    @Test func `no line is added to what was finalised`() async throws {
        let shop = try await Shop()
        let id = try await finalise(shop, 100).id
        await #expect(throws: (any Error).self) {
            try await shop.write {
                try $0.run(
                    """
                    INSERT INTO invoice_lines (organization_id, invoice_id, position, description, sac, quantity,
                      amount, taxable, currency) VALUES (\(shop.organization), \(id), 2, 'x', '', 1, 1, 1, 'INR')
                    """)
            }
        }
    }

    @Test func `sums beyond what money can be are refused, not rounded`() async throws {
        let shop = try await Shop()
        await #expect(throws: BillingProblem.tooMuchMoney) { try await finalise(shop, Money.limit, 1) }
        await #expect(throws: BillingProblem.tooMuchMoney) { try await finalise(shop, Money.limit) }
        #expect(DraftLine("Too many", quantity: Money.limit, at: Money.limit) == nil)
        await #expect(throws: Problem.self) { try await finalise(shop, Int64.max) }
        #expect(try shop.entries("invoice") == 0)
    }

    @Test func `case 33: the turn of the fiscal year splits 100 parallel finalisations into two series without gap`()
        async throws
    {
        let shop = try await Shop()
        let border = try #require(Timestamp("2027-03-31T18:30:00.000Z"))
        shop.clock.advance(by: border.adding(.seconds(-1)).since(Shop.start))
        let billing = shop.billing
        let draft = InvoiceDraft(.inr, [Self.line(10_000)])
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    if index == 50 { shop.clock.advance(by: .seconds(1)) }
                    _ = try? await shop.write { try billing.finalise(draft, in: $0) }
                }
            }
        }
        let invoices = try shop.read { try InvoiceStore.page(before: nil, limit: 200, in: $0) }
        #expect(invoices.count == 100)
        let old = invoices.filter { $0.number.hasPrefix("INV/2627/") }
        let new = invoices.filter { $0.number.hasPrefix("INV/2728/") }
        #expect(!new.isEmpty)
        for (year, series) in [("2627", old), ("2728", new)] {
            let numbers = (0..<series.count).map { DocumentNumber.format(.invoice, year, Int64($0 + 1)) }
            #expect(series.map(\.number).sorted() == numbers)
            #expect(series.allSatisfy { ($0.issuedAt < border) == (year == "2627") && $0.number.count <= 16 })
        }
        #expect(old.count + new.count == 100)
    }
}
