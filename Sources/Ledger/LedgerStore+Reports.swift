// SQL of balances at an instant and of reports.
import Core
import Storage

extension LedgerStore {
    /// What has to be added to an account's totals at a cut by booking time to have them by effective time: entries
    /// that were booked later and count by then, less those that were booked by then and count later.
    static func shift(
        of id: LedgerAccountID, _ cut: Cut, in tx: any Transaction
    ) throws -> (debits: Int64, credits: Int64) {
        try tx.first(
            """
            SELECT ifnull(sum(d.sign * max(p.amount, 0)), 0), ifnull(sum(d.sign * max(-p.amount, 0)), 0)
            FROM (\(try displaced(by: cut, in: tx))) d CROSS JOIN ledger_postings p
              ON p.organization_id = \(try tx.organization()) AND p.account_id = \(id) AND p.seq = d.seq
            """
        ) { (try $0.int(0), try $0.int(1)) } ?? (0, 0)
    }

    /// The entries that lie on the other side of a cut by their effective time, with +1 when they come in by it and −1
    /// when they go out. An index holds only entries whose two times differ; the plus keeps the planner from walking
    /// the book by its sequence instead.
    private static func displaced(by cut: Cut, in tx: any Transaction) throws -> SQL {
        let organization = try tx.organization()
        return """
            SELECT seq, postings, 1 AS sign FROM ledger_entries WHERE organization_id = \(organization)
              AND effective_at <> booked_at AND effective_at <= \(cut.instant) AND +seq > \(cut.sequence)
            UNION ALL
            SELECT seq, postings, -1 FROM ledger_entries WHERE organization_id = \(organization)
              AND effective_at <> booked_at AND effective_at > \(cut.instant) AND +seq <= \(cut.sequence)
            """
    }

    /// The corrections of `shift` for all accounts at once.
    static func shifts(_ cut: Cut, in tx: any Transaction) throws -> [LedgerAccountID: (Int64, Int64)] {
        let rows = try tx.rows(
            """
            SELECT j.key, sum(d.sign * max(j.value, 0)), sum(d.sign * max(-j.value, 0))
            FROM (\(try displaced(by: cut, in: tx))) d CROSS JOIN json_each(d.postings) j GROUP BY j.key
            """
        ) { (try $0.id(0) as LedgerAccountID, (try $0.int(1), try $0.int(2))) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// One account with its totals at a place in the book.
    struct Totals {
        let id: LedgerAccountID
        let new: NewAccount
        let debits: Int64
        let credits: Int64
    }

    /// Every account of the book with its totals up to a place in it, by code.
    static func totals(through last: Int64, in tx: any Transaction) throws -> [Totals] {
        try tx.rows(
            """
            SELECT a.id, a.code, a.name, a.type, a.contra, a.currency, a.owner_id, p.debits_after, p.credits_after
            FROM ledger_accounts a LEFT JOIN ledger_postings p
              ON p.organization_id = a.organization_id AND p.account_id = a.id AND p.seq = (
                SELECT max(q.seq) FROM ledger_postings q
                WHERE q.organization_id = a.organization_id AND q.account_id = a.id AND q.seq <= \(last))
            WHERE a.organization_id = \(try tx.organization()) ORDER BY a.code, a.id
            """
        ) { row in
            Totals(
                id: try row.id(0),
                new: NewAccount(
                    code: try row.text(1), name: try row.text(2), type: try row.choice(3), contra: try row.flag(4),
                    currency: Currency(stored: try row.text(5)), ownerID: try row.text(6)),
                debits: row.optionalInt(7) ?? 0, credits: row.optionalInt(8) ?? 0)
        }
    }

    // MARK: Export

    /// Entries after a place in the book and up to another, oldest first.
    static func entries(
        after first: Int64, through last: Int64, limit: Int, in tx: any Transaction
    ) throws -> [JournalEntry] {
        try tx.rows(
            """
            SELECT \(entryColumns) FROM ledger_entries WHERE organization_id = \(try tx.organization())
              AND seq > \(first) AND seq <= \(last) ORDER BY seq LIMIT \(limit)
            """
        ) { row in try Self.row(row).entry(hash: try row.bytes(13)) }
    }

    /// The earliest time at which anything counts or was booked; nil for an empty book.
    static func beginning(in tx: any Transaction) throws -> Timestamp? {
        let organization = try tx.organization()
        let dated = try tx.first(
            """
            SELECT effective_at FROM ledger_entries WHERE organization_id = \(organization)
              AND effective_at <> booked_at ORDER BY effective_at LIMIT 1
            """
        ) { try $0.time(0) }
        let booked = try bookedAt(1, in: tx)
        return booked.map { min($0, dated ?? $0) }
    }

    /// The hash of one entry.
    static func hash(_ sequence: Int64, organization: OrganizationID, in tx: any Transaction) throws -> [UInt8]? {
        try tx.first(
            "SELECT hash FROM ledger_entries WHERE organization_id = \(organization) AND seq = \(sequence)"
        ) { try $0.bytes(0) }
    }
}
