// The chaos panel: how badly the simulator behaves, and buttons for what happens without anybody asking.
import Core
import Storage
import Web

extension Sandbox {
    func addPanel(to pages: inout Pages) {
        pages.page("\(Self.path)/panel", "chaos panel", allow: .operators) { _, tx in
            try panel(try SandboxStore.chaos(in: tx), in: tx)
        }
        pages.action("\(Self.path)/panel", "set chaos", allow: .operators) { call, tx in
            var chaos = Chaos()
            func number(_ name: String, _ most: Int64) -> Int64? {
                Int64(call.body[name]).flatMap { (0...most).contains($0) ? $0 : nil }
            }
            (chaos.duplicate, chaos.reorder, chaos.drop) = (
                number("duplicate", 100), number("reorder", 100), number("drop", 100)
            )
            (chaos.delay, chaos.slow) = (number("delay", 86_400), number("slow", 30_000))
            chaos.outage = number("outage", 10_080)
            (chaos.hidesFees, chaos.failsRefunds) = (call.body["hides_fees"] == "1", call.body["fails_refunds"] == "1")
            (chaos.isPoor, chaos.holdsDisputes) = (call.body["is_poor"] == "1", call.body["holds_disputes"] == "1")
            try SandboxStore.setChaos(chaos.starting(at: tx.now), in: tx)
            return .redirect(to: "\(Self.path)/panel", flash: "The simulator behaves so from now on.")
        }
        pages.action("\(Self.path)/panel/play", "play an event", allow: .operators) { call, tx in
            guard let event = SandboxPlay.Event(rawValue: call.body["event"]) else { throw Problem.notFound("event") }
            do {
                let id = try play(event, call.body["id"], in: tx)
                return .redirect(to: "\(Self.path)/panel", flash: "It happened: \(id).")
            } catch let error as SandboxError {
                return .redirect(to: "\(Self.path)/panel", flash: Message(error.words, .bad).flash)
            }
        }
    }

    private func panel(_ it: Chaos, in tx: any Transaction) throws -> PageView {
        PageView(
            "Chaos panel", section: "operator", crumbs: [Link("Payment simulator", Self.path)],
            badge: it.isOut(at: tx.now) ? HTML.badge("Outage", .bad) : nil,
            lead: "A real provider does all of this, only not while somebody watches. The books have to stay right.",
            HTML.columns(
                main: HTML.section("Payments", try payments(in: tx)) + HTML.section("Disputes", try disputes(in: tx)),
                aside: behaviour(it)
                    + HTML.panel(
                        "Settlement",
                        "<p>Sends all rupees of the account to the bank.</p>\(button("Settle", .settle, ""))")))
    }

    private func behaviour(_ it: Chaos) -> HTML {
        func number(_ name: String, _ label: String, _ value: Int64?, _ hint: String) -> HTML {
            HTML.textField(
                name, label: label, type: .number, default: String(value ?? 0), hint: hint, required: false)
        }
        func toggle(_ name: String, _ label: String, _ isOn: Bool?) -> HTML {
            HTML.checkbox(name, label: label, isOn: isOn ?? false)
        }
        return HTML.panel(
            "Behaviour",
            HTML.form(
                action: "\(Self.path)/panel", submit: "Behave so",
                """
                \(number("duplicate", "Webhooks sent twice", it.duplicate, "Per cent."))\
                \(number("reorder", "Webhooks out of order", it.reorder, "Per cent."))\
                \(number("drop", "Webhooks lost", it.drop, "Per cent."))\
                \(number("delay", "Webhooks late", it.delay, "Seconds."))\
                \(number("slow", "Answers late", it.slow, "Milliseconds."))\
                \(number("outage", "Outage", it.outage, "Minutes from now; 1440 is a day."))\
                \(toggle("hides_fees", "Fees are only known from the report", it.hidesFees))\
                \(toggle("fails_refunds", "Refunds fail after they were taken on", it.failsRefunds))\
                \(toggle("is_poor", "The balance is too low for refunds", it.isPoor))\
                \(toggle("holds_disputes", "A dispute takes the money at once", it.holdsDisputes))
                """))
    }

    private func button(_ text: String, _ event: SandboxPlay.Event, _ id: String) -> HTML {
        HTML.postButton(
            text, action: "\(Self.path)/panel/play", fields: [("event", event.rawValue), ("id", id)], size: .small)
    }

    private func payments(in tx: any Transaction) throws -> HTML {
        HTML.table(
            "Payments", columns: ["Payment", "State", .number("Amount"), .date("Made"), .actions],
            rows: try SandboxStore.newestPayments(limit: 25, in: tx).map { it in
                let actions: [HTML] =
                    switch it.status {
                    case .captured:
                        [button("Dispute", .dispute, it.id), button("Refund here", .refund, it.id)]
                    case .failed: [button("Authorise late", .lateAuthorization, it.id)]
                    case .authorized where it.refunded == 0: [button("Give back", .autoRefund, it.id)]
                    case .authorized, .refunded: []
                    }
                return [
                    HTML.code(it.id), HTML.badge(it.status.rawValue, it.status == .failed ? .bad : .neutral),
                    HTML.money(it.amount), HTML.time(it.createdAt), HTML.actions(actions),
                ]
            },
            empty: HTML.emptyState("No payments yet", "One appears here when somebody pays."))
    }

    private func disputes(in tx: any Transaction) throws -> HTML {
        HTML.table(
            "Disputes", columns: ["Dispute", "State", .number("Amount"), .date("Made"), .actions],
            rows: try SandboxStore.disputes(count: 25, skip: 0, in: tx).map { it in
                let actions =
                    it.status.isOpen
                    ? [
                        button("Review", .disputeReview, it.id), button("Won", .disputeWon, it.id),
                        button("Lost", .disputeLost, it.id),
                    ] : []
                return [
                    HTML.code(it.id), HTML.badge(it.status.title, it.status == .lost ? .bad : .neutral),
                    HTML.money(it.amount), HTML.time(it.createdAt), HTML.actions(actions),
                ]
            },
            empty: HTML.emptyState("No disputes yet", "Dispute a payment above."))
    }
}

extension DisputeState {
    /// For people.
    var title: String {
        switch self {
        case .open: "Open"
        case .underReview: "Under review"
        case .closed: "Closed"
        case .won: "Won"
        case .lost: "Lost"
        }
    }
}
