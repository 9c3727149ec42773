// What may be done, and which of the four roles may do it: the one table.

/// Something a member of an organisation may be allowed to do; spelled `subject:verb` on the wire and in the docs.
package enum Permission: String, CaseIterable, Sendable, Codable {
    case organizationRead = "organization:read"
    case organizationManage = "organization:manage"
    case organizationDelete = "organization:delete"
    case membersRead = "members:read"
    case membersManage = "members:manage"
    case keysRead = "api_keys:read"
    case keysManage = "api_keys:manage"
    case auditRead = "audit:read"
    case outboxRead = "outbox:read"
    case eventsRead = "events:read"
    case jobsRead = "jobs:read"
    case jobsWrite = "jobs:write"
    case jobsManage = "jobs:manage"
    case billingRead = "billing:read"
    case billingManage = "billing:manage"
    case usageWrite = "usage:write"
    case ledgerRead = "ledger:read"
    case ledgerPost = "ledger:post"
    case ledgerManage = "ledger:manage"

    /// What the permission lets somebody do, in words for the console and the documentation.
    package var summary: String {
        switch self {
        case .organizationRead: "See the organisation"
        case .organizationManage: "Change the organisation's name and settings"
        case .organizationDelete: "Delete the organisation"
        case .membersRead: "See members and invitations"
        case .membersManage: "Invite, change and remove members"
        case .keysRead: "See API keys (never their secrets)"
        case .keysManage: "Create and revoke API keys"
        case .auditRead: "Read the audit log"
        case .outboxRead: "Read messages that were sent, with the links in them"
        case .eventsRead: "Read domain events"
        case .jobsRead: "See jobs and schedules"
        case .jobsWrite: "Enqueue jobs"
        case .jobsManage: "Retry and cancel jobs"
        case .billingRead: "See plans, invoices and payments"
        case .billingManage: "Change the plan, pay and refund"
        case .usageWrite: "Report usage"
        case .ledgerRead: "Read accounts, balances and journal entries"
        case .ledgerPost: "Post and reverse journal entries"
        case .ledgerManage: "Open accounts"
        }
    }
}

extension Permission {
    /// Only for people, whatever the role of a key: who may get in, and the end of it all.
    package var isForPeople: Bool {
        switch self {
        case .keysRead, .keysManage, .membersManage, .outboxRead, .organizationDelete: true
        default: false
        }
    }

    /// Whether no operator does it in a member's place: what only owners may, who gets in, keys, and mailed links.
    package var isForMembersThemselves: Bool {
        switch self {
        case .keysManage, .membersManage, .outboxRead: true
        default: least == .owner
        }
    }

    /// Whether a custom role can hold it: not what is for owners alone, and not the outbox, where invitations to
    /// higher roles can be read.
    package var isForCustomRoles: Bool { least != .owner && self != .outboxRead }
}

extension Permission {
    /// The least of the four roles that holds the permission.
    package var least: Role {
        switch self {
        case .organizationRead, .membersRead, .eventsRead, .jobsRead, .billingRead, .ledgerRead: .viewer
        case .jobsWrite, .usageWrite, .ledgerPost: .editor
        case .organizationManage, .membersManage, .keysRead, .keysManage, .auditRead, .outboxRead, .jobsManage,
            .ledgerManage:
            .admin
        case .billingManage, .organizationDelete: .owner
        }
    }
}
