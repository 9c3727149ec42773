// Handing an organisation over to somebody else.
import Audit
import Core
import Events
import Storage
import Web

extension Organizations {
    /// Makes a member an owner, and the caller an admin, at once. Scope: the organisation.
    ///
    /// Throws 404 when they are no member, `validation_failed` for oneself and for a suspended account.
    static func transfer(to next: UserID, from owner: UserID, in tx: any Transaction) throws -> Member {
        let organization = try tx.organization()
        guard next != owner else {
            throw Problem.invalid([FieldProblem("/user_id", "not_a_choice", "You are the owner already.")])
        }
        guard try MembersStore.find(next, in: organization, in: tx) != nil else { throw Problem.notFound("member") }
        guard try !MembersStore.isSuspended(next, in: tx) else {
            throw Problem.invalid([FieldProblem("/user_id", "not_a_choice", "This account is suspended.")])
        }
        let details = JSONValue.object(["from": .string(owner.text), "to": .string(next.text)])
        try Audit.record("organization.transferred", on: .init("organization", organization), details, in: tx)
        try Events.publish("organization.transferred", about: organization, details, in: tx)
        let member = try setRole(.owner, of: next, by: .owner, in: tx)
        _ = try setRole(.admin, of: owner, by: .owner, in: tx)
        return member
    }
}
