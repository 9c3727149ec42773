// Suspending an organisation or a person, by those who run the instance: sessions and keys end at once.
import Audit
package import Core
import Events
import Identity
package import Storage
import Web

extension Organizations {
    /// Stops an organisation: its members and keys are refused from the next request on. Scope: instance.
    ///
    /// Throws 404, `already_suspended` (409).
    @discardableResult
    package static func suspend(
        _ id: OrganizationID, because reason: String, in tx: any Transaction
    ) throws -> Organization {
        let organization = try required(id, in: tx)
        guard organization.suspendedAt == nil else { throw OrganizationsProblem.alreadySuspended }
        try OrganizationsStore.setSuspended(id, at: tx.now, because: reason, in: tx)
        try announceSuspension("organization.suspended", id, ["reason": .string(reason)], in: tx)
        return try required(id, in: tx)
    }

    /// Lets it go on. Throws 404, `not_suspended` (409). Scope: instance.
    @discardableResult
    package static func resume(_ id: OrganizationID, in tx: any Transaction) throws -> Organization {
        let organization = try required(id, in: tx)
        guard organization.suspendedAt != nil else { throw OrganizationsProblem.notSuspended }
        try OrganizationsStore.setSuspended(id, at: nil, because: nil, in: tx)
        try announceSuspension("organization.resumed", id, [:], in: tx)
        return try required(id, in: tx)
    }

    /// Stops a person: sessions end, and signing in is refused. Scope: instance.
    ///
    /// An organisation always has an owner who can act: suspend it first, if the person is its last one. Throws 404,
    /// `last_owner`, `already_suspended` (409), `not_yourself` (409).
    package static func suspendUser(
        _ id: UserID, because reason: String, by own: UserID? = nil, in tx: any Transaction
    ) throws {
        guard id != own else { throw OrganizationsProblem.notYourself }
        guard try !MembersStore.ownedAlone(by: id, in: tx) else { throw OrganizationsProblem.lastOwner }
        try Identity.suspend(id, because: reason, in: tx)
    }

    private static func announceSuspension(
        _ what: String, _ id: OrganizationID, _ details: KeyValuePairs<String, JSONValue>, in tx: any Transaction
    ) throws {
        // In both logs: the organisation's members see it, and those who run the instance.
        try Audit.record(what, on: .init("organization", id), .object(details), in: tx)
        try tx.scoped(to: .organization(id)) { tx in
            try Audit.record(what, on: .init("organization", id), .object(details), in: tx)
            try Events.publish(what, about: id, .object(details), in: tx)
        }
    }
}
