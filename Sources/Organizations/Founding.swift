// Making and changing organisations.
import Audit
package import Core
import Events
import Identity
package import Storage
import Web

extension Organizations {
    /// To how many organisations a user may belong before making another one.
    static let membershipLimit = 100

    /// Makes an organisation with its first owner. Scope: instance.
    ///
    /// Throws `validation_failed`, `slug_taken`, `limit_reached` (409).
    ///
    /// - Parameter slug: made of the name, and of a number if that is taken, unless given.
    @discardableResult
    package static func create(
        name raw: String, slug wanted: String? = nil, owner: UserID, in tx: any Transaction
    ) throws -> Organization {
        let name = try Person.name(raw)
        if let wanted { try check(slug: wanted) }
        guard try OrganizationsStore.countMemberships(of: owner, upTo: membershipLimit, in: tx) < membershipLimit else {
            throw OrganizationsProblem.tooMany("organisations", limit: membershipLimit)
        }
        let slug = try wanted ?? freeSlug(for: name, in: tx)
        let id = OrganizationID(at: tx.now)
        guard let organization = try OrganizationsStore.insert(id, name: name, slug: slug, in: tx) else {
            throw OrganizationsProblem.slugTaken
        }
        try tx.scoped(to: .organization(id)) { tx in
            _ = try MembersStore.insert(owner, role: .owner, into: id, in: tx)
            let details = JSONValue.object(["name": .string(name), "slug": .string(slug)])
            try Audit.record("organization.created", on: .init("organization", id), details, in: tx)
            try Events.publish("organization.created", about: id, details, in: tx)
            try announceMember("member.joined", owner, role: .owner, in: tx)
        }
        return organization
    }

    /// Changes name, slug and whether a second factor is asked for. Throws `validation_failed`, `slug_taken` (409).
    /// Scope: the organisation.
    static func update(
        _ organization: Organization, name raw: String?, slug wanted: String?, requiresSecondFactor: Bool? = nil,
        in tx: any Transaction
    ) throws -> Organization {
        let name = try raw.map { try Person.name($0) } ?? organization.name
        if let wanted { try check(slug: wanted) }
        let slug = wanted ?? organization.slug
        let policy = requiresSecondFactor ?? organization.requiresSecondFactor
        guard name != organization.name || slug != organization.slug || policy != organization.requiresSecondFactor
        else { return organization }
        let changed = try tx.scoped(to: .instance) { tx in
            if slug != organization.slug, try OrganizationsStore.hasSlug(slug, in: tx) {
                throw OrganizationsProblem.slugTaken
            }
            return try OrganizationsStore.update(
                organization.id, name: name, slug: slug, requiresSecondFactor: policy, in: tx)
        }
        let details = JSONValue.object([
            "requires_second_factor": .object([
                "from": .bool(organization.requiresSecondFactor), "to": .bool(policy),
            ]),
            "name": .object(["from": .string(organization.name), "to": .string(name)]),
            "slug": .object(["from": .string(organization.slug), "to": .string(slug)]),
        ])
        try Audit.record("organization.updated", on: .init("organization", organization.id), details, in: tx)
        try Events.publish("organization.updated", about: organization.id, details, in: tx)
        return changed ?? organization
    }

    private static func check(slug: String) throws(Problem) {
        var validation = Validation()
        validation.require(
            Slug.isValid(slug), "/slug", "slug",
            "A short name has 2 to 40 lower-case letters, digits and inner hyphens.")
        try validation.check()
    }

    private static func freeSlug(for name: String, in tx: any Transaction) throws -> String {
        let base = Slug.made(of: name)
        for number in 1...20 {
            let slug = number == 1 ? base : "\(base)-\(number)"
            if try !OrganizationsStore.hasSlug(slug, in: tx) { return slug }
        }
        return "\(base)-\(Base62.random(6).lowercased())"
    }
}
