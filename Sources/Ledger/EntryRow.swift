// A row of the journal as it is stored, the bytes that its hash covers, and the spelling of its postings.
import Core
import Crypto

/// One row of the journal.
struct EntryRow {
    let organization: OrganizationID
    let sequence: Int64
    let id: JournalEntryID
    let kind: String
    let source: EntrySource?
    let reverses: JournalEntryID?
    let group: String?
    let currency: Currency
    let effectiveAt: Timestamp
    let bookedAt: Timestamp
    /// The postings as stored: `{"acc_…":118000,"acc_…":-118000}`.
    let postings: String
    let description: String

    /// What stands before the first entry: 32 zero bytes.
    static let origin = [UInt8](repeating: 0, count: 32)

    /// The bytes that the hash covers: a line with the version of this spelling, then each column of the row on a line
    /// of its own, an absent one as an empty line, the description last.
    ///
    /// No column before the description can hold a line feed, and none that may be absent can be empty: the schema
    /// refuses both. So two different rows never have the same bytes.
    var canonical: [UInt8] {
        var text = "ledger-entry-1\n"
        text.reserveCapacity(320 + postings.utf8.count + description.utf8.count)
        for part in [
            organization.text, String(sequence), id.text, kind, source?.type ?? "", source?.id ?? "",
            reverses?.text ?? "", group ?? "", currency.code, String(effectiveAt.milliseconds),
            String(bookedAt.milliseconds), postings,
        ] {
            text += part
            text += "\n"
        }
        text += description
        return Array(text.utf8)
    }

    /// SHA-256 of the hash before it and of the canonical bytes.
    func hash(after previous: [UInt8]) -> [UInt8] {
        var digest = SHA256()
        digest.update(data: previous)
        digest.update(data: canonical)
        return Array(digest.finalize())
    }

    /// The entry for callers; throws `LedgerDamage` when the stored postings are not in our spelling.
    func entry(hash: [UInt8]) throws(LedgerDamage) -> JournalEntry {
        guard let lines = PostingsText.read(postings) else { throw LedgerDamage(sequence: sequence) }
        return entry(of: lines, hash: hash)
    }

    /// The entry of the postings that the row was made from.
    func entry(of lines: [Posting], hash: [UInt8]) -> JournalEntry {
        JournalEntry(
            id: id, sequence: sequence, kind: kind, description: description, currency: currency, postings: lines,
            source: source, group: group, reverses: reverses, effectiveAt: effectiveAt, bookedAt: bookedAt,
            hash: Hex.encode(hash))
    }
}

/// A stored entry that this program can't have written.
struct LedgerDamage: Error {
    let sequence: Int64
}

/// The one spelling of postings: a JSON object of signed amounts by account, without blanks, in the order given.
enum PostingsText {
    static func write(_ postings: [Posting]) -> String {
        var text = "{"
        for (index, posting) in postings.enumerated() {
            text += index == 0 ? "\"" : ",\""
            text += posting.account.text
            text += "\":"
            text += String(posting.signed)
        }
        return text + "}"
    }

    /// Reads exactly what `write` can have written; nil for any other spelling.
    static func read(_ text: String) -> [Posting]? {
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else { return nil }
        var postings: [Posting] = []
        let parts = bytes.dropFirst().dropLast()
            .split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        for part in parts {
            let fields = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count == 2, fields[0].count > 2, let signed = Int64(Substring(fields[1])) else { return nil }
            let account = String(Substring(fields[0].dropFirst().dropLast()))
            postings.append(Posting(LedgerAccountID(stored: account), signed: signed))
        }
        return write(postings) == text ? postings : nil
    }
}
