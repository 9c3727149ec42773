// The bodies that the ledger's operations take, and the lines of a statement.
import Core
import Storage
import Web

struct OpenAccountRequest: RequestBody {
    let code: String
    let name: String
    let type: AccountType
    let currency: Currency
    let contra: Bool?
    let ownerID: String?
    let rule: BalanceRule?

    static let rules: [String: Rule] = [
        "code": .all([.length(1...40), .note("Unique within currency and owner, such as 1100.")]),
        "name": .length(1...200),
        "contra": .note("Whether the account lessens its type, such as refunds among income."),
        "owner_id": .all([.length(0...100), .note("The customer or provider that the account is kept for.")]),
        "rule": .note("Which side the balance must lie on after every entry."),
    ]

    enum CodingKeys: String, CodingKey {
        case code, name, type, currency, contra, rule
        case ownerID = "owner_id"
    }

    var account: NewAccount {
        NewAccount(
            code: code, name: name, type: type, contra: contra ?? false, currency: currency, ownerID: ownerID ?? "",
            rule: rule ?? .any)
    }
}

struct ChangeAccountRequest: RequestBody {
    let name: String?
    let closed: Bool?

    static let rules: [String: Rule] = ["name": .length(1...200)]
}

struct PostingRequest: Codable, Sendable {
    let account: String
    let direction: Direction
    let amount: Int64
}

struct PostEntryRequest: RequestBody {
    let description: String
    let currency: Currency
    let postings: [PostingRequest]
    let source: EntrySource?
    let kind: String?
    let group: String?
    let effectiveAt: Timestamp?

    static let rules: [String: Rule] = [
        "description": .length(1...500),
        "postings": .all([.length(2...Ledger.postingsLimit), .note("Debits and credits are equal; an account once.")]),
        "postings.account": .all([.length(1...40), .note("An account's identifier, or its code in this currency.")]),
        "postings.amount": .all([.range(1...Money.limit), .note("Minor units.")]),
        "source": .note("The business fact that is booked: for each kind it is booked once."),
        "kind": .all([.length(1...50), .note("Tells apart what is booked of one source; manual unless given.")]),
        "group": .all([.length(1...200), .note("Joins the entries of one event.")]),
        "effective_at": .note("When it counts; now unless given."),
    ]

    enum CodingKeys: String, CodingKey {
        case description, currency, postings, source, kind, group
        case effectiveAt = "effective_at"
    }

    /// The entry to post, with codes looked up; throws `unknownAccount` with the posting's index.
    func entry(in tx: any Transaction) throws -> NewEntry {
        var codes = AccountCodes()
        return try entry(with: &codes, in: tx)
    }

    func entry(with codes: inout AccountCodes, in tx: any Transaction) throws -> NewEntry {
        var lines: [Posting] = []
        lines.reserveCapacity(postings.count)
        for (index, posting) in postings.enumerated() {
            guard let id = try codes.account(posting.account, currency, in: tx) else {
                throw LedgerProblem.unknownAccount(index: index)
            }
            lines.append(Posting(posting.direction, id, posting.amount))
        }
        var entry = NewEntry(description, currency, lines)
        if let kind { entry.kind = kind }
        entry.source = source
        entry.group = group
        entry.effectiveAt = effectiveAt
        return entry
    }
}

struct PostEntriesRequest: RequestBody {
    let entries: [PostEntryRequest]

    static let rules = PostEntryRequest.rules.reduce(
        into: [
            "entries": Rule.all([.length(1...Ledger.batchLimit), .note("All are posted, in this order, or none.")])
        ]
    ) { rules, rule in rules["entries." + rule.key] = rule.value }
}

extension PostEntriesRequest {
    /// The entries to post; a refusal names the entry it is about.
    func drafts(in tx: any Transaction) throws -> [NewEntry] {
        var codes = AccountCodes()
        return try entries.enumerated().map { index, entry in
            try Problem.located("/entries/\(index)") { try entry.entry(with: &codes, in: tx) }
        }
    }
}

struct PostedEntries: Codable, Sendable {
    let data: [JournalEntry]
}

struct ReverseEntryRequest: RequestBody {
    let description: String?
    let effectiveAt: Timestamp?

    static let rules: [String: Rule] = ["description": .length(1...500)]

    enum CodingKeys: String, CodingKey {
        case description
        case effectiveAt = "effective_at"
    }
}

/// One line of an account's statement.
struct StatementLine: Codable, Sendable {
    let entry: JournalEntryID
    let sequence: Int64
    let description: String
    let direction: Direction
    let amount: Money
    /// The account's balance after it, positive on its normal side.
    let balance: Money
    let effectiveAt: Timestamp
    let bookedAt: Timestamp

    init(_ row: LedgerStore.StatementRow, of account: LedgerAccount) {
        entry = row.entry
        sequence = row.sequence
        description = row.description
        let posting = Posting(account.id, signed: row.amount)
        direction = posting.direction
        amount = Money(stored: posting.amount, account.currency)
        let debitBalance = row.debitsAfter - row.creditsAfter
        balance = Money(stored: account.normalSide == .debit ? debitBalance : -debitBalance, account.currency)
        effectiveAt = row.effectiveAt
        bookedAt = row.bookedAt
    }

    enum CodingKeys: String, CodingKey {
        case entry, sequence, description, direction, amount, balance
        case effectiveAt = "effective_at"
        case bookedAt = "booked_at"
    }
}
