// A dispute to look at, and for operators settlements with what they consist of.
import Core
import Storage
import Web

extension Billing {
    func addDisputePages(to pages: inout Pages) {
        pages.page("/orgs/{org}/disputes/{dispute}", "dispute", allow: .member(.billingRead)) { call, tx in
            try page(try dispute(try call.id("dispute"), in: tx), in: tx)
        }
        pages.page("/operator/settlements", "settlements", allow: .operators) { _, tx in
            try settlementsPage(in: tx)
        }
        pages.page("/operator/settlements/{settlement}", "settlement", allow: .operators) { call, tx in
            guard let settlement = try SettlementStore.find(call.parameter("settlement"), in: tx) else {
                throw Problem.notFound("settlement")
            }
            return try page(settlement, in: tx)
        }
    }

    private func page(_ it: Dispute, in tx: any Transaction) throws -> PageView {
        let base = "/orgs/\(try tx.organization())"
        let payment = try payment(it.payment, in: tx)
        var rows: [(String, HTML)] = [
            ("Payment", HTML.link(payment.remoteID, href: "\(base)/payments/\(payment.id)")),
            ("Amount", HTML.money(it.amount)), ("Reason", it.reason.isEmpty ? HTML.muted("not given") : "\(it.reason)"),
            ("Phase", "\(it.phase.isEmpty ? "chargeback" : it.phase)"), ("Money", "\(it.place)"),
            ("Id", HTML.copyable(it.id.text)), ("Id at the provider", HTML.copyable(it.remoteID)),
        ]
        if let fee = it.fee { rows.append(("Fee", HTML.money(Money(stored: fee, it.amount.currency)))) }
        if it.state.isOpen, let until = it.respondBy {
            rows.append(("Answer until", "\(HTML.time(until)) (\(HTML.age(until, now: tx.now)))"))
        }
        return PageView(
            "Dispute of \(it.amount.formatted)", section: "billing", crumbs: [Link("Billing", "\(base)/billing")],
            badge: it.badge,
            lead: it.state.isOpen
                ? "The customer's bank disputes the payment. Answer in the provider's dashboard." : nil,
            HTML.panel(HTML.details(rows)))
    }

    private func settlementsPage(in tx: any Transaction) throws -> PageView {
        let rows = try SettlementStore.newest(limit: 100, in: tx).map { it in
            let rest = it.amount.amount - (try SettlementStore.total(of: it, in: tx)).net
            return [
                HTML.rowLink(it.remoteID, href: "/operator/settlements/\(it.remoteID)"), it.badge,
                HTML.money(it.amount), rest == 0 ? HTML.badge("Explained", .good) : Self.difference(it, rest),
                HTML.time(it.createdAt),
            ]
        }
        let open = try SettlementStore.unexplained(limit: 50, in: tx)
        let disputes = try DisputeStore.newest(limit: 50, in: tx)
        return PageView(
            "Settlements", section: "operator", lead: "What the payment providers sent to the bank.",
            HTML.table(
                "Settlements", columns: ["Settlement", "State", .number("Amount"), "Difference", .date("Made")],
                rows: rows,
                empty: HTML.emptyState("No settlements yet", "The provider's report is read every hour."))
                + HTML.section("Movements that nothing explains", lines(open))
                + HTML.section("Disputes", Self.table(disputes)))
    }

    private static func difference(_ it: Settlement, _ rest: Int64) -> HTML {
        HTML.badge(Money(stored: rest, it.amount.currency).formatted, .warn)
    }

    private func page(_ it: Settlement, in tx: any Transaction) throws -> PageView {
        let total = try SettlementStore.total(of: it, in: tx)
        let rest = it.amount.amount - total.net
        let isWhole = rest == 0
        return PageView(
            it.remoteID, section: "operator", crumbs: [Link("Settlements", "/operator/settlements")], badge: it.badge,
            HTML.panel(
                HTML.details([
                    ("Amount", HTML.money(it.amount)),
                    ("Lines of the report", "\(String(total.count))"),
                    ("They add up to", HTML.money(Money(stored: total.net, it.amount.currency))),
                    (
                        "Difference",
                        isWhole
                            ? "None: the lines add up to the amount."
                            : "\(Money(stored: rest, it.amount.currency).formatted): lines of the report are missing."
                    ),
                    ("Reference at the bank", it.reference.map { HTML.copyable($0) } ?? HTML.muted("none")),
                    ("Made", HTML.time(it.createdAt)),
                ])) + HTML.section("Lines", lines(try SettlementStore.lines(of: it, limit: 500, in: tx))))
    }

    private func lines(_ lines: [ReportLine]) -> HTML {
        HTML.table(
            "Lines", columns: ["Object", "Booked as", .number("Fee"), .number("Net"), .date("At")],
            rows: lines.map { it in
                [
                    HTML.code(it.line.id),
                    it.outcome == "suspense" ? HTML.badge("Unexplained", .warn) : "\(it.outcome)",
                    HTML.money(Money(stored: it.line.fee, it.line.net.currency)), HTML.money(it.line.net),
                    HTML.time(it.line.createdAt),
                ]
            },
            empty: HTML.emptyState("Nothing here", "Every movement that was reported is explained."))
    }

    private static func table(_ disputes: [Dispute]) -> HTML {
        HTML.table(
            "Disputes", columns: ["Dispute", "State", .number("Amount"), "Money", .date("Opened")],
            rows: disputes.map { it in
                [
                    HTML.rowLink(it.remoteID, href: "/orgs/\(it.organization)/disputes/\(it.id)"), it.badge,
                    HTML.money(it.amount), "\(it.place)", HTML.time(it.createdAt),
                ]
            },
            empty: HTML.emptyState("No disputes", "One appears here when a customer's bank takes a payment back."))
    }
}

extension Dispute {
    /// The state in a badge.
    var badge: HTML {
        switch state {
        case .open, .underReview: HTML.badge(state.title, .warn)
        case .closed: HTML.badge(state.title, .neutral)
        case .won: HTML.badge(state.title, .good)
        case .lost: HTML.badge(state.title, .bad)
        }
    }

    /// Where the money is, for people.
    var place: String {
        if isBookedLost { return "gone" }
        return isHeld ? "held by the provider" : isTaken ? "returned" : "not taken"
    }
}

extension Settlement {
    /// The state in a badge.
    var badge: HTML {
        switch state {
        case .created: HTML.badge("On its way", .info)
        case .processed: HTML.badge("Sent to the bank", .good)
        case .failed: HTML.badge("Came back", .bad)
        }
    }
}

extension Refund {
    /// Where it stands, in a word.
    var standing: String { owedAt != nil && state == .planned ? "owed" : state.rawValue }
}
