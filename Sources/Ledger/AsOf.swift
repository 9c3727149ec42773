// The balance at an instant: as the book stood then, or with what counts from then on.
package import Core
package import Storage
import Web

/// Which of an entry's two times decides whether it is counted.
package enum TimeBasis: String, Codable, Sendable, CaseIterable {
    /// When it was written: what one would have seen in the book at that instant. Nothing posted later changes it.
    case booked
    /// When it counts: an entry that is posted late still falls into its own period.
    case effective
}

/// A cut through a book: everything up to and with an instant.
struct Cut: Sendable {
    let instant: Timestamp
    let basis: TimeBasis
    /// The last entry that was booked by the instant.
    let sequence: Int64

    /// Finds the place in the organisation's book: O(log n) reads of single rows.
    init(at instant: Timestamp, _ basis: TimeBasis, in tx: any Transaction) throws {
        self.instant = instant
        self.basis = basis
        sequence = try Ledger.lastSequence(bookedBy: instant, in: tx)
    }
}

extension Ledger {
    /// An account with its balance at an instant. Throws 404.
    ///
    /// By booking time it costs O(log n) reads. By effective time it is that balance, corrected by the entries whose
    /// effective time is not their booking time: O(log n) and one read for each such entry of the book that lies on
    /// the other side of the instant with one of its two times.
    package static func account(
        _ id: LedgerAccountID, at instant: Timestamp, by basis: TimeBasis, in tx: any Transaction
    ) throws -> LedgerAccount {
        let cut = try Cut(at: instant, basis, in: tx)
        guard let account = try LedgerStore.account(id, through: cut.sequence, in: tx) else {
            throw Problem.notFound("ledger account")
        }
        guard basis == .effective else { return account }
        let shift = try LedgerStore.shift(of: id, cut, in: tx)
        return account.moved(debits: shift.debits, credits: shift.credits)
    }

    /// An instant of the query. Throws `validation_failed`.
    static func instant(_ name: String, _ text: String?) throws(Problem) -> Timestamp? {
        guard let text else { return nil }
        guard let instant = Timestamp(text) else {
            throw .invalid([FieldProblem("?\(name)", "format", "Write an RFC 3339 instant: 2026-11-23T05:31:38Z.")])
        }
        return instant
    }

    static func basis(_ text: String?, default fallback: TimeBasis) throws(Problem) -> TimeBasis {
        guard let text else { return fallback }
        guard let basis = TimeBasis(rawValue: text) else {
            throw .invalid([FieldProblem("?basis", "choice", "Use booked or effective.")])
        }
        return basis
    }

    /// The query parameter that chooses the basis.
    static func basisParameter(default fallback: TimeBasis) -> QueryParameter {
        var schema = Schema(.string)
        schema.choices = TimeBasis.allCases.map(\.rawValue)
        return QueryParameter(
            "basis", "Which time counts: booked or effective; \(fallback.rawValue) unless given.", schema)
    }
}
