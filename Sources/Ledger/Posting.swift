// Posting an entry: check it with words that help, chain it, write it as one row.
import Audit
package import Core
import Events
package import Storage
import Web

extension Ledger {
    /// Posts an entry to the organisation's book, in the same transaction with its audit record and its event.
    ///
    /// An entry whose source was booked before is not posted again: the entry that stands is returned, if it has the
    /// same postings. Throws `validation_failed` and `LedgerProblem`.
    @discardableResult
    package static func post(_ new: NewEntry, in tx: any Transaction) throws -> JournalEntry {
        try check(new)
        let organization = try tx.organization()
        let head = try LedgerStore.head(of: organization, in: tx)
        // The clock may be set back; the order of the book may not.
        let now = max(tx.now, head?.bookedAt ?? tx.now)
        let row = EntryRow(
            organization: organization, sequence: (head?.sequence ?? 0) + 1, id: JournalEntryID(at: now),
            kind: new.kind, source: new.source, reverses: new.reverses, group: new.group, currency: new.currency,
            effectiveAt: new.effectiveAt ?? now, bookedAt: now, postings: PostingsText.write(new.postings),
            description: new.description)
        let previous = head?.hash ?? EntryRow.origin
        let hash = row.hash(after: previous)
        do {
            try LedgerProblem.translating { try LedgerStore.insert(row, previous: previous, hash: hash, in: tx) }
        } catch LedgerProblem.factBooked {
            return try standing(for: new, in: tx)
        }
        let entry = row.entry(of: new.postings, hash: hash)
        try announce(entry, in: tx)
        return entry
    }

    /// Posts the mirror of an entry; an entry is reversed once. Throws 404 and `LedgerProblem`.
    package static func reverse(
        _ id: JournalEntryID, description: String? = nil, effectiveAt: Timestamp? = nil, in tx: any Transaction
    ) throws -> JournalEntry {
        guard let entry = try LedgerStore.entry(id, in: tx) else { throw Problem.notFound("journal entry") }
        let mirror = entry.postings.map { Posting($0.direction.opposite, $0.account, $0.amount) }
        let words = description ?? String("Reversal: \(entry.description)".prefix(500))
        var new = NewEntry(words, entry.currency, mirror)
        new.kind = "reversal"
        new.reverses = entry.id
        new.group = entry.group
        new.effectiveAt = effectiveAt
        return try post(new, in: tx)
    }

    /// The entry that booked a fact, with the same postings or not at all.
    static func standing(for new: NewEntry, in tx: any Transaction) throws -> JournalEntry {
        guard let source = new.source, let entry = try LedgerStore.entry(booking: source, kind: new.kind, in: tx),
            entry.currency == new.currency, Set(entry.postings) == Set(new.postings)
        else { throw LedgerProblem.factBooked }
        return entry
    }

    private static func announce(_ entry: JournalEntry, in tx: any Transaction) throws {
        let details: JSONValue = .object([
            "sequence": .integer(entry.sequence), "kind": .string(entry.kind),
            "amount": .integer(entry.amount.amount), "currency": .string(entry.currency.code),
        ])
        let verb = entry.reverses == nil ? "posted" : "reversed"
        let subject = entry.reverses ?? entry.id
        try Audit.record("journal_entry.\(verb)", on: Audit.Target("journal_entry", subject), details, in: tx)
        try Events.publish("journal_entry.\(verb)", about: subject, details, in: tx)
    }

    /// The rules that need no look at the book.
    static func check(_ new: NewEntry) throws {
        var validation = Validation()
        validation.require(
            (2...postingsLimit).contains(new.postings.count), "/postings", "length",
            "An entry has 2 to \(postingsLimit) postings.")
        validation.require(
            Words.isText(new.description, 1...500), "/description", "length", "Write 1 to 500 characters.")
        for (index, posting) in new.postings.enumerated() {
            validation.require(
                (1...Money.limit).contains(posting.amount), "/postings/\(index)/amount", "range",
                "An amount lies between 1 and \(Money.limit) minor units.")
        }
        validation.require(Words.isName(new.kind, 1...50), "/kind", "format", Words.rule)
        validation.require(
            new.source.map { Words.isName($0.type, 1...50) } ?? true, "/source/type", "format", Words.rule)
        validation.require(
            new.source.map { Words.isLine($0.id, 1...200) } ?? true, "/source/id", "length",
            "Write 1 to 200 characters on one line.")
        validation.require(
            new.group.map { Words.isLine($0, 1...200) } ?? true, "/group", "length",
            "Write 1 to 200 characters on one line.")
        try validation.check()
        try checkBalance(new.postings)
    }

    private static func checkBalance(_ postings: [Posting]) throws {
        var accounts: Set<LedgerAccountID> = []
        var debits: Int64 = 0
        var credits: Int64 = 0
        for (index, posting) in postings.enumerated() {
            guard accounts.insert(posting.account).inserted else {
                throw LedgerProblem.accountRepeated(index: index)
            }
            // 200 amounts below 2^53 stay below 2^61.
            if posting.direction == .debit { debits += posting.amount } else { credits += posting.amount }
        }
        guard debits == credits else { throw LedgerProblem.unbalanced(debits: debits, credits: credits) }
    }
}

/// What texts of the ledger may hold.
enum Words {
    static let rule = "Use 1 to 50 of a to z, 0 to 9, dot, hyphen and underscore."

    /// A word for programs.
    static func isName(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count)
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || [45, 46, 95].contains($0) }
    }

    /// One line without control characters.
    static func isLine(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.count) && text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
    }

    /// Lines without other control characters.
    static func isText(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.count)
            && text.unicodeScalars.allSatisfy { ($0.value >= 32 && $0.value != 127) || $0 == "\n" || $0 == "\t" }
    }
}
