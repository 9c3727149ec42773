// Posting many entries at once: all or none, chained one to the next with a single look at the book's head.
import Audit
import Core
import Events
package import Storage
import Web

extension Ledger {
    /// The most entries that one batch may have.
    package static let batchLimit = 100

    /// Posts entries in their order, all or none: with one audit record and one event for the whole batch.
    ///
    /// An entry whose source was booked before stands in the answer as it stands in the book, like `post`. Throws a
    /// `Problem` whose pointers begin with the entry: `/entries/3/postings`.
    package static func post(_ batch: [NewEntry], in tx: any Transaction) throws -> [JournalEntry] {
        for (index, new) in batch.enumerated() { try Problem.located("/entries/\(index)") { try check(new) } }
        let organization = try tx.organization()
        let head = try LedgerStore.head(of: organization, in: tx)
        // The clock may be set back; the order of the book may not.
        let now = max(tx.now, head?.bookedAt ?? tx.now)
        var link = (sequence: head?.sequence ?? 0, hash: head?.hash ?? EntryRow.origin)
        var posted: [JournalEntry] = []
        posted.reserveCapacity(batch.count)
        var added: [JournalEntry] = []
        for (index, new) in batch.enumerated() {
            let row = EntryRow(
                organization: organization, sequence: link.sequence + 1, id: JournalEntryID(at: now), kind: new.kind,
                source: new.source, reverses: new.reverses, group: new.group, currency: new.currency,
                effectiveAt: new.effectiveAt ?? now, bookedAt: now, postings: PostingsText.write(new.postings),
                description: new.description)
            let hash = row.hash(after: link.hash)
            let entry = try Problem.located("/entries/\(index)") { () throws -> JournalEntry? in
                do {
                    try LedgerProblem.translating {
                        try LedgerStore.insert(row, previous: link.hash, hash: hash, in: tx)
                    }
                    return row.entry(of: new.postings, hash: hash)
                } catch LedgerProblem.factBooked {
                    posted.append(try standing(for: new, in: tx))
                    return nil
                }
            }
            guard let entry else { continue }
            link = (row.sequence, hash)
            posted.append(entry)
            added.append(entry)
        }
        if let first = added.first, let last = added.last { try announce(first, last, in: tx) }
        return posted
    }

    /// One record for the batch: the entries' own chain holds the rest.
    private static func announce(_ first: JournalEntry, _ last: JournalEntry, in tx: any Transaction) throws {
        let details: JSONValue = .object([
            "first_sequence": .integer(first.sequence), "last_sequence": .integer(last.sequence),
            "last_id": .string(last.id.text), "last_hash": .string(last.hash),
        ])
        try Audit.record("journal_entries.posted", on: Audit.Target("journal_entry", first.id), details, in: tx)
        try Events.publish("journal_entries.posted", about: first.id, details, in: tx)
    }
}

extension Problem {
    /// Runs something about one element of a list: a refusal names the element, also one that names no field.
    static func located<Value>(_ pointer: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let refused as any ProblemConvertible {
            var problem = refused.problem
            guard problem.status < 500 else { throw refused }
            problem.fields =
                problem.fields.isEmpty
                ? [FieldProblem(pointer, problem.code, problem.detail)]
                : problem.fields.map { FieldProblem(pointer + $0.pointer, $0.code, $0.detail) }
            throw problem
        }
    }
}

/// Codes of accounts that were looked up already: the entries of a batch mostly name the same few.
struct AccountCodes {
    private var found: [String: LedgerAccountID] = [:]

    /// The account that a text stands for: an identifier, or a code in a currency. Nil when there is none.
    mutating func account(_ text: String, _ currency: Currency, in tx: any Transaction) throws -> LedgerAccountID? {
        // A text of an identifier's form is taken for one: whether it exists, the schema tells.
        if let id = LedgerAccountID(text) { return id }
        let key = currency.code + text
        if let id = found[key] { return id }
        let id = try Ledger.accountID(code: text, currency: currency, in: tx)
        found[key] = id
        return id
    }
}
