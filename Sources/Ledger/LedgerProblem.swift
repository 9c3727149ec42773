// Every way in which the ledger refuses.
package import Core
import Storage

/// A reason for which the ledger refuses; nothing was booked.
package enum LedgerProblem: ProblemConvertible, Equatable {
    case unbalanced(debits: Int64, credits: Int64)
    case accountRepeated(index: Int)
    case unknownAccount(index: Int?)
    case currencyDiffers
    case accountClosed
    case periodClosed
    case wrongSide
    case outOfRange
    case factBooked
    case alreadyReversed
    case codeTaken
    case closingBackwards
    case notEmpty
    case unknownAccountNamed(String)
    case holdEnded
    case holdExpired
    case exceedsHold
    case exceedsAvailable
    case accountHeld

    package var problem: Problem {
        switch self {
        case .unbalanced(let debits, let credits):
            invalid(
                "ledger_unbalanced", "/postings",
                "Debits are \(debits) and credits \(credits) minor units. They must be equal.")
        case .accountRepeated(let index):
            invalid(
                "ledger_account_repeated", "/postings/\(index)/account",
                "An account may stand in an entry once. Add its amounts up, or post two entries.")
        case .unknownAccount(let index):
            invalid(
                "ledger_unknown_account", index.map { "/postings/\($0)/account" } ?? "/postings",
                "There is no such account in this currency. Open it first, or correct the code.")
        case .currencyDiffers:
            invalid(
                "ledger_currency_differs", "/currency",
                "An account has another currency than the entry. Exchange takes two entries with one group.")
        case .accountClosed:
            conflict("ledger_account_closed", "An account of the entry is closed. Reopen it, or post to another one.")
        case .periodClosed:
            conflict("ledger_period_closed", "The books are closed for that time. Post with a later effective time.")
        case .wrongSide:
            conflict(
                "ledger_wrong_side",
                "An account would end up on the side that its rule forbids. Post less, or correct what came before.")
        case .outOfRange:
            conflict("ledger_out_of_range", "An account's total would grow beyond what 64 bits hold.")
        case .factBooked:
            conflict("ledger_already_booked", "This source was booked before, with other postings. It is booked once.")
        case .alreadyReversed:
            conflict("ledger_already_reversed", "The entry was reversed before. An entry is reversed once.")
        case .codeTaken:
            conflict(
                "ledger_code_taken", "There is an account with this code, currency and owner. Choose another code.",
                [FieldProblem("/code", "ledger_code_taken", "There is an account with this code.")])
        case .closingBackwards:
            conflict("ledger_closing_backwards", "A closed period stays closed. Close through a later time.")
        case .unknownAccountNamed(let pointer):
            invalid(
                "ledger_unknown_account", pointer,
                "There is no such account in this currency. Open it first, or correct the code.")
        case .holdEnded, .holdExpired, .exceedsHold, .exceedsAvailable, .accountHeld: holding
        case .notEmpty:
            conflict(
                "ledger_account_not_empty", "The account has a balance. Post it away before you close the account.")
        }
    }

    /// The refusals that have to do with holds.
    private var holding: Problem {
        switch self {
        case .holdEnded:
            conflict("ledger_hold_ended", "The hold was posted, voided or has expired before. It ends once.")
        case .holdExpired:
            conflict("ledger_hold_expired", "The hold's time is over. Hold the amount again.")
        case .exceedsHold:
            invalid("ledger_exceeds_hold", "/amount", "It is more than is held. Post that much at most.")
        case .accountHeld:
            conflict("ledger_account_held", "Something is held on the account. Post or void the holds first.")
        default:
            conflict(
                "ledger_exceeds_available",
                "An account has less available than that: its rule counts what is held too. Take less, or void a hold.")
        }
    }

    private func invalid(_ code: String, _ pointer: String, _ detail: String) -> Problem {
        Problem(code, status: 422, detail, fields: [FieldProblem(pointer, code, detail)])
    }

    private func conflict(_ code: String, _ detail: String, _ fields: [FieldProblem] = []) -> Problem {
        Problem(code, status: 409, detail, fields: fields)
    }

    /// What a rule of the schema means for a caller; nil when only a mistake of this program can have broken it.
    init?(rule: StorageError) {
        guard case .constraint(let text) = rule else { return nil }
        let meanings: [(String, LedgerProblem)] = [
            ("ledger: no such account", .unknownAccount(index: nil)),
            ("ledger: no such book", .unknownAccount(index: nil)), ("ledger: hold has ended", .holdEnded),
            ("ledger: hold has expired", .holdExpired), ("ledger: more than is available", .exceedsAvailable),
            ("ledger: account has holds", .accountHeld), ("ledger: entry is not its hold's", .exceedsHold),
            ("ledger: no such hold", .holdEnded),
            ("ledger: currency of the account differs", .currencyDiffers),
            ("ledger: account is closed", .accountClosed),
            ("ledger: period is closed", .periodClosed), ("ledger: balance on the wrong side", .wrongSide),
            ("ledger: balance is out of range", .outOfRange), ("cannot store REAL value in INTEGER", .outOfRange),
            ("ledger: fact is already booked", .factBooked), ("ledger: entry is already reversed", .alreadyReversed),
            ("ledger: account exists", .codeTaken), ("ledger: a closed period stays closed", .closingBackwards),
        ]
        guard let meaning = meanings.first(where: { text.contains($0.0) }) else { return nil }
        self = meaning.1
    }

    /// Runs a statement and gives the schema's refusal in the ledger's own words.
    static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as StorageError { throw LedgerProblem(rule: error) ?? error }
    }
}
