// Finds an entry that was changed, removed or slipped in, a wrong balance, and a rule that was taken away.
import Core
package import Storage

/// What a verification found.
package struct LedgerReport: Codable, Sendable {
    /// Whether nothing is wrong.
    package var isSound: Bool { findings.isEmpty }
    package fileprivate(set) var books = 0
    package fileprivate(set) var accounts = 0
    package fileprivate(set) var entries: Int64 = 0
    package fileprivate(set) var postings: Int64 = 0
    /// The newest entry of each book that was walked, to be published.
    package fileprivate(set) var heads: [LedgerHead] = []
    /// What is wrong, in the order it was found, the schema first; at most 20 findings.
    package fileprivate(set) var findings: [Finding] = []

    /// One thing that is wrong.
    package struct Finding: Codable, Sendable, Hashable {
        package let organizationID: String?
        /// The place in the book of the entry that it is about.
        package let sequence: Int64?
        package let entryID: String?
        package let accountID: String?
        /// What is wrong, in words.
        package let what: String

        enum CodingKeys: String, CodingKey {
            case sequence, what
            case organizationID = "organization_id"
            case entryID = "entry_id"
            case accountID = "account_id"
        }
    }

    /// The first finding in one sentence; nil when all is well.
    package var firstProblem: String? {
        findings.first.map { finding in
            let place = [
                finding.organizationID.map { "book of \($0)" }, finding.sequence.map { "entry \($0)" }, finding.entryID,
                finding.accountID.map { "account \($0)" },
            ]
            return (place.compactMap(\.self).joined(separator: ", ") + ": " + finding.what)
        }
    }
}

extension Ledger {
    /// Walks every book that the scope sees from its first entry: gaps, chain, balance of each entry, postings against
    /// entries, running totals, accounts; and compares tables and triggers with the program's own text.
    ///
    /// Takes some ten microseconds for a posting: call it on a transaction for long reads.
    package static func verify(in tx: any Transaction) throws -> LedgerReport {
        var verifier = Verifier(tx: tx)
        if let difference = LedgerSchema(Resources()).difference(from: try LedgerStore.schema(in: tx)) {
            verifier.note(difference)
        }
        for organization in try LedgerStore.organizations(in: tx) { try verifier.walk(organization) }
        return verifier.report
    }
}

/// One run over the books.
private struct Verifier {
    let tx: any Transaction
    var report = LedgerReport()
    private var organization = OrganizationID(stored: "")
    private var tallies: [LedgerAccountID: Tally] = [:]
    private static let findingsLimit = 20

    /// What the entries say of one account.
    private struct Tally {
        var count: Int64 = 0
        var debits: Int64 = 0
        var credits: Int64 = 0
    }

    init(tx: any Transaction) { self.tx = tx }

    mutating func note(
        _ what: String, _ row: EntryRow? = nil, sequence: Int64? = nil, account: LedgerAccountID? = nil
    ) {
        guard report.findings.count < Self.findingsLimit else { return }
        let isAboutBook = !organization.text.isEmpty
        report.findings.append(
            LedgerReport.Finding(
                organizationID: isAboutBook ? organization.text : nil, sequence: row?.sequence ?? sequence,
                entryID: row?.id.text, accountID: account?.text, what: what))
    }

    mutating func walk(_ organization: OrganizationID) throws {
        self.organization = organization
        tallies = [:]
        report.books += 1
        if try LedgerStore.closedThrough(of: organization, in: tx) == nil { note("its book is missing") }
        try walkChain()
        try walkAccounts()
        try walkHolds()
    }

    private mutating func walkHolds() throws {
        if let hold = try HoldsStore.holdWithOtherLines(of: organization, in: tx) {
            note("the hold \(hold) does not stand on its two accounts")
        }
        if let hold = try HoldsStore.endWithoutCause(of: organization, in: tx) {
            note("the hold \(hold) has an end that nothing brought about")
        }
        if let sequence = try HoldsStore.entryWithoutEnd(of: organization, in: tx) {
            note("it posts a hold that does not say so", sequence: sequence)
        }
        if let account = try HoldsStore.accountHeldWrongly(of: organization, in: tx) {
            note("what is held on it does not follow from its holds", account: account)
        }
    }

    private mutating func walkChain() throws {
        var last: Int64 = 0
        var hash = EntryRow.origin
        while true {
            let links = try LedgerStore.links(of: organization, after: last, limit: 500, in: tx)
            if links.isEmpty {
                let head = LedgerHead(organization: organization, sequence: last, hash: hash)
                if last > 0 { report.heads.append(head) }
                return
            }
            for link in links {
                let row = link.row
                if row.sequence != last + 1 { note("the entry is missing", sequence: last + 1) }
                if link.previous != hash { note("it does not follow the entry before it", row) }
                if row.hash(after: link.previous) != link.hash { note("it was changed after it was written", row) }
                try checkPostings(of: row)
                last = row.sequence
                hash = link.hash
                report.entries += 1
            }
        }
    }

    private mutating func checkPostings(of row: EntryRow) throws {
        guard let postings = PostingsText.read(row.postings) else { return note("its postings can't be read", row) }
        var sum: Int64 = 0
        for posting in postings {
            sum = sum.addingReportingOverflow(posting.signed).partialValue
            var tally = tallies[posting.account] ?? Tally()
            tally.count += 1
            let (side, amount) = (posting.direction, posting.amount)
            tally.debits = tally.debits.addingReportingOverflow(side == .debit ? amount : 0).partialValue
            tally.credits = tally.credits.addingReportingOverflow(side == .credit ? amount : 0).partialValue
            tallies[posting.account] = tally
            let stored = try LedgerStore.posting(
                of: posting.account, sequence: row.sequence, organization: organization, in: tx)
            guard let stored else {
                note("its posting is missing from the account", row, account: posting.account)
                continue
            }
            if stored.amount != posting.signed || stored.effectiveAt != row.effectiveAt {
                note("its posting on the account differs from it", row, account: posting.account)
            }
        }
        if sum != 0 { note("it does not balance", row) }
        if postings.count < 2 { note("it has fewer than two postings", row) }
        if Set(postings.map(\.account)).count != postings.count { note("it names an account twice", row) }
    }

    private mutating func walkAccounts() throws {
        var accounts = try LedgerStore.currencies(of: organization, in: tx)
        report.accounts += accounts.count
        for posted in try LedgerStore.postedAccounts(of: organization, in: tx) where accounts[posted] == nil {
            note("it has postings and does not exist", account: posted)
            accounts[posted] = ""
        }
        var sum: Int128 = 0
        for account in accounts.keys.sorted() {
            let tally = tallies[account] ?? Tally()
            let total = try walkPostings(of: account)
            if total.count != tally.count { try findStray(on: account) }
            if total.debits != tally.debits || total.credits != tally.credits {
                note("its balance is not the sum of its entries", account: account)
            }
            sum += Int128(total.debits) - Int128(total.credits)
            if let entry = try LedgerStore.entryInOtherCurrency(
                on: account, currency: accounts[account] ?? "", organization: organization, in: tx)
            {
                note("it is in another currency than the account", sequence: entry, account: account)
            }
        }
        if sum != 0 { note("all debits and all credits differ by \(sum) minor units") }
    }

    /// Follows the running totals of an account, and returns the last ones.
    private mutating func walkPostings(of account: LedgerAccountID) throws -> Tally {
        var tally = Tally()
        var last: Int64 = 0
        while true {
            let rows = try LedgerStore.postings(
                of: account, after: last, limit: 1000, organization: organization, in: tx)
            if rows.isEmpty { return tally }
            for row in rows {
                tally.count += 1
                tally.debits = tally.debits.addingReportingOverflow(max(row.amount, 0)).partialValue
                tally.credits = tally.credits.subtractingReportingOverflow(min(row.amount, 0)).partialValue
                if row.debitsAfter != tally.debits || row.creditsAfter != tally.credits {
                    note("the running balance after it is wrong", sequence: row.sequence, account: account)
                    (tally.debits, tally.credits) = (row.debitsAfter, row.creditsAfter)
                }
                last = row.sequence
                report.postings += 1
            }
        }
    }

    /// Names the first posting that no entry has.
    private mutating func findStray(on account: LedgerAccountID) throws {
        var last: Int64 = 0
        while true {
            let rows = try LedgerStore.postings(
                of: account, after: last, limit: 1000, organization: organization, in: tx)
            if rows.isEmpty { return }
            for row in rows {
                let text = try LedgerStore.postingsText(row.sequence, organization: organization, in: tx)
                let entry = text.flatMap(PostingsText.read)
                guard entry?.contains(where: { $0.account == account }) == true else {
                    let what =
                        text == nil
                        ? "the account has a posting of it, and it does not exist" : "it has no such posting"
                    return note(what, sequence: row.sequence, account: account)
                }
                last = row.sequence
            }
        }
    }
}
