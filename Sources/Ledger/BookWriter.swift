// How a book is spelled as comma-separated values, for beancount and for hledger.
import Audit
import Core

/// Writes the parts of one book.
struct BookWriter {
    private struct Account {
        let name: String
        let row: LedgerStore.Totals
    }

    private let format: BookFormat
    private let organization: OrganizationID
    private let accounts: [LedgerAccountID: Account]
    private let order: [LedgerAccountID]

    init(format: BookFormat, organization: OrganizationID, accounts rows: [LedgerStore.Totals]) {
        self.format = format
        self.organization = organization
        order = rows.map(\.id)
        accounts = Dictionary(
            rows.map { ($0.id, Account(name: AccountName.text(of: $0.new), row: $0)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What stands before the first entry: the columns, or the accounts.
    func opening(on start: Timestamp) -> String {
        switch format {
        case .csv:
            return String(
                decoding: CSV.line([
                    "sequence", "entry", "booked_at", "effective_at", "kind", "description", "source_type",
                    "source_id", "group", "reverses", "account", "code", "name", "owner", "currency", "debit",
                    "credit", "hash",
                ]), as: UTF8.self)
        case .beancount:
            var text = "; The ledger of \(organization)\noption \"title\" \"\(organization)\"\n"
            for currency in currencies { text += "option \"operating_currency\" \"\(currency)\"\n" }
            text += "\n"
            for account in sorted {
                text += "\(Self.day(start)) open \(account.name) \(account.row.new.currency)\n"
                text += metadata("name", account.row.new.name) + metadata("account", account.row.id.text)
                if !account.row.new.ownerID.isEmpty { text += metadata("owner", account.row.new.ownerID) }
            }
            return text
        case .hledger:
            var text = "; The ledger of \(organization)\n\n"
            for currency in currencies {
                // Without it, three decimals would be read as a group of thousands.
                let zeros = String(repeating: "0", count: currency.exponent)
                text += "commodity 1000.\(zeros) \(currency)\n"
            }
            text += "\n"
            for account in sorted {
                text += "account \(account.name)\n    ; name: \(Self.line(account.row.new.name))\n"
                if !account.row.new.ownerID.isEmpty {
                    text += "    ; owner: \(Self.line(account.row.new.ownerID))\n"
                }
            }
            return text
        }
    }

    func write(_ entry: JournalEntry, to text: inout String) {
        switch format {
        case .csv: for posting in entry.postings { text += line(entry, posting) }
        case .beancount: writeBeancount(entry, to: &text)
        case .hledger: writeHledger(entry, to: &text)
        }
    }

    /// What stands behind the last entry. A table has the hash in its last row.
    func close(with head: LedgerHead, to text: inout String) {
        if format != .csv { text += "\n; head \(head.text)\n" }
    }

    private var sorted: [Account] { order.compactMap { accounts[$0] } }

    private var currencies: [Currency] {
        Set(accounts.values.map(\.row.new.currency)).sorted { $0.code < $1.code }
    }

    private func line(_ entry: JournalEntry, _ posting: Posting) -> String {
        let account = accounts[posting.account]?.row.new
        let amount = Self.decimal(posting.amount, entry.currency)
        return String(
            decoding: CSV.line([
                String(entry.sequence), entry.id.text, entry.bookedAt.description, entry.effectiveAt.description,
                entry.kind, entry.description, entry.source?.type ?? "", entry.source?.id ?? "", entry.group ?? "",
                entry.reverses?.text ?? "", posting.account.text, account?.code ?? "", account?.name ?? "",
                account?.ownerID ?? "", entry.currency.code, posting.direction == .debit ? amount : "",
                posting.direction == .credit ? amount : "", entry.hash,
            ]), as: UTF8.self)
    }

    private func writeBeancount(_ entry: JournalEntry, to text: inout String) {
        text += "\n\(Self.day(entry.effectiveAt)) * \(Self.quoted(entry.description))\n"
        for (key, value) in facts(of: entry) { text += metadata(key, value) }
        writePostings(entry, to: &text)
    }

    private func writeHledger(_ entry: JournalEntry, to text: inout String) {
        // The number stands in for a code, so that nothing of the description is taken for one.
        text += "\n\(Self.day(entry.effectiveAt)) * (\(entry.sequence)) \(Self.line(entry.description))\n"
        for (key, value) in facts(of: entry) { text += "    ; \(key): \(Self.line(value))\n" }
        writePostings(entry, to: &text)
    }

    private func writePostings(_ entry: JournalEntry, to text: inout String) {
        for posting in entry.postings {
            let sign = posting.direction == .debit ? "" : "-"
            let name = accounts[posting.account]?.name ?? ""
            text += "  \(name)  \(sign)\(Self.decimal(posting.amount, entry.currency)) \(entry.currency)\n"
        }
    }

    private func facts(of entry: JournalEntry) -> [(String, String)] {
        var facts = [
            ("sequence", String(entry.sequence)), ("entry", entry.id.text), ("kind", entry.kind),
            ("effective", entry.effectiveAt.description), ("booked", entry.bookedAt.description),
        ]
        if let source = entry.source { facts += [("source-type", source.type), ("source-id", source.id)] }
        if let group = entry.group { facts.append(("group", group)) }
        if let reverses = entry.reverses { facts.append(("reverses", reverses.text)) }
        return facts + [("hash", entry.hash)]
    }

    private func metadata(_ key: String, _ value: String) -> String { "  \(key): \(Self.quoted(value))\n" }

    /// The day in UTC. Beancount knows the years 1700 to 2099; the exact instant stands beside it.
    static func day(_ instant: Timestamp) -> String {
        let (first, last) = (-8_520_336_000_000 as Int64, 4_102_444_799_999 as Int64)
        return CivilDate(Timestamp(milliseconds: min(max(instant.milliseconds, first), last))).description
    }

    /// `1234.50`, `500` without decimals, `1.234` with three: digits only.
    static func decimal(_ amount: Int64, _ currency: Currency) -> String {
        let digits = String(amount.magnitude)
        let exponent = currency.exponent
        guard exponent > 0 else { return digits }
        let padded = String(repeating: "0", count: max(0, exponent + 1 - digits.utf8.count)) + digits
        return "\(padded.dropLast(exponent)).\(padded.suffix(exponent))"
    }

    /// A text of beancount.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A text of hledger: what would end it or begin a remark is replaced, as the format has no way to write it.
    static func line(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case ";": result += ","
            case "|": result += "/"
            case _ where scalar.properties.isWhitespace: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// The name of an account in other programs: `Assets:1100:INR:cus-5F1`; different accounts have different ones.
enum AccountName {
    static func text(of account: NewAccount) -> String {
        let root =
            switch account.type {
            case .asset: "Assets"
            case .liability: "Liabilities"
            case .equity: "Equity"
            case .income: "Income"
            case .expense: "Expenses"
            }
        let parts = [root, part(account.code), account.currency.code]
        return (account.ownerID.isEmpty ? parts : parts + [part(account.ownerID)]).joined(separator: ":")
    }

    /// Letters and digits stay; any other byte becomes a hyphen and two hexadecimal digits in capitals. A part begins
    /// with a capital or a digit: in front of anything else stands `Z-`, which no escape looks like.
    static func part(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122: result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "-" + Hex.encode([byte]).uppercased()
            }
        }
        let isLegal = result.utf8.first.map { (48...57).contains($0) || (65...90).contains($0) } ?? false
        return isLegal ? result : "Z-" + result
    }
}
