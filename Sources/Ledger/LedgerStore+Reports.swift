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
    /// when they go out. An index holds only entries whose two times differ.
    private static func displaced(by cut: Cut, in tx: any Transaction) throws -> SQL {
        let organization = try tx.organization()
        return """
            SELECT seq, 1 AS sign FROM ledger_entries WHERE organization_id = \(organization)
              AND effective_at <> booked_at AND effective_at <= \(cut.instant) AND seq > \(cut.sequence)
            UNION ALL
            SELECT seq, -1 FROM ledger_entries WHERE organization_id = \(organization)
              AND effective_at <> booked_at AND effective_at > \(cut.instant) AND seq <= \(cut.sequence)
            """
    }
}
