// All SQL of holds.
import Core
import Storage

enum HoldsStore {
    static func insert(_ id: HoldID, _ new: NewHold, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO ledger_holds (organization_id, id, debit_account_id, credit_account_id, currency, amount,
              description, expires_at, created_at)
            VALUES (\(try tx.organization()), \(id), \(new.debit), \(new.credit), \(new.amount.currency),
              \(new.amount.amount), \(new.description), \(new.expiresAt), \(tx.now))
            """)
    }

    static func end(_ id: HoldID, _ outcome: HoldState, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO ledger_hold_ends (organization_id, hold_id, outcome, entry_seq, amount, ended_at)
            VALUES (\(try tx.organization()), \(id), \(outcome.rawValue), NULL, 0, \(tx.now))
            """)
    }

    static func hold(_ id: HoldID, in tx: any Transaction) throws -> Hold? {
        try tx.first(
            "SELECT \(columns) WHERE h.organization_id = \(try tx.organization()) AND h.id = \(id)", hold)
    }

    /// Newest first, below an identifier.
    static func holds(before: String?, limit: Int, in tx: any Transaction) throws -> [Hold] {
        let below: SQL = before.map { "AND h.id < \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) WHERE h.organization_id = \(try tx.organization()) \(below)
            ORDER BY h.id DESC LIMIT \(limit)
            """, hold)
    }

    private static let columns: SQL = """
        h.id, h.description, h.debit_account_id, h.credit_account_id, h.amount, h.currency, h.expires_at, h.created_at,
        e.outcome, e.amount, e.ended_at, j.id
        FROM ledger_holds h
        LEFT JOIN ledger_hold_ends e ON e.organization_id = h.organization_id AND e.hold_id = h.id
        LEFT JOIN ledger_entries j ON j.organization_id = h.organization_id AND j.seq = e.entry_seq
        """

    private static func hold(_ row: Row) throws -> Hold {
        let amount = try row.money(4, currency: 5)
        let state = row.optionalText(8).flatMap { HoldState(rawValue: $0) } ?? .pending
        return Hold(
            id: try row.id(0), state: state, description: try row.text(1), debitAccount: try row.id(2),
            creditAccount: try row.id(3), amount: amount,
            posted: state == .posted ? Money(stored: try row.int(9), amount.currency) : nil,
            entry: row.optionalID(11), expiresAt: try row.time(6), createdAt: try row.time(7),
            endedAt: row.optionalTime(10))
    }

    // MARK: Verification

    /// The first hold whose lines on its two accounts are not what it and its end say.
    static func holdWithOtherLines(of organization: OrganizationID, in tx: any Transaction) throws -> String? {
        try tx.first(
            """
            SELECT h.id FROM ledger_holds h
            LEFT JOIN ledger_hold_ends e ON e.organization_id = h.organization_id AND e.hold_id = h.id
            WHERE h.organization_id = \(organization) AND (
              SELECT count(*) FROM ledger_hold_lines l WHERE l.organization_id = h.organization_id AND l.hold_id = h.id
                AND (l.account_id = h.debit_account_id OR l.account_id = h.credit_account_id)
            ) <> CASE WHEN e.hold_id IS NULL THEN 2 ELSE 4 END
            ORDER BY h.id LIMIT 1
            """
        ) { try $0.text(0) }
    }

    /// The first end of a hold that has no hold, or was posted by no entry.
    static func endWithoutCause(of organization: OrganizationID, in tx: any Transaction) throws -> String? {
        try tx.first(
            """
            SELECT e.hold_id FROM ledger_hold_ends e
            LEFT JOIN ledger_holds h ON h.organization_id = e.organization_id AND h.id = e.hold_id
            LEFT JOIN ledger_entries j ON j.organization_id = e.organization_id AND j.seq = e.entry_seq
              AND j.source_type = 'ledger_hold' AND j.source_id = e.hold_id
              AND instr(j.postings, '"' || h.debit_account_id || '":' || e.amount || ',') > 0
            WHERE e.organization_id = \(organization) AND (h.id IS NULL OR e.outcome = 'posted' AND j.seq IS NULL)
            ORDER BY e.hold_id LIMIT 1
            """
        ) { try $0.text(0) }
    }

    /// The first entry that posts a hold which does not say so.
    static func entryWithoutEnd(of organization: OrganizationID, in tx: any Transaction) throws -> Int64? {
        try tx.first(
            """
            SELECT j.seq FROM ledger_entries j
            LEFT JOIN ledger_hold_ends e ON e.organization_id = j.organization_id AND e.hold_id = j.source_id
              AND e.entry_seq = j.seq
            WHERE j.organization_id = \(organization) AND j.source_type = 'ledger_hold' AND e.hold_id IS NULL
            ORDER BY j.seq LIMIT 1
            """
        ) { try $0.int(0) }
    }

    /// The first account on which the running totals of what is held are not those before them and their hold.
    static func accountHeldWrongly(of organization: OrganizationID, in tx: any Transaction) throws -> LedgerAccountID? {
        try tx.first(
            """
            SELECT l.account_id FROM ledger_hold_lines l
            LEFT JOIN ledger_holds h ON h.organization_id = l.organization_id AND h.id = l.hold_id
            LEFT JOIN ledger_hold_lines p ON p.organization_id = l.organization_id AND p.account_id = l.account_id
              AND p.seq = l.seq - 1
            WHERE l.organization_id = \(organization) AND (h.id IS NULL OR (p.seq IS NULL) <> (l.seq = 1)
              OR l.debits_after <> ifnull(p.debits_after, 0)
                + (l.account_id = h.debit_account_id) * h.amount * (1 - 2 * l.is_release)
              OR l.credits_after <> ifnull(p.credits_after, 0)
                + (l.account_id = h.credit_account_id) * h.amount * (1 - 2 * l.is_release))
            LIMIT 1
            """
        ) { try $0.id(0) }
    }
}
