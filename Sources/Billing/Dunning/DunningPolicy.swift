// What happens when an invoice is not paid, and on which day after it was due.
import Core
import Storage

/// What a step of dunning does.
enum DunningAction: String, CaseIterable, Codable, Sendable, SQLBindable {
    /// Mails the owners, with the link to pay.
    case remind
    /// The organisation can read everything and change nothing but its billing.
    case readOnly = "read_only"
    /// The subscription ends, and the unpaid invoice with it.
    case cancel
}

/// The schedule of a plan, in days after the due date.
struct DunningPolicy: Sendable, Hashable, Codable {
    /// On which days a reminder goes out.
    let reminderDays: [Int]
    /// How long everything still works.
    let graceDays: Int
    /// When the subscription ends.
    let cancelDays: Int

    enum CodingKeys: String, CodingKey {
        case reminderDays = "reminder_days"
        case graceDays = "grace_days"
        case cancelDays = "cancel_days"
    }

    static let standard = DunningPolicy(reminderDays: [0, 1, 3, 5, 7], graceDays: 7, cancelDays: 21)

    /// One step: what, and at which instant.
    struct Step: Sendable, Hashable {
        let action: DunningAction
        let dueAt: Timestamp
    }

    /// All steps for an invoice, in the order in which they are taken; days are those of the organisation's zone.
    func steps(dueAt: Timestamp, in zone: BillingZone) -> [Step] {
        let reminders = reminderDays.map { (DunningAction.remind, $0) }
        let all = reminders + [(.readOnly, graceDays), (.cancel, cancelDays)]
        return all.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map { _, step in
            Step(action: step.0, dueAt: zone.adding(days: Int64(step.1), to: dueAt))
        }
    }
}
