// What waits for somebody: each thing that does not move on by itself, what it means, and what to do about it.
import Core
import Storage
import Web

/// A kind of thing that can get stuck.
enum StuckKind: String, CaseIterable, Codable, Sendable {
    case order
    case refund
    case message
    case unappliedPayment = "unapplied_payment"
    case owedRefund = "owed_refund"
    case overdueInvoice = "overdue_invoice"
    case deadJob = "dead_job"

    /// For people.
    var title: String {
        switch self {
        case .order: "Order without news"
        case .refund: "Refund without news"
        case .message: "Message not worked on"
        case .unappliedPayment: "Money without an invoice"
        case .owedRefund: "Refund still owed"
        case .overdueInvoice: "Overdue, and nobody reminded"
        case .deadJob: "Job that gave up"
        }
    }

    /// What it says about the world.
    var meaning: String {
        switch self {
        case .order:
            "The provider was silent for \(Self.minutes) minutes. It may or may not have the order, or a payment."
        case .refund:
            "The provider was silent for \(Self.minutes) minutes. The money is reserved: it is not given back twice."
        case .message: "It was not worked on within \(Self.minutes) minutes."
        case .unappliedPayment:
            "It was captured, and no open invoice fits: paid twice, another amount, or a void invoice."
        case .owedRefund: "A credit note promises it, and the provider's refund failed. The customer still waits."
        case .overdueInvoice: "It is past its due date by more than a day, and no reminder went out."
        case .deadJob: "It failed as often as it may. What it should have done is not done."
        }
    }

    /// What the button does.
    var action: String {
        switch self {
        case .order, .refund: "Ask the provider"
        case .message: "Work on it"
        case .unappliedPayment: "Give it back"
        case .owedRefund: "Send it again"
        case .overdueInvoice: "Remind now"
        case .deadJob: "Try again"
        }
    }

    private static let minutes = Billing.silence.count / 60_000
}

/// One of them.
struct StuckObject: Codable, Sendable {
    let kind: StuckKind
    let id: String
    /// The organisation it belongs to; null for what is the instance's own.
    let organizationID: OrganizationID?
    /// Number, provider's identifier, or kind of job.
    let label: String
    let amount: Money?
    let since: Timestamp
    let meaning: String
    let action: String

    enum CodingKeys: String, CodingKey {
        case kind, id, label, amount, since, meaning, action
        case organizationID = "organization_id"
    }

    init(
        _ kind: StuckKind, id: String, of organization: OrganizationID?, label: String, amount: Money? = nil,
        since: Timestamp, meaning: String? = nil
    ) {
        self.kind = kind
        self.id = id
        organizationID = organization
        self.label = label
        self.amount = amount
        self.since = since
        self.meaning = meaning ?? kind.meaning
        action = kind.action
    }
}

/// Everything that is stuck now, the oldest first.
struct StuckReport: Report {
    let at: Timestamp
    let objects: [StuckObject]

    var sheet: ReportSheet {
        ReportSheet(
            name: "Stuck objects",
            columns: ["Kind", "What", "Organisation", "Currency", .number("Amount"), .date("Since"), "Meaning"],
            rows: objects.map { it in
                [
                    .text(it.kind.title), .text(it.label), .text(it.organizationID?.text ?? ""),
                    .text(it.amount?.currency.code ?? ""),
                    it.amount.map { .money($0.amount, $0.currency) } ?? .text(""), .date(it.since),
                    .text(it.meaning),
                ]
            }, empty: "Nothing is stuck")
    }
}
