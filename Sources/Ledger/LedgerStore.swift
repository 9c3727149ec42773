// All SQL of the ledger's acts; reading for verification is in LedgerStore+Verification.swift.
import Core
import Storage

enum LedgerStore {
    // MARK: The book

    /// The newest entry, which the next one is chained to.
    static func head(
        of organization: OrganizationID, in tx: any Transaction
    ) throws -> (sequence: Int64, hash: [UInt8], bookedAt: Timestamp)? {
        try tx.first(
            """
            SELECT seq, hash, booked_at FROM ledger_entries WHERE organization_id = \(organization)
            ORDER BY seq DESC LIMIT 1
            """
        ) { (try $0.int(0), try $0.bytes(1), try $0.time(2)) }
    }

    static func closedThrough(of organization: OrganizationID, in tx: any Transaction) throws -> Timestamp? {
        try tx.first("SELECT closed_through FROM ledger_books WHERE organization_id = \(organization)") {
            try $0.time(0)
        }
    }

    static func insertBook(of organization: OrganizationID, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO ledger_books (organization_id, closed_through, created_at)
            VALUES (\(organization), 0, \(tx.now))
            """)
    }

    static func close(_ organization: OrganizationID, through instant: Timestamp, in tx: any Transaction) throws -> Bool
    {
        try tx.run("UPDATE ledger_books SET closed_through = \(instant) WHERE organization_id = \(organization)") > 0
    }

    // MARK: Accounts

    static func insert(_ account: LedgerAccount, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO ledger_accounts (organization_id, id, code, name, type, contra, currency, owner_id, rule,
              closed_at, created_at)
            VALUES (\(try tx.organization()), \(account.id), \(account.code), \(account.name), \(account.type),
              \(account.contra), \(account.currency), \(account.ownerID), \(account.rule), \(account.closedAt),
              \(account.createdAt))
            """)
    }

    static func update(
        _ id: LedgerAccountID, name: String, closedAt: Timestamp?, in tx: any Transaction
    ) throws {
        try tx.run(
            """
            UPDATE ledger_accounts SET name = \(name), closed_at = \(closedAt)
            WHERE organization_id = \(try tx.organization()) AND id = \(id)
            """)
    }

    static func accountID(
        code: String, currency: Currency, ownerID: String, in tx: any Transaction
    ) throws -> LedgerAccountID? {
        try tx.first(
            """
            SELECT id FROM ledger_accounts WHERE organization_id = \(try tx.organization()) AND code = \(code)
              AND currency = \(currency) AND owner_id = \(ownerID)
            """
        ) { try $0.id(0) }
    }

    /// An account with the running totals of its newest posting, or of its newest one up to a sequence number.
    static func account(_ id: LedgerAccountID, through last: Int64?, in tx: any Transaction) throws -> LedgerAccount? {
        let organization = try tx.organization()
        return try tx.first(
            """
            SELECT \(accountColumns) FROM ledger_accounts a LEFT JOIN ledger_postings p
              ON p.organization_id = a.organization_id AND p.account_id = a.id AND p.seq = (
                SELECT max(seq) FROM ledger_postings WHERE organization_id = \(organization) AND account_id = \(id)
                  AND seq <= \(last ?? Int64.max)) \(heldJoin)
            WHERE a.organization_id = \(organization) AND a.id = \(id)
            """
        ) { try account($0, isNow: last == nil) }
    }

    /// In the order of their codes, after one of them (`code`, then `id`).
    static func accounts(
        after last: (code: String, id: String)?, currency: String?, limit: Int, in tx: any Transaction
    ) throws -> [LedgerAccount] {
        let beyond: SQL = last.map { "AND (a.code, a.id) > (\($0.code), \($0.id))" } ?? ""
        let only: SQL = currency.map { "AND a.currency = \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(accountColumns) FROM ledger_accounts a LEFT JOIN ledger_postings p
              ON p.organization_id = a.organization_id AND p.account_id = a.id AND p.seq = (
                SELECT max(q.seq) FROM ledger_postings q
                WHERE q.organization_id = a.organization_id AND q.account_id = a.id) \(heldJoin)
            WHERE a.organization_id = \(try tx.organization()) \(beyond) \(only)
            ORDER BY a.code, a.id LIMIT \(limit)
            """
        ) { try account($0, isNow: true) }
    }

    private static let accountColumns: SQL = """
        a.id, a.code, a.name, a.type, a.contra, a.currency, a.owner_id, a.rule, a.closed_at, a.created_at,
        p.debits_after, p.credits_after, l.debits_after, l.credits_after
        """

    private static let heldJoin: SQL = """
        LEFT JOIN ledger_hold_lines l ON l.organization_id = a.organization_id AND l.account_id = a.id AND l.seq = (
          SELECT max(m.seq) FROM ledger_hold_lines m
          WHERE m.organization_id = a.organization_id AND m.account_id = a.id)
        """

    private static func account(_ row: Row, isNow: Bool) throws -> LedgerAccount {
        LedgerAccount(
            id: try row.id(0),
            new: NewAccount(
                code: try row.text(1), name: try row.text(2), type: try row.choice(3), contra: try row.flag(4),
                currency: Currency(stored: try row.text(5)), ownerID: try row.text(6), rule: try row.choice(7)),
            closedAt: row.optionalTime(8), createdAt: try row.time(9), debits: row.optionalInt(10) ?? 0,
            credits: row.optionalInt(11) ?? 0,
            pending: isNow ? HeldTotals(debits: row.optionalInt(12) ?? 0, credits: row.optionalInt(13) ?? 0) : nil)
    }

    // MARK: Entries

    static func insert(
        _ row: EntryRow, previous: [UInt8], hash: [UInt8], in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO ledger_entries (organization_id, seq, id, kind, source_type, source_id, reverses_id, group_id,
              currency, effective_at, booked_at, postings, description, previous_hash, hash)
            VALUES (\(row.organization), \(row.sequence), \(row.id), \(row.kind), \(row.source?.type),
              \(row.source?.id), \(row.reverses), \(row.group), \(row.currency), \(row.effectiveAt), \(row.bookedAt),
              \(row.postings), \(row.description), \(previous), \(hash))
            """)
    }

    /// An entry, and which one took it back.
    static func entry(_ id: JournalEntryID, in tx: any Transaction) throws -> JournalEntry? {
        let organization = try tx.organization()
        guard
            var entry = try tx.first(
                "SELECT \(entryColumns) FROM ledger_entries WHERE organization_id = \(organization) AND id = \(id)",
                entry)
        else { return nil }
        entry.reversedBy = try tx.first(
            """
            SELECT id FROM ledger_entries
            WHERE organization_id = \(organization) AND reverses_id = \(id) AND reverses_id IS NOT NULL
            """
        ) { try $0.id(0) }
        return entry
    }

    static func entry(booking source: EntrySource, kind: String, in tx: any Transaction) throws -> JournalEntry? {
        try tx.first(
            """
            SELECT \(entryColumns) FROM ledger_entries WHERE organization_id = \(try tx.organization())
              AND source_type = \(source.type) AND source_id = \(source.id) AND kind = \(kind)
              AND source_type IS NOT NULL
            """, entry)
    }

    /// Newest first, below a sequence number.
    static func entries(before: Int64?, limit: Int, in tx: any Transaction) throws -> [JournalEntry] {
        try tx.rows(
            """
            SELECT \(entryColumns) FROM ledger_entries WHERE organization_id = \(try tx.organization())
              AND seq < \(before ?? Int64.max) ORDER BY seq DESC LIMIT \(limit)
            """, entry)
    }

    static func bookedAt(_ sequence: Int64, in tx: any Transaction) throws -> Timestamp? {
        try tx.first(
            """
            SELECT booked_at FROM ledger_entries WHERE organization_id = \(try tx.organization()) AND seq = \(sequence)
            """
        ) { try $0.time(0) }
    }

    /// The postings of an account with their entries, newest first, within a stretch of the book.
    static func statement(
        of id: LedgerAccountID, within places: Range<Int64>, limit: Int, in tx: any Transaction
    ) throws -> [StatementRow] {
        try tx.rows(
            """
            SELECT e.id, e.description, p.seq, p.amount, p.debits_after, p.credits_after, p.effective_at, e.booked_at
            FROM ledger_postings p JOIN ledger_entries e ON e.organization_id = p.organization_id AND e.seq = p.seq
            WHERE p.organization_id = \(try tx.organization()) AND p.account_id = \(id)
              AND p.seq >= \(places.lowerBound) AND p.seq < \(places.upperBound)
            ORDER BY p.seq DESC LIMIT \(limit)
            """
        ) { row in
            StatementRow(
                entry: try row.id(0), description: try row.text(1), sequence: try row.int(2), amount: try row.int(3),
                debitsAfter: try row.int(4), creditsAfter: try row.int(5), effectiveAt: try row.time(6),
                bookedAt: try row.time(7))
        }
    }

    struct StatementRow {
        let entry: JournalEntryID
        let description: String
        let sequence: Int64
        /// Debits positive.
        let amount: Int64
        let debitsAfter: Int64
        let creditsAfter: Int64
        let effectiveAt: Timestamp
        let bookedAt: Timestamp
    }

    static let entryColumns: SQL = """
        organization_id, seq, id, kind, source_type, source_id, reverses_id, group_id, currency, effective_at,
        booked_at, postings, description, hash
        """

    static func row(_ row: Row) throws -> EntryRow {
        var source: EntrySource?
        if let type = row.optionalText(4), let id = row.optionalText(5) { source = EntrySource(type, id) }
        return EntryRow(
            organization: try row.id(0), sequence: try row.int(1), id: try row.id(2), kind: try row.text(3),
            source: source, reverses: row.optionalID(6), group: row.optionalText(7),
            currency: Currency(stored: try row.text(8)), effectiveAt: try row.time(9), bookedAt: try row.time(10),
            postings: try row.text(11), description: try row.text(12))
    }

    private static func entry(_ row: Row) throws -> JournalEntry { try Self.row(row).entry(hash: try row.bytes(13)) }
}
