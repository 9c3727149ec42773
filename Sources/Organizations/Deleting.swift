// The end of an organisation: asked for, undone, and done by a job after a month.
import Audit
package import Core
import Events
package import Jobs
package import Storage
import Web

extension Organizations {
    /// How long a deletion can be undone.
    package static let grace = Milliseconds.days(30)

    /// What a feature does when an organisation is deleted; both run in its scope.
    package struct Departure: Sendable {
        /// When it is asked for: end what would go on costing or running.
        package var request: @Sendable (any Transaction) throws -> Void = { _ in }
        /// When it is done: delete a number of rows at most; returns how many.
        package var erase: @Sendable (_ limit: Int, any Transaction) throws -> Int = { _, _ in 0 }

        package init() {}
    }

    /// Asks for the deletion: keys and members other than owners are refused from now on. Scope: the organisation.
    ///
    /// Throws `already_leaving` (409).
    func requestDeletion(_ organization: Organization, in tx: any Transaction) throws {
        guard organization.deletionAt == nil else { throw OrganizationsProblem.alreadyLeaving }
        let end = tx.now.adding(Self.grace)
        for departure in departures { try departure.request(tx) }
        try tx.scoped(to: .instance) { try OrganizationsStore.setDeletion(organization.id, at: end, in: $0) }
        try Self.announceDeletion("organization.deletion_requested", organization, at: end, in: tx)
        for owner in try Self.ownerAddresses(of: organization.id, in: tx) {
            try OrganizationsMail.deletion(of: organization.name, at: end, by: tx.actor.display, to: owner, in: tx)
        }
    }

    /// Takes the request back: everything works as before, but for what was cancelled. Throws `not_leaving` (409).
    static func undoDeletion(_ organization: Organization, in tx: any Transaction) throws -> Organization {
        guard organization.deletionAt != nil else { throw OrganizationsProblem.notLeaving }
        try tx.scoped(to: .instance) { try OrganizationsStore.setDeletion(organization.id, at: nil, in: $0) }
        try announceDeletion("organization.deletion_undone", organization, at: nil, in: tx)
        return try required(organization.id, in: tx)
    }

    private static func announceDeletion(
        _ what: String, _ organization: Organization, at end: Timestamp?, in tx: any Transaction
    ) throws {
        var details = [JSONValue.Member("name", .string(organization.name))]
        if let end { details.append(.init("deletion_at", .string(end.description))) }
        try Audit.record(what, on: .init("organization", organization.id), .object(details), in: tx)
        try Events.publish(what, about: organization.id, .object(details), in: tx)
    }

    /// Adds the jobs that delete what is due and check domains.
    package func addJobs(to handlers: inout JobHandlers) throws {
        handlers.on("organizations.delete", "Delete organisations whose time to undo it is over", timeout: .hours(1)) {
            context in
            _ = try await deleteDue(by: context.actor)
            return .done
        }
        try handlers.schedule("organizations.delete", "23 * * * *", kind: "organizations.delete")
        handlers.on("domains.check", "Look the records of verified domains up again, once a day", timeout: .hours(1)) {
            context in
            _ = try await checkDomains(by: context.actor)
            return .done
        }
        try handlers.schedule("domains.check", "41 * * * *", kind: "domains.check")
    }

    /// Deletes organisations whose month is over; returns how many.
    ///
    /// Members, invitations, keys and what the features erase go, a little at a time. Invoices, payments, the books and
    /// the audit log stay, as the law and its retention say; so does the row that they refer to, without its name.
    package func deleteDue(by actor: Actor) async throws -> Int {
        let due = try database.read(in: .instance) { try OrganizationsStore.dueForDeletion(limit: 100, in: $0) }
        for id in due {
            for departure in departures { try await erase(departure, of: id, by: actor) }
            try await database.write(in: .organization(id), by: actor) { tx in
                // Undone in this very moment: what was erased are events and ended jobs.
                guard let organization = try OrganizationsStore.find(id, in: tx), let end = organization.deletionAt,
                    end <= tx.now
                else { return }
                try OrganizationsStore.deletePeople(in: tx)
                try tx.scoped(to: .instance) { try OrganizationsStore.bury(id, in: $0) }
                try Audit.record("organization.deleted", on: .init("organization", id), in: tx)
            }
        }
        return due.count
    }

    private func erase(_ departure: Departure, of id: OrganizationID, by actor: Actor) async throws {
        let batch = 1000
        while try await database.write(in: .organization(id), by: actor, { try departure.erase(batch, $0) }) == batch {}
    }
}
