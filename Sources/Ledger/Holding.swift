// Transfers in two phases: hold an amount, then post it in full or in part, or give it up.
import Audit
import Core
import Events
package import Jobs
package import Storage
import Web

extension Ledger {
    /// How long a hold lasts unless it is said, and at most.
    static let holdLife = Milliseconds.days(7)
    static let holdLifeLimit = Milliseconds.days(366)
    /// The source of entries that post a hold: the schema takes only the hold's own entry under this name.
    static let holdSource = "ledger_hold"
    static let expiryJob = "ledger.expire_hold"

    /// Holds an amount on two accounts of one currency. What is posted and held on one side of an account with a rule
    /// never exceeds what is posted on the other. Throws `validation_failed` and `LedgerProblem`.
    package static func hold(_ new: NewHold, in tx: any Transaction) throws -> Hold {
        var validation = Validation()
        validation.require(
            Words.isText(new.description, 1...500), "/description", "length", "Write 1 to 500 characters.")
        validation.require(
            (1...Money.limit).contains(new.amount.amount), "/amount", "range",
            "An amount lies between 1 and \(Money.limit) minor units.")
        validation.require(
            new.debit != new.credit, "/credit_account", "same_account", "Name another account than the debit's.")
        validation.require(
            new.expiresAt > tx.now && new.expiresAt <= tx.now.adding(holdLifeLimit), "/expires_at", "range",
            "A hold expires after now, and within 366 days.")
        try validation.check()
        let id = HoldID(at: tx.now)
        try LedgerProblem.translating { try HoldsStore.insert(id, new, in: tx) }
        try Jobs.enqueue(expiryJob, .object(["hold": .string(id.text)]), at: new.expiresAt, in: tx)
        return try told(id, "created", in: tx)
    }

    /// A hold. Throws 404.
    package static func hold(_ id: HoldID, in tx: any Transaction) throws -> Hold {
        guard let hold = try HoldsStore.hold(id, in: tx) else { throw Problem.notFound("hold") }
        return hold
    }

    /// Moves what is held, or a part of it; the rest is released. One entry does both, in one statement.
    package static func post(_ id: HoldID, amount: Int64? = nil, in tx: any Transaction) throws -> Hold {
        let hold = try pending(id, in: tx)
        let amount = amount ?? hold.amount.amount
        guard (1...hold.amount.amount).contains(amount) else { throw LedgerProblem.exceedsHold }
        var entry = NewEntry(
            hold.description, hold.amount.currency,
            [.debit(hold.debitAccount, amount), .credit(hold.creditAccount, amount)])
        entry.kind = "hold_posted"
        entry.source = EntrySource(holdSource, id)
        try post(entry, in: tx)
        return try told(id, "posted", in: tx)
    }

    /// Gives a hold up: nothing moves.
    package static func void(_ id: HoldID, in tx: any Transaction) throws -> Hold {
        _ = try pending(id, in: tx)
        try LedgerProblem.translating { try HoldsStore.end(id, .voided, in: tx) }
        return try told(id, "voided", in: tx)
    }

    /// Ends a hold whose time is over; one that has ended, or has time left, stays as it is.
    static func expire(_ id: HoldID, in tx: any Transaction) throws {
        guard let hold = try HoldsStore.hold(id, in: tx), hold.state == .pending, hold.expiresAt <= tx.now else {
            return
        }
        try HoldsStore.end(id, .expired, in: tx)
        _ = try told(id, "expired", in: tx)
    }

    private static func pending(_ id: HoldID, in tx: any Transaction) throws -> Hold {
        let hold = try hold(id, in: tx)
        guard hold.state == .pending else { throw LedgerProblem.holdEnded }
        return hold
    }

    /// Records what happened to a hold and returns it as it stands now.
    private static func told(_ id: HoldID, _ verb: String, in tx: any Transaction) throws -> Hold {
        let hold = try hold(id, in: tx)
        let amount = hold.posted ?? hold.amount
        let details: JSONValue = .object([
            "amount": .integer(amount.amount), "currency": .string(amount.currency.code),
            "debit_account": .string(hold.debitAccount.text), "credit_account": .string(hold.creditAccount.text),
        ])
        try Audit.record("ledger_hold.\(verb)", on: Audit.Target("ledger_hold", id), details, in: tx)
        try Events.publish("ledger_hold.\(verb)", about: id, details, in: tx)
        return hold
    }

    /// Adds the job that ends holds in time; each hold brings its own.
    package func addJobs(to handlers: inout JobHandlers) {
        handlers.on(Self.expiryJob, "End a hold that was neither posted nor voided in time") { context in
            guard let id = HoldID(try context.text("hold")) else { throw JobGivesUp("the payload names no hold") }
            let left = try context.database.read(in: context.scope) { tx in
                try HoldsStore.hold(id, in: tx).map { $0.expiresAt.since(tx.now) }
            }
            // A clock that was set back makes it early.
            if let left, left > Milliseconds(0) { return .later(left) }
            return .commit { tx in try Self.expire(id, in: tx) }
        }
    }
}
