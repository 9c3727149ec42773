// Invitations: made, revoked, accepted.
import Audit
package import Core
import Events
package import Identity
package import Storage
import Web

extension Organizations {
    /// How many open invitations an organisation may have.
    static let invitationLimit = 500

    /// Invites somebody by mail. Scope: the organisation.
    ///
    /// Throws `above_own_role` (403), `already_member`, `already_invited`, `limit_reached` (409).
    @discardableResult
    package static func invite(
        _ email: EmailAddress, as role: Role, by own: Role, origin: String, in tx: any Transaction
    ) throws -> Invitation {
        guard role.isWithin(own) else { throw OrganizationsProblem.aboveOwnRole(own) }
        let id = try tx.organization()
        guard let organization = try OrganizationsStore.find(id, in: tx) else { throw Problem.notFound("organisation") }
        guard try !MembersStore.hasEmail(email.folded, in: id, in: tx) else { throw OrganizationsProblem.alreadyMember }
        try InvitationsStore.expire(in: tx)
        guard try !InvitationsStore.hasPending(email, in: tx) else { throw OrganizationsProblem.alreadyInvited }
        guard try InvitationsStore.countPending(upTo: invitationLimit, in: tx) < invitationLimit else {
            throw OrganizationsProblem.tooMany("open invitations", limit: invitationLimit)
        }
        let token = Token(.once)
        let invitation = Invitation(
            id: InvitationID(at: tx.now), email: email.text, role: role, state: .pending, invitedBy: tx.actor.display,
            createdAt: tx.now, expiresAt: tx.now.adding(Invitation.lifetime))
        try InvitationsStore.insert(invitation, to: email, hash: token.hash, in: tx)
        try OrganizationsMail.invitation(invitation, to: email, organization.name, origin, token.text, in: tx)
        try announce("invitation.created", invitation, in: tx)
        return invitation
    }

    /// How long to wait before an invitation is sent again.
    static let resendPause = Milliseconds.minutes(5)

    /// Sends an open or expired invitation again, with a new link that works for 7 days; the old one ends.
    ///
    /// Throws 404, `above_own_role` (403), `just_sent`, `already_member`, `already_invited` (409).
    static func resend(
        _ id: InvitationID, by own: Role, origin: String, in tx: any Transaction
    ) throws -> Invitation {
        guard let found = try InvitationsStore.findUnanswered(id, in: tx),
            let organization = try OrganizationsStore.find(tx.organization(), in: tx),
            let email = EmailAddress(found.invitation.email)
        else { throw Problem.notFound("open invitation") }
        guard found.invitation.role.isWithin(own) else { throw OrganizationsProblem.aboveOwnRole(own) }
        guard tx.now.since(found.sentAt) >= resendPause else { throw OrganizationsProblem.justSent }
        guard try !MembersStore.hasEmail(email.folded, in: organization.id, in: tx) else {
            throw OrganizationsProblem.alreadyMember
        }
        if found.invitation.state != .pending {
            guard try !InvitationsStore.hasPending(email, in: tx) else { throw OrganizationsProblem.alreadyInvited }
        }
        let token = Token(.once)
        try InvitationsStore.renew(id, hash: token.hash, until: tx.now.adding(Invitation.lifetime), in: tx)
        guard let invitation = try InvitationsStore.find(id, in: tx) else { throw Problem.notFound("open invitation") }
        try OrganizationsMail.invitation(invitation, to: email, organization.name, origin, token.text, in: tx)
        try announce("invitation.resent", invitation, in: tx)
        return invitation
    }

    /// Withdraws an open invitation. Throws 404 when there is none, `above_own_role` (403). Scope: the organisation.
    static func revoke(_ id: InvitationID, by own: Role, in tx: any Transaction) throws {
        guard let invitation = try InvitationsStore.find(id, in: tx) else { throw Problem.notFound("open invitation") }
        guard invitation.role.isWithin(own) else { throw OrganizationsProblem.aboveOwnRole(own) }
        guard try InvitationsStore.setState(.revoked, of: id, in: tx) else {
            throw Problem.notFound("open invitation")
        }
        try announce("invitation.revoked", invitation, in: tx)
    }

    /// An open invitation, and the organisation that it is of.
    struct Open: Sendable {
        let invitation: Invitation
        let organization: Organization
        /// Whether somebody with the invited address has an account.
        let hasAccount: Bool
    }

    /// The open invitation of a token, as long as whoever sent it could still send it.
    ///
    /// Throws `invitation_unusable` (422). Scope: instance.
    static func open(_ token: String, in tx: any Transaction) throws -> Open {
        guard let hash = Token.hash(token, .once), let found = try InvitationsStore.open(hash: hash, in: tx),
            let organization = try OrganizationsStore.find(found.organization, in: tx)
        else { throw OrganizationsProblem.invitationUnusable }
        if let inviter = found.inviter {
            guard let role = try MembersStore.role(of: inviter, in: found.organization, in: tx),
                found.invitation.role.isWithin(role), role.allows(.membersManage)
            else { throw OrganizationsProblem.invitationUnusable }
        }
        let address = EmailAddress(found.invitation.email)
        let account = try address.flatMap { try Identity.find(email: $0, in: tx) }
        return Open(invitation: found.invitation, organization: organization, hasAccount: account != nil)
    }

    /// Joins by an invitation. Scope: instance.
    ///
    /// Throws `invitation_unusable` (422), `invitation_for_somebody_else` (403), `already_member` (409).
    package static func accept(_ token: String, by id: UserID, in tx: any Transaction) throws -> Membership {
        let open = try open(token, in: tx)
        guard let user = try Identity.find(id, in: tx) else { throw Problem.unauthenticated }
        guard let address = EmailAddress(open.invitation.email),
            try Identity.mayAnswer(for: address, user, in: tx)
        else { throw OrganizationsProblem.invitationForSomebodyElse }
        // The token came by mail to this address.
        try Identity.confirmMailbox(of: user, at: address, in: tx)
        try tx.scoped(to: .organization(open.organization.id)) { tx in
            guard try InvitationsStore.setState(.accepted, of: open.invitation.id, in: tx) else {
                throw OrganizationsProblem.invitationUnusable
            }
            try announce("invitation.accepted", open.invitation, in: tx)
            try add(id, as: open.invitation.role, in: tx)
        }
        return Membership(organization: open.organization, role: open.invitation.role)
    }

    /// Makes an account for the invited address, joins and opens a session.
    ///
    /// Throws `account_exists` (409), `invitation_unusable` (422), `validation_failed`, `overloaded` (503).
    package func signUp(
        token: String, name: String, password: String, on device: Identity.Device, by caller: Actor
    ) async throws -> SignedIn {
        let open = try database.read(in: .instance) { try Self.open(token, in: $0) }
        guard identity.policy.signUp != .closed else { throw OrganizationsProblem.signUpClosed }
        guard !open.hasAccount else { throw OrganizationsProblem.accountExists }
        let person = try Person(email: open.invitation.email, name: name)
        try identity.policy.check(person.email)
        let hash = try await identity.hash(password, for: person, context: [open.organization.name])
        let id = UserID(at: database.clock.now)
        return try await database.write(in: .instance, by: person.actor(as: id, like: caller)) { tx in
            let user = try Identity.create(
                NewUser(email: person.email, name: person.name, passwordHash: hash, isVerified: true), as: id, in: tx)
            _ = try Self.accept(token, by: id, in: tx)
            return try Identity.openSession(for: user, on: device, in: tx)
        }
    }

    private static func announce(_ what: String, _ invitation: Invitation, in tx: any Transaction) throws {
        let details = JSONValue.object(
            [.init("email", .string(invitation.email))] + invitation.role.details("role"))
        try Audit.record(what, on: .init("invitation", invitation.id), details, in: tx)
        try Events.publish(what, about: invitation.id, details, in: tx)
    }
}

extension Organizations {
    /// What signing in through a provider needs to know of invitations.
    package static let invitations = AccountPolicy.Invitations(
        address: { token, tx in
            guard let address = EmailAddress(try open(token, in: tx).invitation.email) else {
                throw OrganizationsProblem.invitationUnusable
            }
            return address
        },
        accept: { token, user, tx in "/orgs/\(try accept(token, by: user, in: tx).organization.id)" })
}
