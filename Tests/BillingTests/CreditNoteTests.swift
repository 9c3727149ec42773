// Credit notes of their own, coupons, and what both do to the books.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct CreditNoteTests {
    private func finalise(_ shop: Shop, _ amount: Int64) async throws -> Invoice {
        let billing = shop.billing
        let draft = InvoiceDraft(.inr, [DraftLine("Hours of help", amount: amount)])
        return try await shop.write { try billing.finalise(draft, in: $0) }
    }

    @discardableResult
    private func credit(
        _ shop: Shop, _ invoice: Invoice, _ amount: Int64?, to destination: CreditDestination = .balance
    ) async throws -> CreditNote {
        let billing = shop.billing
        let wish = CreditWish(invoice: invoice.id, amount: amount, reason: "agreed", destination: destination)
        return try await shop.write { try billing.credit(wish, in: $0) }
    }

    private func pay(_ shop: Shop, _ invoice: Invoice) async throws {
        let order = try await shop.billing.order(for: invoice.id, of: shop.organization, by: Shop.owner)
        let fact = shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)
        shop.scripted.put(fact)
        try await shop.apply(.payment(fact))
    }

    private func balance(_ shop: Shop) throws -> Int64 { try shop.read { try BalanceStore.balance(.inr, in: $0) } }

    @Test func `case 25: a credit note beyond the rest of the invoice, or on a void one, is refused`() async throws {
        let shop = try await Shop()
        let invoice = try await finalise(shop, 100_000)
        let rest = Money(stored: 18_000, .inr)
        try await credit(shop, invoice, 100_000)
        await #expect(throws: BillingProblem.creditTooLarge(rest)) { try await credit(shop, invoice, 18_001) }
        await #expect(throws: BillingProblem.creditTooLarge(rest)) { try await credit(shop, invoice, 0) }
        await #expect(throws: BillingProblem.creditTooLarge(rest)) { try await credit(shop, invoice, -1) }
        let void = try await finalise(shop, 100_000)
        let billing = shop.billing
        try await shop.write { try billing.void(void.id, in: $0) }
        await #expect(throws: BillingProblem.notCreditable) { try await credit(shop, void, 1) }
        let lost = try await finalise(shop, 100_000)
        try await shop.write { try billing.writeOff(lost.id, in: $0) }
        await #expect(throws: BillingProblem.notCreditable) { try await credit(shop, lost, 1) }
        #expect(try shop.entries("credit_note") == 1)
    }

    @Test func `a credit note on an open invoice lowers what is left to pay, and its order is closed`() async throws {
        let shop = try await Shop()
        let invoice = try await finalise(shop, 100_000)
        let billing = shop.billing
        _ = try await billing.order(for: invoice.id, of: shop.organization, by: Shop.owner)
        let note = try await credit(shop, invoice, 18_000)
        #expect((note.toInvoice, note.toBalance, note.number) == (18_000, 0, "CRN/2627/000001"))
        #expect(try shop.invoice(invoice.id).amountDue.amount == 100_000)
        #expect(try shop.balances()["1100"] == 100_000)
        let order = try await billing.order(for: invoice.id, of: shop.organization, by: Shop.owner)
        #expect(order.amount.amount == 100_000)
        try await credit(shop, invoice, nil)
        #expect(try shop.invoice(invoice.id).state == .paid)
        // Revenue and its contra, taxes and their return: nothing is owed by anybody.
        #expect(try shop.balances() == ["4000": -100_000, "4900": 100_000])
    }

    @Test func `what credit had paid goes back to the balance`() async throws {
        let shop = try await Shop()
        _ = try await finalise(shop, -50_000)
        let invoice = try await finalise(shop, 100_000)
        #expect((invoice.creditApplied.amount, invoice.amountDue.amount) == (59_000, 59_000))
        let note = try await credit(shop, invoice, nil)
        #expect((note.toInvoice, note.toBalance) == (59_000, 59_000))
        #expect(try balance(shop) == 59_000)
        #expect(try shop.balances()["2200"] == -59_000)
        #expect(try shop.balances()["1100"] == nil)
    }

    @Test func `a credit note on a paid invoice goes onto the balance, and can't be refunded once more`() async throws {
        let shop = try await Shop()
        let invoice = try await finalise(shop, 100_000)
        try await pay(shop, invoice)
        try await credit(shop, invoice, 30_000)
        #expect(try balance(shop) == 30_000)
        #expect(try shop.balances()["2200"] == -30_000)
        let payment = try #require(try shop.payments().first)
        #expect(payment.refundable.amount == 88_000)
        let next = try await finalise(shop, 100_000)
        #expect(next.amountDue.amount == 88_000)
    }

    @Test func `a credit note as refund owes the money, and the refund needs no second note`() async throws {
        let shop = try await Shop()
        let invoice = try await finalise(shop, 100_000)
        try await pay(shop, invoice)
        let billing = shop.billing
        let wish = CreditWish(invoice: invoice.id, amount: 11_800, reason: "agreed", destination: .refund)
        let note = try await billing.creditAndRefund(wish, of: shop.organization, by: Shop.owner)
        #expect(note.toRefund == 11_800)
        #expect(try shop.entries("credit_note") == 1)
        #expect(try shop.entries("refund_created") == 1)
        #expect(try shop.balances()["2210"] == nil)
        #expect(try shop.balances()["4900"] == 10_000)
    }

    @Test func `a second payment becomes credit, once, and pays the next invoice`() async throws {
        let shop = try await Shop()
        let invoice = try await finalise(shop, 100_000)
        let billing = shop.billing
        let order = try await billing.order(for: invoice.id, of: shop.organization, by: Shop.owner)
        try await shop.apply(.payment(shop.payment("pay_AAAAAAAAAAAAAA", order, .captured)))
        try await shop.apply(.payment(shop.payment("pay_BBBBBBBBBBBBBB", order, .captured)))
        let second = try #require(try shop.payments().first { !$0.isApplied })
        let first = try #require(try shop.payments().first { $0.isApplied })
        await #expect(throws: BillingProblem.notUnapplied) {
            try await shop.write { try billing.allocate(first.id, in: $0) }
        }
        _ = try await shop.write { try billing.allocate(second.id, in: $0) }
        await #expect(throws: BillingProblem.notUnapplied) {
            try await shop.write { try billing.allocate(second.id, in: $0) }
        }
        #expect(try balance(shop) == 118_000)
        #expect(try shop.balances()["2300"] == nil)
        #expect(try shop.balances()["2200"] == -118_000)
        #expect(try await finalise(shop, 100_000).state == .paid)
        let id = second.id.text
        let records = try shop.readInstance { tx in
            try tx.first("SELECT count(*) FROM audit_events WHERE action = 'payment.allocated' AND target_id = \(id)") {
                try $0.int(0)
            }
        }
        #expect(records == 1)
    }

    @Test func `a coupon lowers the plan's invoices before tax, as often as it says`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        _ = try await shop.writeInstance { tx in
            try CouponStore.insert(
                Coupon(
                    code: "SAVE20", name: "Launch", value: .percent(2000), duration: .once, periods: 1,
                    maxRedemptions: 1, redemptions: 0, expiresAt: nil), in: tx)
        }
        _ = try await shop.write { try billing.redeem("save20", in: $0) }
        await #expect(throws: BillingProblem.couponNotValid) {
            try await shop.write { try billing.redeem("SAVE20", in: $0) }
        }
        let (invoice, _) = try await shop.takePro()
        #expect((invoice.discount.amount, invoice.subtotal.amount) == (49_980, 199_920))
        #expect(invoice.tax.amount == 2 * 17_993)
        #expect(try shop.balances()["2000"] == -199_920)
        // Voided for another choice, it comes back; a one-off invoice never uses it.
        try await shop.write { try billing.void(invoice.id, in: $0) }
        #expect(try await finalise(shop, 1000).discount.amount == 0)
        let again = try await shop.takePro().0
        #expect(again.discount.amount == 49_980)
        let line = try #require(DraftLine("Pro", quantity: 1, at: 249_900))
        let term = InvoiceDraft.Term(
            plan: "pro", interval: .month, start: Shop.start, end: Shop.start.adding(.month))
        let third = try await shop.write {
            try billing.finalise(InvoiceDraft(.inr, [line], term: term), in: $0)
        }
        #expect(third.discount.amount == 0)
    }

    @Test func `discounts are spread over the lines that charge, to the paisa`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        _ = try await shop.writeInstance { tx in
            try CouponStore.insert(
                Coupon(
                    code: "TENNER", name: "Ten", value: .amount(Money(stored: 1000, .inr)), duration: .forever,
                    periods: nil, maxRedemptions: nil, redemptions: 0, expiresAt: nil), in: tx)
        }
        _ = try await shop.write { try billing.redeem("TENNER", in: $0) }
        let term = InvoiceDraft.Term(
            plan: "pro", interval: .month, start: Shop.start, end: Shop.start.adding(.month))
        let lines = [3333, 3333, -500, 3333].map { DraftLine("Part", amount: $0) }
        let invoice = try await shop.write { try billing.finalise(InvoiceDraft(.inr, lines, term: term), in: $0) }
        let stored = try shop.read { try InvoiceStore.lines(of: invoice.id, in: $0) }
        #expect(stored.map(\.discount.amount) == [333, 334, 0, 333])
        #expect(invoice.discount.amount == 1000)
        #expect(invoice.subtotal.amount == 3 * 3333 - 500 - 1000)
    }
}
