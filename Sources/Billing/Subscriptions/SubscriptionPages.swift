// The page of a subscription: what it is, what a change would come to, what will happen, and what it has earned.
import Core
import Storage
import Web

extension Billing {
    /// What the page shows.
    private struct View {
        let base: String
        let canManage: Bool
        let now: Timestamp
        let subscription: Subscription
        let plans: [Plan]
        let steps: [DunningStep]
        let revenue: [RevenueSchedule]

        func name(_ code: String) -> String { plans.first { $0.code == code }?.name ?? code }
    }

    func addSubscriptionPages(to pages: inout Pages) {
        pages.page(
            "/orgs/{org}/billing/subscription", "subscription", allow: .member(.billingRead),
            query: [
                QueryParameter("plan", "The plan to have instead."),
                QueryParameter("interval", "How long one payment lasts.", .choice(Interval.allCases.map(\.rawValue))),
                QueryParameter("quantity", "Seats, or whatever the price counts.", .integer(1...1_000_000)),
                QueryParameter("when", "When it changes.", .choice(ChangeTime.allCases.map(\.rawValue))),
            ]
        ) { call, tx in try subscriptionPage(call, in: tx) }
        pages.actionAct("/orgs/{org}/billing/change", "change the plan", allow: .member(.billingManage)) { call in
            try await changeFromPage(call)
        }
        pages.actionAct("/orgs/{org}/billing/resume", "resume the plan", allow: .member(.billingManage)) { call in
            let organization = try call.organization()
            let (_, invoice) = try await database.write(in: .organization(organization), by: call.actor) { tx in
                try self.resume(in: tx)
            }
            let base = "/orgs/\(organization)"
            guard let invoice, invoice.state == .open else {
                return .redirect(to: "\(base)/billing/subscription", flash: "The plan goes on.")
            }
            return .redirect(to: "\(base)/invoices/\(invoice.id)", flash: "The plan goes on once this is paid.")
        }
        pages.action("/orgs/{org}/billing/pause", "pause the plan", allow: .member(.billingManage)) { call, tx in
            _ = try pause(in: tx)
            return .redirect(
                to: "/orgs/\(try call.organization())/billing/subscription",
                flash: "The plan pauses at the end of what is paid for.")
        }
    }

    private func changeFromPage(_ call: Call<Form>) async throws -> Response {
        let organization = try call.organization()
        let form = call.body
        let wish = PlanWish(
            plan: form["plan"].isEmpty ? nil : form["plan"], interval: Interval(rawValue: form["interval"]),
            quantity: Int64(form["quantity"]), when: ChangeTime(rawValue: form["when"]))
        let expected = Int64(form["expected_total"])
        let invoice = try await database.write(in: .organization(organization), by: call.actor) { tx in
            try self.change(wish, expecting: expected, in: tx)
        }
        let base = "/orgs/\(organization)"
        guard let invoice, invoice.state == .open else {
            return .redirect(to: "\(base)/billing/subscription", flash: "The change is noted.")
        }
        return .redirect(to: "\(base)/invoices/\(invoice.id)", flash: "The plan is changed. This is left to pay.")
    }

    private func subscriptionPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let organization = try tx.organization()
        let view = View(
            base: "/orgs/\(organization)", canManage: call.role?.allows(.billingManage) ?? false, now: tx.now,
            subscription: try subscription(in: tx), plans: try PlanStore.all(in: tx),
            steps: try DunningStore.open(in: tx), revenue: try RevenueStore.newest(limit: 12, in: tx))
        let it = view.subscription
        let change: HTML =
            view.canManage && it.isPaid && it.state != .pastDue
            ? "\(chooser(view, call))\(try previewed(view, call, in: tx))" : .empty
        return PageView(
            "Subscription", section: "billing", crumbs: [Link("Billing", "\(view.base)/billing")], badge: it.badge,
            lead: "\(view.name(it.planInForce)) \(it.sentence(now: view.now))",
            "\(facts(view))\(change)\(dunning(view))\(revenue(view))")
    }

    private func facts(_ view: View) -> HTML {
        let it = view.subscription
        let next = it.schedule
        var rows: [(String, HTML)] = [("Plan", "\(view.name(it.plan))"), ("State", it.badge)]
        if it.hasPlan { rows.append(("Quantity", "\(it.quantity.grouped)")) }
        if let start = it.periodStart, let end = it.periodEnd, it.hasPlan {
            rows.append(("Period", "\(HTML.date(start)) to \(HTML.date(end))"))
        }
        if let through = next.billedThrough { rows.append(("Invoiced until", HTML.time(through))) }
        rows.append(("Days end in", "\(next.zone.identifier)"))
        if next.nextPrice != nil { rows.append(("Next period", "changes to \(next.nextQuantity ?? it.quantity)")) }
        if let ends = it.cancelsAt { rows.append(("Ends", HTML.date(ends))) }
        if let pauses = next.pausesAt { rows.append(("Pauses", HTML.date(pauses))) }
        let limited = next.limitedAt.map { since in
            HTML.notice(
                "Since \(HTML.date(since)) only reading and billing work, because an invoice is not paid.", .bad)
        }
        let parked = next.parkedBecause.map { why in
            HTML.notice("Billing of this plan waits for a person: \(why)", .warn)
        }
        return HTML.section(
            "Now", actions: view.canManage ? actions(view) : [],
            "\(limited ?? .empty)\(parked ?? .empty)\(HTML.panel(HTML.details(rows)))")
    }

    private func actions(_ view: View) -> [HTML] {
        let it = view.subscription
        if it.state == .paused || it.hasPlan && (it.cancelsAt != nil || it.schedule.pausesAt != nil) {
            return [HTML.postButton("Resume", action: "\(view.base)/billing/resume", style: .primary)]
        }
        guard it.state == .active, it.hasPlan else { return [] }
        return [
            HTML.confirm(
                id: "pause", button: "Pause", title: "Pause the plan?",
                text: "It stays until the end of what is paid for. After that nothing is invoiced until you resume it.",
                action: "\(view.base)/billing/pause", confirm: "Pause the plan")
        ]
    }

    private func chooser(_ view: View, _ call: Call<NoBody>) -> HTML {
        let it = view.subscription
        let plans = view.plans.filter { $0.code != Plan.free }.map { Choice($0.code, $0.name) }
        let intervals = Interval.allCases.map { Choice($0.rawValue, $0.adverb.capitalised) }
        let times = [
            Choice("", "Now if it costs more, else next period"), Choice("now", "Now"),
            Choice("period_end", "Next period"),
        ]
        let fields: HTML = """
            \(HTML.select("plan", label: "Plan", options: plans, default: call.query("plan") ?? it.plan))\
            \(HTML.select("interval", label: "Paid", options: intervals,
                default: call.query("interval") ?? it.interval.rawValue))\
            \(HTML.textField("quantity", label: "Quantity", default: call.query("quantity") ?? "\(it.quantity)"))\
            \(HTML.select("when", label: "When", options: times, default: call.query("when") ?? ""))
            """
        return HTML.section(
            "Change", lead: "See what it comes to first; nothing changes before you confirm.",
            HTML.filters(action: "\(view.base)/billing/subscription", fields))
    }

    private func previewed(_ view: View, _ call: Call<NoBody>, in tx: any Transaction) throws -> HTML {
        guard let plan = call.query("plan") else { return .empty }
        let (interval, when) = (call.query("interval") ?? "", call.query("when") ?? "")
        let wish = PlanWish(
            plan: plan, interval: Interval(rawValue: interval), quantity: call.query("quantity").flatMap { Int64($0) },
            when: ChangeTime(rawValue: when))
        let preview: ChangePreview
        do {
            preview = try self.preview(wish, in: tx)
        } catch let problem as BillingProblem {
            return HTML.notice("\(problem.problem.detail)", .warn)
        }
        let confirm = HTML.postButton(
            "Change the plan", action: "\(view.base)/billing/change",
            fields: [
                ("plan", plan), ("interval", interval), ("quantity", call.query("quantity") ?? ""), ("when", when),
                ("expected_total", preview.lines.isEmpty ? "" : "\(preview.total.amount)"),
            ], style: .primary)
        guard !preview.lines.isEmpty else {
            let text: HTML =
                preview.when == .now
                ? "It changes at once and costs nothing now."
                : "It changes on \(HTML.date(preview.effectiveAt)), with the next period. Nothing is invoiced now."
            return HTML.section("What it comes to", HTML.notice(text, .info, action: confirm))
        }
        let rows = preview.lines.map { ["\($0.description)" as HTML, HTML.money($0.amount)] }
        let sums: [[HTML]] = [
            ["Tax", HTML.money(preview.tax)], ["Total", HTML.money(preview.total)],
            ["Left to pay", HTML.money(preview.due)],
        ]
        return HTML.section(
            "What it comes to", lead: "To the last minor unit what will be invoiced.", actions: [confirm],
            HTML.table("Lines", columns: ["Line", .number("Amount")], rows: rows + sums))
    }

    private func dunning(_ view: View) -> HTML {
        guard !view.steps.isEmpty else { return .empty }
        let items = view.steps.map { step in
            TimelineItem(
                "\(step.action.title)\(step.note.isEmpty ? "" : ": \(step.note)")", at: step.doneAt ?? step.dueAt,
                tone: step.state == .planned ? .neutral : step.action == .remind ? .info : .warn)
        }
        return HTML.section(
            "Unpaid invoice", lead: "What was done about it, and what will be unless it is paid.",
            HTML.timeline(items))
    }

    private func revenue(_ view: View) -> HTML {
        guard !view.revenue.isEmpty else { return .empty }
        let rows = view.revenue.map { it in
            [
                HTML.rowLink(
                    "\(it.plan.period.start) to \(it.plan.period.end)", href: "\(view.base)/invoices/\(it.invoice)"),
                HTML.money(it.amount), HTML.money(Money(stored: it.recognised, it.amount.currency)),
                HTML.money(Money(stored: it.released, it.amount.currency)),
                HTML.money(Money(stored: it.deferred, it.amount.currency)),
            ]
        }
        return HTML.section(
            "What was paid for, and used",
            lead: "By days: used so far, given back, and still to come.",
            HTML.table(
                "Periods",
                columns: ["Period", .number("Invoiced"), .number("Used"), .number("Given back"), .number("To come")],
                rows: rows))
    }
}

extension DunningAction {
    /// For people.
    var title: String {
        switch self {
        case .remind: "Reminder by mail"
        case .readOnly: "Only reading and billing work"
        case .cancel: "The plan ends"
        }
    }
}
