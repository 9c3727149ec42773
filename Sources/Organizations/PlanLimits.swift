// What an organisation's plan allows of members and keys: asked of whoever sells plans.
import Core
package import Storage

extension Organizations {
    /// What plans limit here; the raw values are the codes of the features.
    package enum Limited: String, Sendable {
        case members
        case apiKeys = "api_keys"

        fileprivate var words: String { self == .members ? "members, open invitations included" : "API keys" }
    }

    /// How many of something the organisation of the transaction may have; nil when nothing limits it.
    package typealias Allowance = @Sendable (Limited, any Transaction) throws -> Int64?

    /// Refuses one more of something when the plan does not allow it. What is there already stays.
    func requireRoom(for what: Limited, in tx: any Transaction) throws {
        guard let limit = try allowance(what, tx).map({ Int(clamping: $0) }) else { return }
        let count: Int
        switch what {
        case .members:
            let id = try tx.organization()
            count =
                limit == .max
                ? 0
                : try MembersStore.count(in: id, upTo: limit, in: tx)
                    + InvitationsStore.countPending(upTo: limit, in: tx)
        case .apiKeys: count = try APIKeysStore.countUnrevoked(upTo: limit, in: tx)
        }
        guard count < limit else { throw OrganizationsProblem.planLimit(what.words, limit: limit) }
    }

    /// Joins by a domain; who is offered nothing does not learn whether there is room either. Scope: instance.
    func joinIfThereIsRoom(
        _ organization: OrganizationID, by user: UserID, in tx: any Transaction
    ) throws -> Membership {
        if try Self.joinOffers(for: user, in: tx).contains(where: { $0.organizationID == organization }) {
            try tx.scoped(to: .organization(organization)) { try requireRoom(for: .members, in: $0) }
        }
        return try Self.join(organization, by: user, in: tx)
    }
}
