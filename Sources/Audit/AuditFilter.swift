// What a list or an export of the audit log is narrowed by.
import Core
import Storage
import Web

/// Conditions on records; all that are given hold.
struct AuditFilter: Sendable, Equatable {
    var action: String?
    /// The identifier of a user or key.
    var actor: String?
    /// Type and identifier.
    var target: Audit.Target?
    /// From this instant on.
    var from: Timestamp?
    /// Before this instant.
    var to: Timestamp?

    /// How far a clock may have been set back and records still be found by their time.
    static let clockSteps = Milliseconds.hours(1)

    init(action: String? = nil, actor: String? = nil) {
        self.action = action
        self.actor = actor
    }

    /// Reads the parameters of a request; throws 422 with every bad one.
    init(_ call: Call<some Sendable>) throws(Problem) {
        func text(_ name: String) -> String? { call.query(name).flatMap { $0.isEmpty ? nil : $0 } }
        func time(_ name: String) -> Timestamp? { text(name).flatMap { Self.time($0) } }
        var validation = Validation()
        for name in ["from", "to"] {
            validation.require(
                text(name) == nil || time(name) != nil, "?\(name)", "format",
                "It must be a date like 2026-11-28, or a time like 2026-11-28T09:30:00Z.")
        }
        validation.require(
            text("target_id") == nil || text("target_type") != nil, "?target_type", "required",
            "Say of which type the target is: organization, member, api_key, invoice and so on.")
        validation.require(
            text("target_type") == nil || text("target_id") != nil, "?target_id", "required",
            "Say which target of this type.")
        try validation.check()
        action = text("action")
        actor = text("actor")
        if let kind = text("target_type"), let id = text("target_id") { target = Audit.Target(kind, id) }
        from = time("from")
        to = time("to")
    }

    /// A day means its first instant.
    private static func time(_ text: String) -> Timestamp? { Timestamp(text) ?? Timestamp(text + "T00:00:00Z") }

    /// The parameters, as every list and export of records takes them.
    static let parameters = [
        QueryParameter("action", "Only records of this action, such as `member.invited`."),
        QueryParameter("actor", "Only what this user or key did."),
        QueryParameter("target_type", "With `target_id`: only records about one thing."),
        QueryParameter("target_id", "With `target_type`: only records about one thing."),
        QueryParameter("from", "Only records from this time (RFC 3339) or day on."),
        QueryParameter("to", "Only records before this time (RFC 3339) or day."),
    ]

    /// The filter of a request as the query of another address.
    static func query(of call: Call<some Sendable>) -> String {
        PercentEncoding.encode(
            parameters.compactMap { parameter in
                call.query(parameter.name).flatMap { $0.isEmpty ? nil : (parameter.name, $0) }
            })
    }

    /// What a tile's filter must have for the tile to be read.
    var terms: [Term] {
        [action.map(Term.action), actor.map(Term.actor), target.map(Term.target)].compactMap { $0 }
    }

    var condition: SQL {
        var condition: SQL = ""
        if let action { condition = condition + "AND action = \(action) " }
        if let actor { condition = condition + "AND actor_id = \(actor) " }
        if let target { condition = condition + "AND target_kind = \(target.kind) AND target_id = \(target.id) " }
        if let from { condition = condition + "AND at >= \(from) " }
        if let to { condition = condition + "AND at < \(to) " }
        return condition
    }
}
