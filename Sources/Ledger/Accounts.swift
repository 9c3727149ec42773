// Opening, finding and closing accounts, and the period that is closed.
import Audit
package import Core
import Events
package import Storage
import Web

extension Ledger {
    /// Opens an account; the organisation's book opens with its first one. Throws `validation_failed`, `codeTaken`.
    package static func open(_ new: NewAccount, in tx: any Transaction) throws -> LedgerAccount {
        var validation = Validation()
        validation.require(Words.isLine(new.code, 1...40), "/code", "length", "Write 1 to 40 characters on one line.")
        validation.require(Words.isLine(new.name, 1...200), "/name", "length", "Write 1 to 200 characters on one line.")
        validation.require(
            Words.isLine(new.ownerID, 0...100), "/owner_id", "length", "Write at most 100 characters on one line.")
        try validation.check()
        let organization = try tx.organization()
        if try LedgerStore.closedThrough(of: organization, in: tx) == nil {
            try LedgerStore.insertBook(of: organization, in: tx)
        }
        let account = LedgerAccount(id: LedgerAccountID(at: tx.now), new: new, closedAt: nil, createdAt: tx.now)
        try LedgerProblem.translating { try LedgerStore.insert(account, in: tx) }
        let details: JSONValue = .object(["code": .string(new.code), "currency": .string(new.currency.code)])
        try Audit.record("ledger_account.opened", on: Audit.Target("ledger_account", account.id), details, in: tx)
        try Events.publish("ledger_account.opened", about: account.id, details, in: tx)
        return account
    }

    /// The account with a code, currency and owner, opened if there is none; its other properties are then as given.
    package static func ensure(_ new: NewAccount, in tx: any Transaction) throws -> LedgerAccountID {
        try LedgerStore.accountID(code: new.code, currency: new.currency, ownerID: new.ownerID, in: tx)
            ?? open(new, in: tx).id
    }

    /// The account with a code in a currency; nil when there is none.
    package static func accountID(
        code: String, currency: Currency, ownerID: String = "", in tx: any Transaction
    ) throws -> LedgerAccountID? {
        try LedgerStore.accountID(code: code, currency: currency, ownerID: ownerID, in: tx)
    }

    /// An account with its balance now, or as the book stood at an instant. Throws 404.
    package static func account(
        _ id: LedgerAccountID, at instant: Timestamp? = nil, in tx: any Transaction
    ) throws -> LedgerAccount {
        let last = try instant.map { try lastSequence(bookedBy: $0, in: tx) }
        guard let account = try LedgerStore.account(id, through: last, in: tx) else {
            throw Problem.notFound("ledger account")
        }
        return account
    }

    /// Renames, closes or reopens an account. Only an account whose balance is 0 can be closed.
    package static func change(
        _ account: LedgerAccount, name: String? = nil, isClosed: Bool? = nil, in tx: any Transaction
    ) throws -> LedgerAccount {
        var validation = Validation()
        validation.require(
            name.map { Words.isLine($0, 1...200) } ?? true, "/name", "length", "Write 1 to 200 characters on one line.")
        try validation.check()
        if isClosed == true, account.balance.amount != 0 { throw LedgerProblem.notEmpty }
        let closedAt = isClosed.map { $0 ? account.closedAt ?? tx.now : nil } ?? account.closedAt
        try LedgerStore.update(account.id, name: name ?? account.name, closedAt: closedAt, in: tx)
        let what: JSONValue = .object(["name": .string(name ?? account.name), "closed": .bool(closedAt != nil)])
        try Audit.record("ledger_account.changed", on: Audit.Target("ledger_account", account.id), what, in: tx)
        return try self.account(account.id, in: tx)
    }

    /// Closes the book through an instant: nothing effective at or before it is posted any more. Throws
    /// `closingBackwards`, and 404 while there is no book.
    package static func close(through instant: Timestamp, in tx: any Transaction) throws {
        let organization = try tx.organization()
        let changed = try LedgerProblem.translating {
            try LedgerStore.close(organization, through: instant, in: tx)
        }
        guard changed else { throw Problem.notFound("ledger") }
        try Audit.record(
            "ledger.closed", on: Audit.Target("ledger", organization), .object(["through": .string("\(instant)")]),
            in: tx)
    }

    /// The last entry that was booked by an instant, found by halving: booking times never run backwards.
    static func lastSequence(bookedBy instant: Timestamp, in tx: any Transaction) throws -> Int64 {
        var low: Int64 = 0
        var high = try LedgerStore.head(of: try tx.organization(), in: tx)?.sequence ?? 0
        while low < high {
            let middle = low + (high - low + 1) / 2
            guard let bookedAt = try LedgerStore.bookedAt(middle, in: tx) else { return low }
            if bookedAt <= instant { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// The last entry that was booked before an instant.
    static func lastSequence(bookedBefore instant: Timestamp, in tx: any Transaction) throws -> Int64 {
        try lastSequence(bookedBy: instant.adding(Milliseconds(-1)), in: tx)
    }
}

extension Ledger {
    /// Whether the organisation's book is closed for an instant: then a fact of that time is booked as of now.
    package static func isClosed(at instant: Timestamp, in tx: any Transaction) throws -> Bool {
        guard let closed = try LedgerStore.closedThrough(of: try tx.organization(), in: tx) else { return false }
        return instant <= closed
    }
}
