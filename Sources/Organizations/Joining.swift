// Members: joining, changing roles, leaving.
import Audit
package import Core
import Events
package import Storage
import Web

extension Organizations {
    /// Makes a user a member. Throws `already_member` (409). Scope: the organisation.
    ///
    /// - Parameter domain: the domain that they joined by, if nobody let them in.
    package static func add(
        _ user: UserID, as role: Role, by domain: String? = nil, in tx: any Transaction
    ) throws {
        guard try MembersStore.insert(user, role: role, into: tx.organization(), in: tx) else {
            throw OrganizationsProblem.alreadyMember
        }
        try forgetRemoval(of: user, in: tx)
        try announceMember("member.joined", user, role: role, by: domain, in: tx)
    }

    /// Gives a member another role.
    ///
    /// Throws 404, `above_own_role` (403) when either role is above the caller's, `last_owner` (409).
    static func setRole(
        _ role: Role, of user: UserID, by own: Role, check: (Member) throws -> Void = { _ in }, in tx: any Transaction
    ) throws -> Member {
        let organization = try tx.organization()
        guard let member = try MembersStore.find(user, in: organization, in: tx) else {
            throw Problem.notFound("member")
        }
        try check(member)
        guard role.isWithin(own), member.role.isWithin(own) else { throw OrganizationsProblem.aboveOwnRole(own) }
        guard role != member.role else { return member }
        if member.role == .owner { try requireOtherOwner(than: user, in: tx) }
        try MembersStore.setRole(role, of: user, in: organization, in: tx)
        try announceChange(of: user, from: member.role, to: role, in: tx)
        return try MembersStore.find(user, in: organization, in: tx) ?? member
    }

    /// Removes a member. Throws 404, `above_own_role` (403), `last_owner` (409).
    static func remove(_ user: UserID, by own: Role, in tx: any Transaction) throws {
        let organization = try tx.organization()
        guard let member = try MembersStore.find(user, in: organization, in: tx) else {
            throw Problem.notFound("member")
        }
        guard member.role.isWithin(own) else { throw OrganizationsProblem.aboveOwnRole(own) }
        if member.role == .owner { try requireOtherOwner(than: user, in: tx) }
        try MembersStore.delete(user, from: organization, in: tx)
        try noteRemoval(of: member, in: tx)
        try announceMember("member.removed", user, role: member.role, in: tx)
    }

    /// The caller leaves. Throws 404, `last_owner` (409).
    static func leave(_ user: UserID, in tx: any Transaction) throws {
        let organization = try tx.organization()
        let role = try requireRole(of: user, in: tx)
        if role == .owner { try requireOtherOwner(than: user, in: tx) }
        try MembersStore.delete(user, from: organization, in: tx)
        try announceMember("member.left", user, role: role, in: tx)
    }

    private static func requireRole(of user: UserID, in tx: any Transaction) throws -> Role {
        guard let role = try MembersStore.role(of: user, in: tx.organization(), in: tx) else {
            throw Problem.notFound("member")
        }
        return role
    }

    private static func requireOtherOwner(than user: UserID, in tx: any Transaction) throws {
        guard try MembersStore.hasOtherOwner(than: user, in: tx.organization(), in: tx) else {
            throw OrganizationsProblem.lastOwner
        }
    }

    static func announceChange(of user: UserID, from old: Role, to new: Role, in tx: any Transaction) throws {
        let details = JSONValue.object(old.details("from") + new.details("to"))
        try Audit.record("member.role_changed", on: .init("member", user), details, in: tx)
        try Events.publish("member.role_changed", about: user, details, in: tx)
    }

    static func announceMember(
        _ what: String, _ user: UserID, role: Role, by domain: String? = nil, in tx: any Transaction
    ) throws {
        let more = domain.map { [JSONValue.Member("domain", .string($0))] } ?? []
        let details = JSONValue.object(role.details("role") + more)
        try Audit.record(what, on: .init("member", user), details, in: tx)
        try Events.publish(what, about: user, details, in: tx)
    }
}

extension Role {
    /// What the log and the events say of a role: its name on the wire and, if it is custom, what people called it.
    func details(_ field: String) -> [JSONValue.Member] {
        let name = JSONValue.Member(field, .string(rawValue))
        return customID == nil ? [name] : [name, .init(field + "_name", .string(title))]
    }
}
