// The two verbs of storage, and the transaction they hand out.
package import Core

/// Whose rows a transaction sees.
///
/// In the scope of an organisation the engine itself hides and protects the rows of every other one. `.instance` sees
/// everything; it is asked for by name, so that a reader notices: credentials, operators, jobs that span organisations.
package enum Scope: Hashable, Sendable {
    case organization(OrganizationID)
    case instance
}

/// Who is acting: goes into the audit log with every change of the transaction.
package struct Actor: Sendable, Hashable {
    /// What sort of actor it is, as the audit log spells it.
    package enum Kind: String, Sendable {
        case user
        case apiKey = "api_key"
        case system, anonymous
    }

    package let kind: Kind
    /// The identifier of the user or key; the name of the part for `.system`.
    package let id: String
    /// A name for people, as it was at the time.
    package let display: String
    /// The request that caused it, if one did.
    package var requestID: String?
    /// The client's address, if there was one.
    package var address: String?
    /// The operator who acts as this user; every record of the audit log says so.
    package var impersonator: Impersonator?

    package init(_ kind: Kind, id: String, display: String, requestID: String? = nil, address: String? = nil) {
        self.kind = kind
        self.id = id
        self.display = display
        self.requestID = requestID
        self.address = address
    }

    /// The product itself: jobs, schedules, first start.
    package static func system(_ part: String) -> Actor { Actor(.system, id: part, display: part) }
}

/// An operator who acts in the place of a user, for a limited time.
package struct Impersonator: Sendable, Hashable {
    package let id: UserID
    package let display: String
    package let until: Timestamp

    package init(id: UserID, display: String, until: Timestamp) {
        self.id = id
        self.display = display
        self.until = until
    }
}

/// The store: every statement of the product runs inside one of its transactions.
package protocol Database: Sendable {
    /// The clock that transactions take `now` from.
    var clock: Clock { get }

    /// Runs a read that is short by construction (a point, a page of an index) on the caller's thread.
    func read<Value>(in scope: Scope, _ body: (any Transaction) throws -> Value) throws -> Value

    /// Runs a read that may take long (an export, a verification) on a small pool of its own.
    func readAtLength<Value: Sendable>(
        in scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value

    /// Runs a unit of work: everything in it commits together and is durable when this returns, or nothing happens.
    ///
    /// The closure may run more than once, so it touches nothing but its transaction.
    /// Throws `StorageError.overloaded` at once when the queue of writers is full.
    func write<Value: Sendable>(
        in scope: Scope, by actor: Actor, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value

    /// Copies the whole store, as of one instant and while it is being written to, into a new file.
    func backup(to path: String, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void) async throws
}

/// One state of the database, for as long as the closure that it was handed to runs.
package protocol Transaction {
    /// The instant this unit of work happens at; fixed when it starts.
    var now: Timestamp { get }
    var scope: Scope { get }
    var actor: Actor { get }

    /// All rows of an answer.
    func rows<Value>(_ statement: SQL, _ map: (Row) throws -> Value) throws -> [Value]
    /// The first row of an answer, or nil.
    func first<Value>(_ statement: SQL, _ map: (Row) throws -> Value) throws -> Value?
    /// Runs a statement and returns how many rows it changed.
    @discardableResult func run(_ statement: SQL) throws -> Int
    /// Does something once this unit is durable: wake a worker, never the work itself.
    func afterCommit(_ action: @escaping @Sendable () -> Void)
    /// What a computation over the database gave, without doing it again while nothing has been written since.
    ///
    /// The computation depends on nothing but its key, the state of the database and the present second. In a write it
    /// is always done. The answer is forgotten with the next commit of anybody, in this process or another, and after
    /// a second at the latest.
    func remembering<Value: Sendable>(_ key: String, _ compute: () throws -> Value) throws -> Value
    /// Continues in another scope within the same unit: how a change of an organisation writes an instance's table.
    func scoped<Value>(to scope: Scope, _ body: (any Transaction) throws -> Value) rethrows -> Value
}

extension Transaction {
    /// The organisation of the scope; throws `StorageError.unscoped` in the scope of the instance.
    package func organization() throws -> OrganizationID {
        guard case .organization(let id) = scope else { throw StorageError.unscoped }
        return id
    }

    /// Whether an answer has any row.
    package func exists(_ statement: SQL) throws -> Bool { try first(statement) { _ in true } ?? false }
}

/// What storage refuses with.
package enum StorageError: Error, Equatable {
    /// The queue of writers is full: try again in a moment.
    case overloaded
    /// The file can't be written or read now: full disk, read-only, input/output error.
    case unavailable(String)
    /// A uniqueness rule was broken; columns as `table.column`.
    case unique([String])
    /// A rule of the schema or of a trigger was broken; the text is the rule's own.
    case constraint(String)
    /// A column held a value of another type than the program expects.
    case unexpectedValue(Int)
    /// A tenant's statement ran without an organisation.
    case unscoped
    /// A statement that the scope does not allow, or that does not parse: a mistake in the program.
    case refused(String)
}

extension StorageError: ProblemConvertible {
    package var problem: Problem {
        switch self {
        case .overloaded:
            Problem(
                "overloaded", status: 503, "More is being written than the disk takes. Try again in a second.",
                retryAfter: 1, underlying: self)
        case .unavailable:
            Problem(
                "storage_unavailable", status: 503,
                "The database can't be written at the moment. Nothing was changed; try again shortly.", retryAfter: 5,
                underlying: self)
        case .unique, .constraint:
            Problem(
                "conflict", status: 409, "The change contradicts what is stored. Nothing was changed.", underlying: self
            )
        case .unexpectedValue, .unscoped, .refused:
            Problem("internal_error", status: 500, "Something went wrong on our side.", underlying: self)
        }
    }
}
