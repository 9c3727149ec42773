// What happens about an invoice that is not paid, also after a machine has slept.
import Core
import Storage
import Testing

@testable import Billing

extension Shop {
    /// Everything billing does by itself, as a clock ticks: once a day.
    func live(days: Int) async throws {
        for _ in 0..<days {
            clock.advance(by: .days(1))
            try await billing.workAll(by: Self.owner)
        }
    }

    func steps() throws -> [DunningStep] {
        guard let open = try subscription().openInvoice ?? lastInvoice() else { return [] }
        return try read { try DunningStore.steps(of: open, in: $0) }
    }

    func lastInvoice() throws -> InvoiceID? {
        try read { try InvoiceStore.page(before: nil, limit: 1, in: $0).first?.id }
    }

    /// Subjects of the mail about money so far, the oldest first.
    func mails() throws -> [String] {
        try readInstance { tx in
            try tx.rows("SELECT subject FROM messages ORDER BY id") { try $0.text(0) }
        }
    }

    /// Gives the organisation somebody whom mail reaches.
    func addOwner() async throws {
        let id = organization
        _ = try await writeInstance { tx in
            try tx.run(
                """
                INSERT INTO users (id, email, email_folded, name, created_at, updated_at)
                VALUES ('user_test', 'asha@example.com', 'asha@example.com', 'Asha', \(tx.now), \(tx.now))
                """)
            try tx.run(
                """
                INSERT INTO members (organization_id, user_id, role, created_at, updated_at)
                VALUES (\(id), 'user_test', 'owner', \(tx.now), \(tx.now))
                """)
            return true
        }
    }
}

@Suite struct DunningTests {
    /// A plan whose second period is invoiced and not paid.
    private func overdue() async throws -> Shop {
        let shop = try await Shop()
        try await shop.addOwner()
        _ = try await shop.paidPro()
        shop.clock.advance(by: .days(30))
        try await shop.billing.workAll(by: Shop.owner)
        #expect(try shop.subscription().state == .pastDue)
        return shop
    }

    private func isLimited(_ shop: Shop) throws -> Bool {
        try shop.readInstance { try DunningStore.isLimited(shop.organization, in: $0) }
    }

    @Test func `an unpaid renewal is reminded of, then limited, then ended, each step at its time`() async throws {
        let shop = try await overdue()
        let due = try shop.invoice(try #require(try shop.subscription().openInvoice)).dueAt
        #expect(try shop.steps().map(\.state) == Array(repeating: .planned, count: 7))
        try await shop.live(days: 13)
        #expect(try !isLimited(shop), "within the grace period everything works")
        try await shop.live(days: 2)
        #expect(try isLimited(shop))
        #expect(try shop.subscription().state == .pastDue)
        try await shop.live(days: 14)
        #expect(try shop.subscription().state == .cancelled)
        #expect(try !isLimited(shop), "the free plan works")
        let steps = try shop.steps()
        #expect(steps.allSatisfy { $0.state == .done })
        for step in steps {
            let lateness = try #require(step.doneAt).since(step.dueAt)
            #expect(lateness >= Milliseconds(0) && lateness < .days(1))
            #expect(step.dueAt >= due)
        }
        #expect(try shop.mails().filter { $0.hasPrefix("Reminder") }.count == 5)
        #expect(try shop.balances()["1100", default: 0] == 0)
    }

    @Test func `paying ends dunning and everything works again`() async throws {
        let shop = try await overdue()
        try await shop.live(days: 16)
        #expect(try isLimited(shop))
        try await shop.payWhatIsOpen()
        #expect(try !isLimited(shop))
        #expect(try shop.subscription().state == .active)
        let mails = try shop.mails().count
        try await shop.live(days: 12)
        #expect(try shop.mails().count == mails)
    }

    @Test func `case 31: five weeks without a machine are caught up in order, without a burst of mail`() async throws {
        let shop = try await overdue()
        try await shop.live(days: 7)
        let before = try shop.mails().filter { $0.hasPrefix("Reminder") }.count
        #expect(before == 1)
        shop.clock.advance(by: .days(35))
        try await shop.billing.workAll(by: Shop.owner)
        let steps = try shop.steps()
        #expect(try shop.mails().filter { $0.hasPrefix("Reminder") }.count == before + 1, "one mail for all reminders")
        #expect(steps.filter { $0.action == .remind }.allSatisfy { $0.state != .planned })
        #expect(steps.filter { $0.action != .remind }.allSatisfy { $0.state == .planned }, "nobody is cut off at once")
        #expect(try shop.subscription().state == .pastDue)
        try await shop.billing.workAll(by: Shop.owner)
        #expect(try shop.mails().filter { $0.hasPrefix("Reminder") }.count == before + 1)
        try await shop.live(days: 3)
        #expect(try shop.subscription().state == .cancelled)
        #expect(try shop.steps().map(\.position) == [1, 2, 3, 4, 5, 6, 7])
    }

    @Test func `case 31: two renewals and the end of a trial are caught up with their own dates`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        try await shop.sellSeats()
        try await shop.takeSeats(100, of: "crew")
        // Credit that pays the renewals while nobody is there.
        _ = try await shop.change(PlanWish(plan: "team", quantity: 1, when: .now))
        shop.clock.advance(by: .days(66))
        try await billing.workAll(by: Shop.owner)
        let invoices = try shop.read { try InvoiceStore.page(before: nil, limit: 10, in: $0) }
        #expect(invoices.count == 4)
        let days = Set(invoices.compactMap { $0.periodStart.map { "\(CivilDate($0))" } })
        #expect(days.isSuperset(of: ["2026-12-23", "2027-01-23"]))
        let trial = try await Shop()
        let choice = PlanChoice(plan: "pro", currency: .inr, interval: .month, wantsTrial: true)
        let billingOfTrial = trial.billing
        _ = try await trial.write { try billingOfTrial.take(choice, in: $0) }
        trial.clock.advance(by: .days(35))
        try await billingOfTrial.workAll(by: Shop.owner)
        let open = try trial.invoice(try #require(try trial.subscription().openInvoice))
        #expect(open.periodStart == Shop.start.adding(.days(14)))
        #expect(open.dueAt == trial.clock.clock.now.adding(Billing.termsOfPayment), "nobody pays before the invoice")
    }

    @Test func `an operator skips, moves and takes steps, and what follows keeps its distance`() async throws {
        let shop = try await overdue()
        let billing = shop.billing
        let open = try #require(try shop.subscription().openInvoice)
        let planned = try shop.steps()
        let moved = planned[1].dueAt.adding(.days(4))
        _ = try await shop.write { try billing.order(.skip, open, position: 1, in: $0) }
        _ = try await shop.write { try billing.order(.postpone(to: moved), open, position: 2, in: $0) }
        let after = try shop.steps()
        #expect(after[0].state == .skipped)
        #expect(after[6].dueAt == planned[6].dueAt.adding(.days(4)))
        _ = try await shop.write { try billing.order(.run, open, position: 6, in: $0) }
        #expect(try isLimited(shop))
        await #expect(throws: BillingProblem.stepTaken) {
            try await shop.write { try billing.order(.run, open, position: 6, in: $0) }
        }
    }

    @Test func `a plan has its own schedule, for invoices from then on`() async throws {
        let shop = try await Shop()
        let policy = DunningPolicy(reminderDays: [2], graceDays: 3, cancelDays: 4)
        _ = try await shop.writeInstance { tx in
            try DunningStore.save(policy, of: "pro", in: tx)
            return true
        }
        _ = try await shop.paidPro()
        shop.clock.advance(by: .days(30))
        try await shop.billing.workAll(by: Shop.owner)
        #expect(try shop.steps().map(\.action) == [.remind, .readOnly, .cancel])
    }
}
