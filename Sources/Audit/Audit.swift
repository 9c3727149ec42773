// The audit log: every change of an organisation, append-only and hash-chained, written in the change's transaction.
import Core
package import Storage
package import Web

/// The record of who did what; one chain per organisation, and one for the instance itself.
package enum Audit {
    /// Appends a record to the chain of the transaction's organisation (or the instance's), in the same transaction.
    ///
    /// `action` is `noun.verb_in_past_tense` from a closed set of literals; `details` holds what changed, without
    /// secrets. Sequence and hash come from the chain's head, which is locked by the one writer.
    package static func record(
        _ action: String, on target: Target, _ details: JSONValue = .object([]), in tx: any Transaction
    ) throws {
        let chain = Chain(of: tx.scope)
        let head = try AuditStore.head(of: chain, in: tx)
        let event = AuditEvent(
            sequence: head.sequence + 1, at: tx.now, actor: tx.actor, action: action, target: target,
            details: told(details, by: tx.actor).text)
        try AuditStore.append(event, to: chain, hash: event.hash(after: head.hash, in: chain), in: tx)
    }

    /// Who acted in whose place stands in the details: they are hashed, exported and shown like everything else.
    private static func told(_ details: JSONValue, by actor: Actor) -> JSONValue {
        guard let impersonator = actor.impersonator, case .object(let members) = details else { return details }
        let who = JSONValue.object(["id": .string(impersonator.id.text), "name": .string(impersonator.display)])
        return .object(members + [.init("impersonator", who)])
    }

    /// What a record is about.
    package struct Target: Sendable, Hashable {
        package let kind: String
        package let id: String

        package init(_ kind: String, _ id: some CustomStringConvertible) {
            self.kind = kind
            self.id = id.description
        }
    }

    /// Whose chain a record belongs to.
    enum Chain: Hashable {
        case organization(OrganizationID)
        case instance

        init(of scope: Scope) {
            switch scope {
            case .organization(let id): self = .organization(id)
            case .instance: self = .instance
            }
        }

        /// The value of the column `organization_id`.
        var key: String {
            switch self {
            case .organization(let id): id.text
            case .instance: "instance"
            }
        }
    }

    /// The head of a chain without records: 32 zero bytes.
    static let origin = [UInt8](repeating: 0, count: 32)
}
