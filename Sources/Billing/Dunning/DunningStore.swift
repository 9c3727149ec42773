// All SQL of dunning.
import Core
import Storage
import Web

/// One step about one invoice.
struct DunningStep: Sendable, Hashable {
    enum State: String, CaseIterable, Codable, Sendable, SQLBindable {
        case planned
        case done
        case skipped
    }

    let organization: OrganizationID
    let invoice: InvoiceID
    /// From 1, in the order in which they are taken.
    let position: Int64
    let action: DunningAction
    let dueAt: Timestamp
    let state: State
    let doneAt: Timestamp?
    /// Why it went as it did.
    let note: String
}

enum DunningStore {
    private static let columns: SQL = "organization_id, invoice_id, position, action, due_at, state, done_at, note"

    private static func step(_ row: Row) throws -> DunningStep {
        DunningStep(
            organization: try row.id(0), invoice: try row.id(1), position: try row.int(2), action: try row.choice(3),
            dueAt: try row.time(4), state: try row.choice(5), doneAt: row.optionalTime(6), note: try row.text(7))
    }

    static func insert(_ steps: [DunningPolicy.Step], of invoice: InvoiceID, in tx: any Transaction) throws {
        for (index, it) in steps.enumerated() {
            try tx.run(
                """
                INSERT INTO dunning_steps (organization_id, invoice_id, position, action, due_at, state)
                VALUES (\(try tx.organization()), \(invoice), \(index + 1), \(it.action), \(it.dueAt), 'planned')
                """)
        }
    }

    static func steps(of invoice: InvoiceID, in tx: any Transaction) throws -> [DunningStep] {
        try tx.rows(
            """
            SELECT \(columns) FROM dunning_steps
            WHERE invoice_id = \(invoice) AND organization_id = \(try tx.organization()) ORDER BY position LIMIT 400
            """, step)
    }

    /// Of every invoice of the transaction's organisation that something is still to be done about.
    static func open(in tx: any Transaction) throws -> [DunningStep] {
        try tx.rows(
            """
            SELECT \(columns) FROM dunning_steps WHERE organization_id = \(try tx.organization()) AND invoice_id IN (
              SELECT invoice_id FROM dunning_steps
              WHERE organization_id = \(try tx.organization()) AND state = 'planned')
            ORDER BY invoice_id, position LIMIT 400
            """, step)
    }

    /// Steps of the transaction's organisation that are due, in the order in which they were.
    static func due(in tx: any Transaction) throws -> [DunningStep] {
        try tx.rows(
            """
            SELECT \(columns) FROM dunning_steps
            WHERE organization_id = \(try tx.organization()) AND state = 'planned' AND due_at <= \(tx.now)
            ORDER BY due_at, invoice_id, position LIMIT 400
            """, step)
    }

    /// Organisations with a step that is due; for the scope of the instance.
    static func organizationsDue(limit: Int, in tx: any Transaction) throws -> [OrganizationID] {
        try tx.rows(
            """
            SELECT organization_id FROM dunning_steps WHERE state = 'planned' AND due_at <= \(tx.now)
            GROUP BY organization_id ORDER BY min(due_at), organization_id LIMIT \(limit)
            """
        ) { try $0.id(0) }
    }

    static func close(_ it: DunningStep, as state: DunningStep.State, note: String, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE dunning_steps SET state = \(state), done_at = \(tx.now), note = \(note)
            WHERE invoice_id = \(it.invoice) AND position = \(it.position) AND state = 'planned'
              AND organization_id = \(try tx.organization())
            """)
    }

    /// Moves one step.
    static func move(_ it: DunningStep, to instant: Timestamp, note: String, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE dunning_steps SET due_at = \(instant), note = \(note)
            WHERE invoice_id = \(it.invoice) AND position = \(it.position) AND state = 'planned'
              AND organization_id = \(try tx.organization())
            """)
    }

    /// Nothing more is done about an invoice.
    static func skipRest(of invoice: InvoiceID, because note: String, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE dunning_steps SET state = 'skipped', done_at = \(tx.now), note = \(note)
            WHERE invoice_id = \(invoice) AND state = 'planned' AND organization_id = \(try tx.organization())
            """)
    }

    static func hasSteps(_ invoice: InvoiceID, in tx: any Transaction) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM dunning_steps
            WHERE invoice_id = \(invoice) AND organization_id = \(try tx.organization()) LIMIT 1
            """)
    }

    /// Whether only reading and billing work for an organisation; for the scope of the instance.
    static func isLimited(_ organization: OrganizationID, in tx: any Transaction) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM subscriptions WHERE organization_id = \(organization) AND limited_at IS NOT NULL
            """)
    }

    // MARK: Policies

    /// The schedule of a plan; the standard one until an operator sets another. Scope: instance.
    static func policy(of plan: String, in tx: any Transaction) throws -> DunningPolicy {
        try tx.first(
            "SELECT reminder_days, grace_days, cancel_days FROM dunning_policies WHERE plan_code = \(plan)"
        ) { row in
            DunningPolicy(
                reminderDays: try JSONCoding.decode([Int].self, from: Array(try row.text(0).utf8)),
                graceDays: Int(try row.int(1)), cancelDays: Int(try row.int(2)))
        } ?? .standard
    }

    static func save(_ it: DunningPolicy, of plan: String, in tx: any Transaction) throws {
        let days = String(decoding: try JSONCoding.encode(it.reminderDays), as: UTF8.self)
        try tx.run(
            """
            INSERT INTO dunning_policies (plan_code, reminder_days, grace_days, cancel_days, updated_at)
            VALUES (\(plan), \(days), \(it.graceDays), \(it.cancelDays), \(tx.now))
            ON CONFLICT (plan_code) DO UPDATE SET reminder_days = excluded.reminder_days,
              grace_days = excluded.grace_days, cancel_days = excluded.cancel_days, updated_at = excluded.updated_at
            """)
    }
}
