// The billing page of an organisation: its plan, the plans there are, its invoices and payments.
import Core
import Storage
import Web

extension Billing {
    /// What the page shows.
    private struct View {
        let organization: OrganizationID
        let canManage: Bool
        let now: Timestamp
        let subscription: Subscription
        let plans: [Plan]
        /// What the organisation bought, on sale or not.
        let price: Price?
        let invoices: [Invoice]
        let payments: [Payment]
        let details: Party

        var base: String { "/orgs/\(organization)" }
        var plan: Plan? { plans.first { $0.code == subscription.planInForce } }
    }

    func addBillingPages(to pages: inout Pages) {
        pages.page(
            "/orgs/{org}/billing", "billing", allow: .member(.billingRead),
            query: [
                QueryParameter("currency", "Prices in this currency, by its ISO 4217 code."),
                QueryParameter("interval", "Prices for this interval.", .choice(Interval.allCases.map(\.rawValue))),
            ]
        ) { call, tx in
            let view = try view(call, in: tx)
            let currency = call.query("currency").flatMap { Currency($0) } ?? view.subscription.currency
            let interval = call.query("interval").flatMap { Interval(rawValue: $0) } ?? view.subscription.interval
            return page(view, currency: currency, interval: interval)
        }
        pages.actionAct("/orgs/{org}/billing/take", "take a plan", allow: .member(.billingManage)) { call in
            try await take(call)
        }
        pages.action("/orgs/{org}/billing/cancel", "cancel the plan", allow: .member(.billingManage)) { call, tx in
            let subscription = try cancel(in: tx)
            let isOver = subscription.state == .cancelled
            return .redirect(
                to: "/orgs/\(try call.organization())/billing",
                flash: isOver ? "The plan is cancelled." : "The plan ends with the period that is paid for.")
        }
        addDetailsPage(to: &pages)
    }

    private func view(_ call: Call<NoBody>, in tx: any Transaction) throws -> View {
        let subscription = try subscription(in: tx)
        return View(
            organization: try tx.organization(), canManage: call.role?.allows(.billingManage) ?? false, now: tx.now,
            subscription: subscription, plans: try PlanStore.all(in: tx),
            price: try subscription.price.flatMap { try PriceStore.find($0, in: tx) },
            invoices: try InvoiceStore.page(before: nil, limit: 20, in: tx),
            payments: try PaymentStore.page(before: nil, limit: 20, in: tx), details: try billingDetails(in: tx))
    }

    private func take(_ call: Call<Form>) async throws -> Response {
        let organization = try call.organization()
        guard let currency = Currency(call.body["currency"]), let interval = Interval(rawValue: call.body["interval"])
        else { throw BillingProblem.notSold }
        let choice = PlanChoice(
            plan: call.body["plan"], currency: currency, interval: interval, wantsTrial: call.body["trial"] == "1")
        let (invoice, order) = try await takeForPage(choice, of: organization, by: call.actor)
        if let order { return .redirect(to: checkoutPath(order)) }
        let base = "/orgs/\(organization)"
        guard let invoice else {
            let flash = choice.wantsTrial ? "The trial has begun." : "The free plan is in force."
            return .redirect(to: "\(base)/billing", flash: flash)
        }
        return .redirect(
            to: "\(base)/invoices/\(invoice.id)",
            flash: Message("The payment provider does not answer. Nothing was charged; pay in a moment.", .warn).flash)
    }

    /// Takes a plan; when the provider does not answer, the invoice is there to be paid later.
    private func takeForPage(
        _ choice: PlanChoice, of organization: OrganizationID, by actor: Actor
    ) async throws -> (Invoice?, PaymentOrder?) {
        let invoice = try await database.write(in: .organization(organization), by: actor) { tx in
            try self.take(choice, in: tx)
        }
        guard let invoice, invoice.state == .open else { return (nil, nil) }
        do {
            return (invoice, try await order(for: invoice.id, of: organization, by: actor))
        } catch BillingProblem.providerUnavailable {
            return (invoice, nil)
        }
    }

    private func page(_ view: View, currency: Currency, interval: Interval) -> PageView {
        let body: HTML = """
            \(notices(view))\(current(view))\(plans(view, currency: currency, interval: interval))\
            \(invoices(view))\(payments(view))\(details(view))
            """
        return PageView(
            "Billing", section: "billing", badge: view.subscription.badge,
            lead: "\(view.plan?.name ?? "Free") \(view.subscription.sentence(now: view.now))", body)
    }

    private func notices(_ view: View) -> HTML {
        let open = view.invoices.first { $0.id == view.subscription.openInvoice && $0.state == .open }
        guard let open else { return .empty }
        let link = HTML.linkButton("See and pay", href: "\(view.base)/invoices/\(open.id)", style: .primary)
        let text: HTML =
            view.subscription.state == .pastDue
            ? "Invoice \(open.number) over \(open.total.formatted) has to be paid to keep the plan."
            : "Invoice \(open.number) over \(open.total.formatted) is waiting to be paid."
        return HTML.notice(text, .warn, action: link)
    }

    private func current(_ view: View) -> HTML {
        let it = view.subscription
        var rows: [(String, HTML)] = [("Plan", "\(view.plan?.name ?? "Free")"), ("State", it.badge)]
        if it.isPaid, let price = view.price {
            rows.append(("Price", "\(price.terms.words), \(it.interval.adverb), without tax"))
            if price.model != .flat { rows.append(("Quantity", "\(price.terms.plural(it.quantity))")) }
        }
        if it.state == .trialing, let end = it.trialEndsAt {
            rows.append(("Trial ends", "\(HTML.date(end)) (\(HTML.age(end, now: view.now)))"))
        } else if it.isPaid, let start = it.periodStart, let end = it.periodEnd {
            rows.append(("Paid for", "\(HTML.date(start)) to \(HTML.date(end))"))
        }
        if let ends = it.cancelsAt { rows.append(("Ends", HTML.date(ends))) }
        let cancel: HTML? =
            view.canManage && it.isPaid && it.cancelsAt == nil
            ? HTML.confirm(
                id: "cancel", button: "Cancel plan", title: "Cancel \(view.plan?.name ?? "the plan")?",
                text: it.state == .active
                    ? "It stays until the end of what is paid for. After that the organisation is on the free plan."
                    : "The organisation is on the free plan at once. An open invoice for the plan is voided.",
                action: "\(view.base)/billing/cancel", confirm: "Cancel the plan")
            : nil
        let more = HTML.linkButton("Change or see more", href: "\(view.base)/billing/subscription")
        return HTML.section(
            "Current plan", actions: [it.hasPlan ? more : nil, cancel].compactMap { $0 }, HTML.panel(HTML.details(rows))
        )
    }

    private func plans(_ view: View, currency: Currency, interval: Interval) -> HTML {
        let onSale = view.plans.flatMap(\.prices)
        let currencies = Set(onSale.map(\.currency.code) + [currency.code]).sorted()
        let intervals = Interval.allCases.filter { it in it == interval || onSale.contains { $0.interval == it } }
        let filter = HTML.filters(
            action: "\(view.base)/billing",
            HTML.select(
                "currency", label: "Currency", options: currencies.map { Choice($0, $0) }, default: currency.code)
                + HTML.select(
                    "interval", label: "Paid", options: intervals.map { Choice($0.rawValue, $0.adverb.capitalised) },
                    default: interval.rawValue))
        let cards = view.plans.html { plan in card(plan, view, currency: currency, interval: interval) }
        return HTML.section(
            "Plans", id: "plans",
            """
            \(filter)<div class="pair">\(cards)</div>\
            <p class="muted small">Prices are without tax. In India 18 % GST is added.</p>
            """)
    }

    private func card(_ plan: Plan, _ view: View, currency: Currency, interval: Interval) -> HTML {
        guard let price = plan.price(currency, interval) else { return .empty }
        let isCurrent = view.subscription.planInForce == plan.code
        let features = plan.features.html { "<li>\($0)</li>" }
        let isFree = price.model == .flat && price.amount.amount == 0
        let unit = isFree ? "for ever" : price.model == .flat ? interval.each : ", \(interval.adverb)"
        let usage = plan.prices.filter { $0.meter != nil && $0.currency == currency && $0.interval == interval }
            .html { "<li>Usage: \($0.terms.words)</li>" }
        let badge = isCurrent ? HTML.badge("Current", .accent) : .empty
        return HTML.panel(
            """
            <div class="stack"><h3>\(plan.name) \(badge)</h3><p class="muted">\(plan.summary)</p>\
            <p><b>\(price.terms.words)</b> <span class="muted">\(unit)</span></p><ul>\(features)\(usage)</ul>\
            \(buttons(plan, price, view, isCurrent: isCurrent))</div>
            """)
    }

    private func buttons(_ plan: Plan, _ price: Price, _ view: View, isCurrent: Bool) -> HTML {
        let it = view.subscription
        let isInForce = it.state == .active && it.plan != Plan.free
        guard view.canManage, plan.code != Plan.free, !isInForce else { return .empty }
        let fields = [
            ("plan", plan.code), ("currency", price.amount.currency.code), ("interval", price.interval.rawValue),
        ]
        let take = HTML.postButton(
            "Take \(plan.name)", action: "\(view.base)/billing/take", fields: fields,
            style: plan.code == "pro" ? .primary : .plain)
        let mayTry = plan.trialDays > 0 && it.trialEndsAt == nil
        let trial: HTML? =
            mayTry
            ? HTML.postButton(
                "Try it for \(plan.trialDays) days", action: "\(view.base)/billing/take",
                fields: fields + [("trial", "1")])
            : nil
        return "<div class=\"actions\">\(take)\(trial)</div>"
    }

    private func invoices(_ view: View) -> HTML {
        HTML.section(
            "Invoices", actions: [HTML.linkButton("Spending", href: "\(view.base)/billing/spending", size: .small)],
            HTML.table(
                "Invoices", columns: ["Number", "State", .number("Amount"), .date("Issued"), .date("Due")],
                rows: view.invoices.map { it in
                    [
                        HTML.rowLink(it.number, href: "\(view.base)/invoices/\(it.id)"), it.badge(now: view.now),
                        HTML.money(it.total), HTML.date(it.issuedAt), HTML.date(it.dueAt),
                    ]
                },
                empty: HTML.emptyState("No invoices yet", "One appears here when a plan is taken.")))
    }

    private func payments(_ view: View) -> HTML {
        HTML.section(
            "Payments",
            HTML.table(
                "Payments", columns: ["Payment", "State", .number("Amount"), "Method", .date("Made")],
                rows: view.payments.map { it in
                    [
                        HTML.rowLink(it.remoteID, href: "\(view.base)/payments/\(it.id)"), it.badge,
                        HTML.money(it.amount), "\(it.method)", HTML.time(it.createdAt),
                    ]
                },
                empty: HTML.emptyState(
                    "No payments yet", "One appears here when an invoice is paid, or should have been.")))
    }

    private func details(_ view: View) -> HTML {
        let it = view.details
        let state = GST.states.first { $0.code == it.state }?.name
        let change = HTML.linkButton("Change", href: "\(view.base)/billing/details", size: .small)
        return HTML.section(
            "On your invoices", actions: view.canManage ? [change] : [],
            HTML.panel(
                HTML.details([
                    ("Name", "\(it.name)"), ("Address", it.address.isEmpty ? HTML.muted("none") : "\(it.address)"),
                    ("State", state.map { "\($0)" } ?? HTML.muted("not given: taxed as in the seller's state")),
                    ("GSTIN", it.gstin.isEmpty ? HTML.muted("none") : HTML.code(it.gstin)),
                ])))
    }
}

extension Subscription {
    /// The state in a badge.
    var badge: HTML {
        switch state {
        case .trialing: HTML.badge("Trial", .info)
        case .active: cancelsAt == nil ? HTML.badge("Active", .good) : HTML.badge("Ends soon", .warn)
        case .pastDue: HTML.badge("Past due", .bad)
        case .paused: HTML.badge("Paused", .neutral)
        case .cancelled: HTML.badge("Cancelled", .neutral)
        }
    }

    /// The state in a few words after the plan's name.
    func sentence(now: Timestamp) -> HTML {
        switch state {
        case .trialing: trialEndsAt.map { "on trial until \(HTML.date($0))" } ?? "on trial"
        case .active:
            if let cancelsAt {
                "until \(HTML.date(cancelsAt)), then Free"
            } else {
                periodEnd.map { "renews on \(HTML.date($0))" } ?? "for as long as you like"
            }
        case .pastDue: "waits for a payment"
        case .paused: "because the plan is paused"
        case .cancelled: "since the plan was cancelled"
        }
    }
}

extension Invoice {
    /// The state in a badge.
    func badge(now: Timestamp) -> HTML {
        switch state {
        case .open: dueAt < now ? HTML.badge("Overdue", .bad) : HTML.badge("Open", .warn)
        case .paid: HTML.badge("Paid", .good)
        case .draft: HTML.badge("Draft", .neutral)
        case .void: HTML.badge("Void", .neutral)
        case .uncollectible: HTML.badge("Written off", .neutral)
        }
    }
}

extension Payment {
    /// The state in a badge.
    var badge: HTML {
        switch state {
        case .created: HTML.badge("Started", .neutral)
        case .failed: HTML.badge("Failed", .bad)
        case .authorized: HTML.badge("Authorised", .info)
        case .autoRefunded: HTML.badge("Returned", .neutral)
        case .captured:
            refundReserved >= amount.amount
                ? HTML.badge("Refunded", .neutral)
                : refundReserved > 0
                    ? HTML.badge("Partly refunded", .warn)
                    : isApplied ? HTML.badge("Captured", .good) : HTML.badge("Unapplied", .warn)
        }
    }
}
