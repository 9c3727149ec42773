// Domains: claimed, proven by a DNS record, checked again, given up.
import Audit
import Core
import Events
import Storage
import Web

extension Organizations {
    /// How many domains an organisation may have.
    static let domainLimit = 20

    /// After how many daily checks in a row without the record a domain is the organisation's no more.
    static let missLimit = 3

    /// Notes a domain, and what its DNS has to say. Scope: the organisation.
    ///
    /// Throws `validation_failed`, `above_own_role` (403), `domain_claimed`, `limit_reached` (409).
    static func addDomain(_ raw: String, role: Role, by own: Role, in tx: any Transaction) throws -> Domain {
        var validation = Validation()
        let name = Domain.name(raw)
        validation.require(name != nil, "/name", "format", "This is not a domain that mail addresses can end in.")
        validation.require(
            !PublicMailDomains.contains(name ?? ""), "/name", "not_a_choice",
            "Anybody can have an address there. Take a domain that is yours alone.")
        try validation.check()
        guard let name else { throw Problem.notFound("domain") }
        try checkJoining(role, by: own)
        guard try DomainsStore.find(name: name, in: tx) == nil else { throw OrganizationsProblem.domainClaimed }
        guard try DomainsStore.all(limit: domainLimit, in: tx).count < domainLimit else {
            throw OrganizationsProblem.tooMany("domains", limit: domainLimit)
        }
        let id = DomainID(at: tx.now)
        try DomainsStore.insert(
            id, name: name, challenge: "raptorflow-domain=\(Base62.random(32))", role: role, in: tx)
        let domain = try requireDomain(id, in: tx)
        try announce("domain.added", domain, role.details("role"), in: tx)
        return domain
    }

    /// Says what people who join from now on get. Throws 404, `validation_failed`, `above_own_role` (403).
    static func updateDomain(
        _ id: DomainID, role: Role, by own: Role, check: (Domain) throws -> Void = { _ in }, in tx: any Transaction
    ) throws -> Domain {
        let old = try requireDomain(id, in: tx)
        try check(old)
        try checkJoining(role, by: own)
        guard role != old.role else { return old }
        try DomainsStore.setRole(role, of: id, in: tx)
        try announce("domain.updated", old, old.role.details("from") + role.details("to"), in: tx)
        return try requireDomain(id, in: tx)
    }

    /// Gives a domain up: nobody joins by it any more, and whoever did stays. Throws 404.
    static func removeDomain(_ id: DomainID, in tx: any Transaction) throws {
        let domain = try requireDomain(id, in: tx)
        try DomainsStore.delete(id, in: tx)
        try announce("domain.removed", domain, in: tx)
    }

    /// Looks the record up and notes what came of it.
    ///
    /// Throws 404, `record_not_found` (409) when there is none, `domain_taken` (409) when another organisation has
    /// proven it, `dns_unavailable` (503).
    func verifyDomain(_ id: DomainID, of organization: OrganizationID, by actor: Actor) async throws -> Domain {
        let wanted = try database.read(in: .organization(organization)) { try Self.requireDomain(id, in: $0) }
        let isFound = try await isProven(wanted)
        let domain = try await database.write(in: .organization(organization), by: actor) { tx in
            try Self.note(isFound, about: wanted, isDaily: false, in: tx)
        }
        guard isFound else { throw OrganizationsProblem.recordNotFound(domain.record) }
        return domain
    }

    private func isProven(_ domain: Domain) async throws -> Bool {
        try await resolver.textRecords(domain.record.name).contains(domain.record.value)
    }

    /// Notes the outcome of a check; only the daily ones can lose a domain. Scope: the organisation.
    static func note(
        _ isFound: Bool, about wanted: Domain, isDaily: Bool = true, in tx: any Transaction
    ) throws -> Domain {
        // It may have been given up, or claimed anew, while the record was looked up.
        let domain = try requireDomain(wanted.id, in: tx)
        guard isFound else {
            let isLost = try DomainsStore.miss(domain.id, counts: isDaily, limit: missLimit, in: tx)
            if isLost {
                try announce("domain.lost", domain, in: tx)
                let organization = try required(tx.organization(), in: tx)
                for owner in try ownerAddresses(of: organization.id, in: tx) {
                    try OrganizationsMail.domainLost(domain, of: organization.name, to: owner, in: tx)
                }
            }
            return try requireDomain(domain.id, in: tx)
        }
        if domain.verifiedAt == nil {
            let isTaken = try tx.scoped(to: .instance) { try DomainsStore.isVerified(domain.name, in: $0) }
            guard !isTaken else { throw OrganizationsProblem.domainTaken }
            try announce("domain.verified", domain, domain.role.details("role"), in: tx)
        }
        try DomainsStore.hit(domain.id, in: tx)
        return try requireDomain(domain.id, in: tx)
    }

    /// Checks domains again that were not checked for a day; returns how many. A resolver that does not answer says
    /// nothing about a record, so the domain stays as it is and is tried again.
    func checkDomains(by actor: Actor) async throws -> Int {
        let due = try database.read(in: .instance) { try DomainsStore.due(limit: 200, in: $0) }
        for (domain, organization) in due {
            guard let isFound = try? await isProven(domain) else { continue }
            _ = try await database.write(in: .organization(organization), by: actor) { tx -> Domain? in
                guard try DomainsStore.find(domain.id, in: tx) != nil else { return nil }
                return try Self.note(isFound, about: domain, in: tx)
            }
        }
        return due.count
    }

    static func requireDomain(_ id: DomainID, in tx: any Transaction) throws -> Domain {
        guard let domain = try DomainsStore.find(id, in: tx) else { throw Problem.notFound("domain") }
        return domain
    }

    /// Nobody is asked when somebody joins by a domain, so it gives an editor's rights at most.
    private static func checkJoining(_ role: Role, by own: Role) throws {
        guard role.isWithin(own) else { throw OrganizationsProblem.aboveOwnRole(own) }
        var validation = Validation()
        validation.require(
            role.isWithin(.editor), "/role", "not_a_choice",
            "People who join by themselves get a role that holds nothing beyond Editor.")
        try validation.check()
    }

    private static func announce(
        _ what: String, _ domain: Domain, _ more: [JSONValue.Member] = [], in tx: any Transaction
    ) throws {
        let details = JSONValue.object([.init("name", .string(domain.name))] + more)
        try Audit.record(what, on: .init("domain", domain.id), details, in: tx)
        try Events.publish(what, about: domain.id, details, in: tx)
    }
}
