// Revenue month by month: from deferred (2000) to earned (4000), and what happens when something is taken back.
import Core
import Storage

extension Billing {
    /// Notes what the lines of a finalised invoice are earned over; nothing is earned before it begins.
    func schedule(_ invoice: Invoice, _ lines: [InvoiceLine], in tx: any Transaction) throws {
        let zone = try SubscriptionStore.zone(in: tx)
        for (index, line) in lines.enumerated() where line.revenue == .deferred && line.taxable.amount != 0 {
            guard let start = line.periodStart, let end = line.periodEnd else { continue }
            let period = DaySpan(start: zone.day(start), end: zone.day(end))
            let plan = RevenuePlan(whole: line.taxable.amount, period: period)
            try RevenueStore.insert(
                RevenueSchedule(
                    id: RevenueScheduleID(at: tx.now), organization: try tx.organization(), invoice: invoice.id,
                    position: Int64(index + 1), isPlan: invoice.plan != nil, amount: line.taxable, plan: plan,
                    before: 0, recognised: 0, released: 0, through: plan.from,
                    nextAt: invoice.state == .paid ? zone.startOfDay(plan.next(after: plan.from)) : nil), in: tx)
        }
    }

    /// What an invoice sold is being delivered: its revenue is earned from here on.
    func beginEarning(_ invoice: InvoiceID, in tx: any Transaction) throws {
        let zone = try SubscriptionStore.zone(in: tx)
        for var it in try RevenueStore.schedules(of: invoice, in: tx) where it.nextAt == nil && it.deferred != 0 {
            it.nextAt = zone.startOfDay(it.plan.next(after: it.through))
            try RevenueStore.save(it, in: tx)
        }
    }

    /// Books every month that is over, a bounded number of them in one transaction.
    func recogniseAll(by actor: Actor) async throws {
        // One month of each at a time, so that a schedule that waited for long is caught up in order.
        while try await database.write(in: .instance, by: actor, { try self.recogniseDue(limit: 50, in: $0) }) > 0 {}
    }

    private func recogniseDue(limit: Int, in tx: any Transaction) throws -> Int {
        let due = try RevenueStore.due(limit: limit, in: tx)
        for it in due {
            try tx.scoped(to: .organization(it.organization)) { tx in
                let zone = try SubscriptionStore.zone(in: tx)
                let until = it.plan.next(after: it.through)
                try recognise(it, until: until, zone, in: tx)
            }
        }
        return due.count
    }

    /// Recognises one schedule up to a day.
    @discardableResult
    private func recognise(
        _ schedule: RevenueSchedule, until day: CivilDate, _ zone: BillingZone, in tx: any Transaction
    ) throws -> RevenueSchedule {
        var it = schedule
        let part = it.advance(to: day)
        let isOver = day.number >= it.plan.lastBorder.number || it.deferred == 0
        it.nextAt = isOver ? nil : zone.startOfDay(it.plan.next(after: it.through))
        try RevenueStore.save(it, in: tx)
        // It was earned with the last moment of the day before, whenever this runs.
        let earnedAt = min(tx.now, zone.startOfDay(day).adding(Milliseconds(-1)))
        if part != 0 { try Books.post(.recognised(it, part, until: day, at: earnedAt), in: tx) }
        return it
    }

    /// The plan changes or ends: what was not earned yet of everything that was sold with it goes back.
    ///
    /// The invoice credits it, which takes it out of deferred revenue.
    func endEarning(
        _ schedules: [RevenueSchedule], on day: CivilDate, by invoice: InvoiceID, in tx: any Transaction
    ) throws {
        let zone = try SubscriptionStore.zone(in: tx)
        for schedule in schedules {
            var it = try recognise(schedule, until: max(day, schedule.through), zone, in: tx)
            let rest = it.deferred
            it.release(rest, on: day)
            (it.endedBy, it.endedRest) = (invoice, rest)
            try RevenueStore.save(it, in: tx)
        }
    }

    /// The line of a change is the rest of a whole period: its parts are counted from that period's start.
    func adopt(_ plan: RevenuePlan, of invoice: Invoice, position: Int64, in tx: any Transaction) throws {
        let found = try RevenueStore.schedules(of: invoice.id, in: tx).first { $0.position == position }
        guard var it = found, it.amount.amount == plan.amount else { return }
        (it.plan, it.isPlan, it.through) = (plan, true, plan.from)
        it.nextAt = try SubscriptionStore.zone(in: tx).startOfDay(plan.next(after: plan.from))
        try RevenueStore.save(it, in: tx)
    }

    /// A credit note takes an amount back: the deferred part first. Returns how much of it had been recognised;
    /// nil when nothing of the invoice is earned by the month.
    func takeBack(_ net: Int64, of invoice: InvoiceID, in tx: any Transaction) throws -> Int64? {
        let zone = try SubscriptionStore.zone(in: tx)
        let today = zone.day(tx.now)
        let schedules = try RevenueStore.schedules(of: invoice, in: tx)
        guard !schedules.isEmpty else { return nil }
        var rest = net
        for schedule in schedules where rest > 0 && schedule.deferred > 0 {
            var it = schedule
            if it.nextAt != nil { it = try recognise(it, until: max(today, it.through), zone, in: tx) }
            let part = min(rest, it.deferred)
            guard part > 0 else { continue }
            it.release(part, on: today)
            try RevenueStore.save(it, in: tx)
            rest -= part
        }
        return rest
    }

    /// An invoice is void: what was recognised of it was never earned, and what it gave back is earned after all.
    func unearn(_ invoice: InvoiceID, in tx: any Transaction) throws {
        for var it in try RevenueStore.schedules(of: invoice, in: tx) {
            if it.recognised != 0 { try Books.post(.unrecognised(it), in: tx) }
            (it.released, it.recognised, it.nextAt) = (it.amount.amount, 0, nil)
            try RevenueStore.save(it, in: tx)
        }
        let zone = try SubscriptionStore.zone(in: tx)
        for var it in try RevenueStore.ended(by: invoice, in: tx) {
            it.restore()
            it.nextAt = it.deferred == 0 ? nil : zone.startOfDay(it.plan.next(after: it.through))
            try RevenueStore.save(it, in: tx)
        }
    }
}

extension Booking {
    private static func revenue(
        _ kind: String, _ it: RevenueSchedule, _ part: Int64, source: String, _ words: String
    ) -> Booking {
        Booking(
            kind: kind, sourceType: "revenue_schedule", sourceID: source, currency: it.amount.currency,
            customer: it.organization, provider: "", description: words,
            postings: [(.deferredRevenue, part), (.revenue, -part)])
    }

    /// A part of what was invoiced is earned.
    static func recognised(_ it: RevenueSchedule, _ part: Int64, until day: CivilDate, at instant: Timestamp) -> Booking
    {
        var booking = revenue(
            "recognise", it, part, source: "\(it.id):\(day)", "Earned before \(day), invoice \(it.invoice)")
        booking.effectiveAt = instant
        return booking
    }

    /// What was recognised of a void invoice goes back into deferred revenue, from where the invoice takes it.
    static func unrecognised(_ it: RevenueSchedule) -> Booking {
        revenue(
            "unrecognise", it, -it.recognised, source: it.id.text, "Never earned: invoice \(it.invoice) is void")
    }
}
