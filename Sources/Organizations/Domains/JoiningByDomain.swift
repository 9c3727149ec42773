// Joining an organisation by the domain of one's own, confirmed address.
import Audit
import Core
import Crypto
import Events
import Identity
import Storage
import Web

extension Organizations {
    /// What somebody may join: the organisation that proved the domain of their confirmed address, unless it is
    /// suspended or leaving, they belong to it, or it removed them. Scope: instance.
    static func joinOffers(for id: UserID, in tx: any Transaction) throws -> [JoinOffer] {
        guard let user = try Identity.find(id, in: tx), user.verifiedAt != nil,
            let address = EmailAddress(user.email),
            let found = try DomainsStore.offer(of: address.domain, to: id, addressHash: hash(of: address), in: tx)
        else { return [] }
        // The role may have grown since it was chosen.
        guard !found.role.isWithin(.editor) else { return [found] }
        return [
            JoinOffer(
                organizationID: found.organizationID, organizationName: found.organizationName, domain: found.domain,
                role: .viewer)
        ]
    }

    /// Joins by one's address. Throws 404 when it is not offered: strangers learn nothing. Scope: instance.
    static func join(_ organization: OrganizationID, by user: UserID, in tx: any Transaction) throws -> Membership {
        guard let offer = try joinOffers(for: user, in: tx).first(where: { $0.organizationID == organization }) else {
            throw Problem.notFound("organisation")
        }
        try tx.scoped(to: .organization(organization)) { tx in
            try add(user, as: offer.role, by: offer.domain, in: tx)
        }
        return Membership(organization: try required(organization, in: tx), role: offer.role)
    }

    /// Remembers that somebody was removed: they, and whoever has their address, come back by invitation only.
    static func noteRemoval(of member: Member, in tx: any Transaction) throws {
        guard let address = EmailAddress(member.email) else { return }
        try DomainsStore.insertRemoval(of: member.userID, addressHash: hash(of: address), in: tx)
    }

    /// Somebody was let in again.
    static func forgetRemoval(of user: UserID, in tx: any Transaction) throws {
        guard let member = try MembersStore.find(user, in: tx.organization(), in: tx),
            let address = EmailAddress(member.email)
        else { return }
        try DomainsStore.deleteRemovals(of: user, addressHash: hash(of: address), in: tx)
    }

    private static func hash(of address: EmailAddress) -> [UInt8] {
        Array(SHA256.hash(data: Array(address.folded.utf8)))
    }
}
