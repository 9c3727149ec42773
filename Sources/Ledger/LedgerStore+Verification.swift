// The SQL of verification: whole books in their own order, and the schema as the file has it.
import Core
import Storage

extension LedgerStore {
    /// The statements that made the ledger's tables, and whatever hangs on them.
    static func schema(in tx: any Transaction) throws -> [(name: String, statement: String)] {
        try tx.rows(
            """
            SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND (name LIKE 'ledger!_%' ESCAPE '!'
              OR tbl_name LIKE 'ledger!_%' ESCAPE '!')
            """
        ) { (try $0.text(0), try $0.text(1)) }
    }

    /// Whose books there are, even if somebody removed a part.
    static func organizations(in tx: any Transaction) throws -> [OrganizationID] {
        try tx.rows(
            """
            SELECT organization_id FROM ledger_books UNION SELECT organization_id FROM ledger_accounts
            UNION SELECT organization_id FROM ledger_entries UNION SELECT organization_id FROM ledger_postings
            ORDER BY organization_id
            """
        ) { try $0.id(0) }
    }

    struct Link {
        let row: EntryRow
        let previous: [UInt8]
        let hash: [UInt8]
    }

    static func links(
        of organization: OrganizationID, after last: Int64, limit: Int, in tx: any Transaction
    ) throws -> [Link] {
        try tx.rows(
            """
            SELECT \(entryColumns), previous_hash FROM ledger_entries
            WHERE organization_id = \(organization) AND seq > \(last) ORDER BY seq LIMIT \(limit)
            """
        ) { Link(row: try row($0), previous: try $0.bytes(14), hash: try $0.bytes(13)) }
    }

    static func posting(
        of account: LedgerAccountID, sequence: Int64, organization: OrganizationID, in tx: any Transaction
    ) throws -> (amount: Int64, effectiveAt: Timestamp)? {
        try tx.first(
            """
            SELECT amount, effective_at FROM ledger_postings
            WHERE organization_id = \(organization) AND account_id = \(account) AND seq = \(sequence)
            """
        ) { (try $0.int(0), try $0.time(1)) }
    }

    struct PostingRow {
        let sequence: Int64
        let amount: Int64
        let debitsAfter: Int64
        let creditsAfter: Int64
    }

    static func postings(
        of account: LedgerAccountID, after last: Int64, limit: Int, organization: OrganizationID, in tx: any Transaction
    ) throws -> [PostingRow] {
        try tx.rows(
            """
            SELECT seq, amount, debits_after, credits_after FROM ledger_postings WHERE organization_id = \(organization)
              AND account_id = \(account) AND seq > \(last) ORDER BY seq LIMIT \(limit)
            """
        ) { row in
            PostingRow(
                sequence: try row.int(0), amount: try row.int(1), debitsAfter: try row.int(2),
                creditsAfter: try row.int(3))
        }
    }

    static func currencies(
        of organization: OrganizationID, in tx: any Transaction
    ) throws -> [LedgerAccountID: String] {
        let pairs = try tx.rows(
            "SELECT id, currency FROM ledger_accounts WHERE organization_id = \(organization)"
        ) { (try $0.id(0) as LedgerAccountID, try $0.text(1)) }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    static func postedAccounts(of organization: OrganizationID, in tx: any Transaction) throws -> [LedgerAccountID] {
        try tx.rows("SELECT DISTINCT account_id FROM ledger_postings WHERE organization_id = \(organization)") {
            try $0.id(0)
        }
    }

    /// The first entry on an account that has another currency than it.
    static func entryInOtherCurrency(
        on account: LedgerAccountID, currency: String, organization: OrganizationID, in tx: any Transaction
    ) throws -> Int64? {
        try tx.first(
            """
            SELECT p.seq FROM ledger_postings p JOIN ledger_entries e
              ON e.organization_id = p.organization_id AND e.seq = p.seq
            WHERE p.organization_id = \(organization) AND p.account_id = \(account) AND e.currency <> \(currency)
            ORDER BY p.seq LIMIT 1
            """
        ) { try $0.int(0) }
    }

    static func postingsText(
        _ sequence: Int64, organization: OrganizationID, in tx: any Transaction
    ) throws -> String? {
        try tx.first(
            "SELECT postings FROM ledger_entries WHERE organization_id = \(organization) AND seq = \(sequence)"
        ) { try $0.text(0) }
    }
}
