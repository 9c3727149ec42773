// The operator's page of time: where billing's clock is, and buttons that move it in sandbox mode.
import Core
import Storage
import Web

extension Billing {
    func addClockPage(to pages: inout Pages) {
        pages.page("/operator/clock", "clock", allow: .operators) { _, tx in
            clockPage(try ClockStore.state(in: tx), now: tx.now)
        }
        pages.actionAct("/operator/clock/move", "move the clock", allow: .operators) { call in
            let target = try Self.target(call.body, now: database.clock.now)
            let report = try await travel(to: target, by: call.actor)
            let words = "It is \(report.now) now. \(report.stops) things fell due on the way."
            return .redirect(to: "/operator/clock", flash: words)
        }
        pages.action("/operator/clock/confirm", "confirm the clock", allow: .operators) { _, tx in
            _ = try confirmClock(in: tx)
            return .redirect(to: "/operator/clock", flash: "Billing goes on.")
        }
    }

    private static func target(_ form: Form, now: Timestamp) throws -> Timestamp {
        switch form["step"] {
        case "day": return now.adding(.days(1))
        case "month": return BillingAnchor(wall: now).border(months: 1, in: .utc)
        case "year": return BillingAnchor(wall: now).border(months: 12, in: .utc)
        default:
            guard let date = Timestamp(form["date"] + "T00:00:00Z") else {
                throw Problem.invalid([FieldProblem("/date", "format", "Write a day such as 2027-03-31.")])
            }
            return date
        }
    }

    private func clockPage(_ state: ClockStore.State?, now: Timestamp) -> PageView {
        var rows: [(String, HTML)] = [("Now", HTML.time(now))]
        if let state { rows.append(("Billing worked last", HTML.time(state.highWater))) }
        let held = state?.heldBecause.map { reason in
            HTML.notice(
                "Billing waits. \(reason)", .bad,
                action: HTML.postButton("The clock is right", action: "/operator/clock/confirm", style: .primary))
        }
        let moves: HTML =
            settings.testClock == nil
            ? HTML.notice("Time is moved only in sandbox mode, never where real money is.", .info)
            : mover
        return PageView(
            "Clock", section: "operator", crumbs: [Link("Instance", "/operator")],
            lead: "What subscriptions, invoices and reminders go by.",
            "\(held ?? .empty)\(HTML.panel(HTML.details(rows)))\(moves)")
    }

    private var mover: HTML {
        let buttons = [("day", "+1 day"), ("month", "+1 month"), ("year", "+1 year")].html { step, title in
            HTML.postButton(title, action: "/operator/clock/move", fields: [("step", step)])
        }
        let form = HTML.form(
            action: "/operator/clock/move", submit: "Go there", state: FormState(),
            HTML.textField("date", label: "To a day", state: FormState(), hint: "Such as 2027-03-31, in UTC."))
        return HTML.section(
            "Move the clock",
            lead: """
                Time goes forward for the whole instance, and whatever falls due on the way happens at its own time, \
                in order. It does not go back.
                """, "\(HTML.actions(buttons))\(HTML.panel(form))")
    }
}
