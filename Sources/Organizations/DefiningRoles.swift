// Custom roles: made, changed, deleted; and the roles that requests name.
import Audit
import Core
import Events
import Storage
import Web

extension Organizations {
    /// How many custom roles an organisation may have.
    static let roleLimit = 50

    /// The four, the highest first, and then the organisation's own, newest first. Scope: the organisation.
    static func roles(in tx: any Transaction) throws -> [RoleDescription] {
        let own = try RolesStore.all(limit: roleLimit, in: tx)
        return Role.allCases.reversed().map { RoleDescription($0) } + own
    }

    /// The role that a request names. Throws `validation_failed` when the organisation has none of that name.
    static func role(named name: String, at pointer: String = "/role", in tx: any Transaction) throws -> Role {
        if let role = Role(rawValue: name) { return role }
        guard let id = RoleID(name), let found = try RolesStore.find(id, in: tx) else {
            throw Problem.invalid([FieldProblem(pointer, "not_a_choice", "The organisation has no such role.")])
        }
        return found.role
    }

    /// Makes a role of permissions that the caller has. Scope: the organisation.
    ///
    /// Throws `validation_failed`, `above_own_role` (403), `role_name_taken`, `limit_reached` (409).
    static func createRole(
        name: String, permissions: [Permission], by own: Role, in tx: any Transaction
    ) throws -> RoleDescription {
        let role = CustomRole(
            id: RoleID(at: tx.now), name: try check(name: name), permissions: try check(permissions))
        guard Role.custom(role).isWithin(own) else { throw OrganizationsProblem.aboveOwnRole(own) }
        guard try !RolesStore.hasName(role.name, except: nil, in: tx) else { throw OrganizationsProblem.roleNameTaken }
        guard try RolesStore.count(upTo: roleLimit, in: tx) < roleLimit else {
            throw OrganizationsProblem.tooMany("custom roles", limit: roleLimit)
        }
        try RolesStore.insert(role, in: tx)
        try announce("role.created", role, was: nil, in: tx)
        return try requireRole(role.id, in: tx)
    }

    /// Changes a role for everybody who has it, at once.
    ///
    /// Throws 404, `validation_failed`, `above_own_role` (403) when it held or would hold more than the caller's,
    /// `role_name_taken` (409).
    static func updateRole(
        _ id: RoleID, name: String?, permissions: [Permission]?, by own: Role,
        check isCurrent: (RoleDescription) throws -> Void = { _ in }, in tx: any Transaction
    ) throws -> RoleDescription {
        let old = try requireRole(id, in: tx)
        try isCurrent(old)
        let new = CustomRole(
            id: id, name: try name.map { try check(name: $0) } ?? old.name,
            permissions: try check(permissions ?? old.permissions))
        guard old.role.isWithin(own), Role.custom(new).isWithin(own) else {
            throw OrganizationsProblem.aboveOwnRole(own)
        }
        guard new.name != old.name || new.permissions != Set(old.permissions) else { return old }
        guard try !RolesStore.hasName(new.name, except: id, in: tx) else { throw OrganizationsProblem.roleNameTaken }
        try RolesStore.update(new, in: tx)
        try announce("role.updated", new, was: old, in: tx)
        return try requireRole(id, in: tx)
    }

    /// Deletes a role; whoever has it, is invited with it or would join with it gets the replacement.
    ///
    /// Throws 404, `above_own_role` (403), `role_in_use` (409) without a replacement, `validation_failed` when the role
    /// would replace itself.
    static func deleteRole(_ id: RoleID, replacement: Role?, by own: Role, in tx: any Transaction) throws {
        let old = try requireRole(id, in: tx)
        guard old.role.isWithin(own), replacement?.isWithin(own) ?? true else {
            throw OrganizationsProblem.aboveOwnRole(own)
        }
        guard replacement?.customID != id else {
            throw Problem.invalid([FieldProblem("?replacement", "not_a_choice", "This role is to be deleted.")])
        }
        let holders = try RolesStore.holders(of: id, limit: 10_000, in: tx)
        if let replacement {
            try RolesStore.replace(id, by: replacement, in: tx)
            for holder in holders { try announceChange(of: holder, from: old.role, to: replacement, in: tx) }
        } else {
            let offers = try RolesStore.offers(of: id, limit: 1000, in: tx)
            guard holders.isEmpty, offers == 0 else {
                throw OrganizationsProblem.roleInUse(members: holders.count, offers: offers)
            }
        }
        try RolesStore.delete(id, in: tx)
        guard case .custom(let role) = old.role else { return }
        try announce("role.deleted", role, was: nil, in: tx)
    }

    static func requireRole(_ id: RoleID, in tx: any Transaction) throws -> RoleDescription {
        guard let role = try RolesStore.find(id, in: tx) else { throw Problem.notFound("role") }
        return role
    }

    private static func check(name raw: String) throws(Problem) -> String {
        var validation = Validation()
        let name = Form(["name": raw])["name"]
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        validation.require(
            (1...50).contains(name.unicodeScalars.count) && isPlain, "/name", "length",
            "A role's name has 1 to 50 characters on one line.")
        validation.require(
            !Role.allCases.contains { $0.title.lowercased() == name.lowercased() }, "/name", "not_a_choice",
            "Every organisation has a role of this name. Choose another one.")
        try validation.check()
        return name
    }

    /// Who belongs to an organisation sees it, whatever else the role holds.
    private static func check(_ permissions: [Permission]) throws(Problem) -> Set<Permission> {
        var validation = Validation()
        for (index, permission) in permissions.enumerated() {
            validation.require(
                permission.isForCustomRoles, "/permissions/\(index)", "not_a_choice",
                "\(permission.rawValue) is in no custom role.")
        }
        try validation.check()
        return Set(permissions).union([.organizationRead])
    }

    private static func announce(
        _ what: String, _ role: CustomRole, was old: RoleDescription?, in tx: any Transaction
    ) throws {
        let list = { (permissions: Set<Permission>) in
            JSONValue.array(permissions.map(\.rawValue).sorted().map { .string($0) })
        }
        var details: [JSONValue.Member] = [
            .init("name", .string(role.name)), .init("permissions", list(role.permissions)),
        ]
        if let old {
            details.append(
                .init("was", .object(["name": .string(old.name), "permissions": list(Set(old.permissions))])))
        }
        try Audit.record(what, on: .init("role", role.id), .object(details), in: tx)
        try Events.publish(what, about: role.id, .object(details), in: tx)
    }
}
