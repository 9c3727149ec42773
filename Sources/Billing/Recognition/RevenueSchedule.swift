// One line of an invoice on its way from deferred revenue to revenue.
import Core
import Storage

enum RevenueScheduleKind: IdentifierKind { static let prefix = "rev" }
typealias RevenueScheduleID = Identifier<RevenueScheduleKind>

/// What is invoiced is deferred first; it is recognised by days, and what is given back before that is released.
///
/// At every moment recognised + deferred + released is what was invoiced.
struct RevenueSchedule: Sendable, Hashable {
    let id: RevenueScheduleID
    let organization: OrganizationID
    let invoice: InvoiceID
    /// Of the invoice's line, from 1.
    let position: Int64
    /// Whether the rest of it is given back when the plan changes.
    var isPlan: Bool
    /// What the line was invoiced with, without tax.
    let amount: Money
    var plan: RevenuePlan
    /// What was recognised before a credit note changed the plan.
    var before: Int64
    var recognised: Int64
    var released: Int64
    /// The invoice of the change that gave the rest back, and how much that was.
    var endedBy: InvoiceID?
    var endedRest: Int64 = 0
    /// Recognised up to this day, without it.
    var through: CivilDate
    /// When the next part of it is earned; nil while it has not begun, and when it is over.
    var nextAt: Timestamp?

    /// What is still in the account of deferred revenue.
    var deferred: Int64 { amount.amount - recognised - released }

    /// What is earned before a day, cumulatively; never less than what was recognised already.
    func earned(before day: CivilDate) -> Int64 {
        let all = amount.amount - released
        let earned = day.number >= plan.lastBorder.number ? all : before + plan.earned(before: day)
        return amount.amount < 0 ? max(all, min(recognised, earned)) : min(all, max(recognised, earned))
    }

    /// What would be given back if it ended with the day before.
    func rest(on day: CivilDate) -> Int64 { amount.amount - released - earned(before: day) }

    /// Recognises up to a day; returns what this books.
    mutating func advance(to day: CivilDate) -> Int64 {
        let earned = earned(before: day)
        let part = earned - recognised
        recognised = earned
        if day.number > through.number { through = day }
        return part
    }

    /// What gave the rest back is void: it is earned after all, over the days that are left.
    mutating func restore() {
        released -= endedRest
        (endedBy, endedRest, before) = (nil, 0, recognised)
        let end = plan.period.end
        plan = RevenuePlan(whole: deferred, period: DaySpan(start: min(max(through, plan.period.start), end), end: end))
    }

    /// Gives back a part of what is deferred; the rest is earned evenly over the days that are left.
    mutating func release(_ part: Int64, on day: CivilDate) {
        released += part
        before = recognised
        let end = plan.period.end
        let start = day.number < end.number ? max(day.number, plan.from.number) : end.number
        let from = CivilDate(Timestamp(milliseconds: start * 86_400_000))
        plan = RevenuePlan(whole: deferred, period: DaySpan(start: from, end: end))
        if deferred == 0 { nextAt = nil }
    }
}
