// Deleting an account, and taking one's data along.
import Core
import Identity
import Storage
import Web

/// Everything that is kept about a person, in one document.
struct AccountExport: Codable, Sendable {
    let exportedAt: Timestamp
    let account: User
    let secondFactor: SecondFactor
    let passkeys: [Passkey]
    let sessions: [Session]
    /// How other issuers and providers know the person.
    let identities: [ExternalIdentity]
    let organizations: [Membership]

    enum CodingKeys: String, CodingKey {
        case account, passkeys, sessions, identities, organizations
        case exportedAt = "exported_at"
        case secondFactor = "second_factor"
    }
}

extension Organizations {
    /// How many organisations one account can leave in one transaction.
    private static let leaveLimit = 1000

    /// Everything that is kept about a person. Scope: instance.
    static func export(of id: UserID, session: SessionID?, in tx: any Transaction) throws -> AccountExport {
        guard let user = try Identity.find(id, in: tx) else { throw Problem.unauthenticated }
        return AccountExport(
            exportedAt: tx.now, account: user, secondFactor: try Identity.secondFactor(of: id, in: tx),
            passkeys: try Identity.passkeys(of: id, in: tx),
            sessions: try Identity.sessions(of: id, current: session, in: tx),
            identities: try Identity.identities(of: id, in: tx),
            organizations: try OrganizationsStore.memberships(of: id, limit: leaveLimit, in: tx))
    }

    /// Leaves every organisation and deletes the account with its sessions, factors and links. Scope: instance.
    ///
    /// Throws `last_owner` (409) when an organisation would be left without an owner.
    static func deleteAccount(_ id: UserID, in tx: any Transaction) throws {
        let memberships = try OrganizationsStore.memberships(of: id, limit: leaveLimit, in: tx)
        let alone = try memberships.filter { membership in
            try membership.role == .owner
                && !MembersStore.hasOtherOwner(than: id, in: membership.organization.id, in: tx)
        }
        guard alone.isEmpty else { throw OrganizationsProblem.lastOwnerOf(alone.map(\.organization.name)) }
        for membership in memberships {
            try tx.scoped(to: .organization(membership.organization.id)) { tx in
                try MembersStore.delete(id, from: membership.organization.id, in: tx)
                try announceMember("member.left", id, role: membership.role, in: tx)
            }
        }
        try Identity.delete(id, in: tx)
    }

    func addLeaving(to routes: inout Routes) {
        routes.get(
            "/v1/me/export", "exportMyData", "Take everything that is kept about you along", tag: "me",
            allow: .signedIn, returns: AccountExport.self, problems: ["step_up_required"], cost: 10
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            return try Self.export(of: try call.user(), session: call.currentSession, in: tx)
        }
        routes.delete(
            "/v1/me", "deleteMe", "Delete your account", tag: "me", allow: .signedIn,
            problems: ["step_up_required", "last_owner"]
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            try Self.deleteAccount(try call.user(), in: tx)
        }
    }

    func addLeaving(to pages: inout Pages) {
        pages.page("/account/data", "accountDataPage", allow: .signedIn) { call, tx in
            guard call.isFresh(at: tx.now) else {
                return try identity.confirmPage(call, FormState(), next: "/account/data", in: tx)
            }
            guard let user = try Identity.find(try call.user(), in: tx) else { throw Problem.unauthenticated }
            return Self.dataPage(user)
        }
        pages.action("/account/data/export", "exportMyDataPage", allow: .signedIn) { call, tx in
            try call.requireFresh(at: tx.now)
            let export = try Self.export(of: try call.user(), session: call.currentSession, in: tx)
            var response = try Response.json(export, status: 200)
            response.headers.append(("Content-Disposition", "attachment; filename=\"account.json\""))
            return response
        }
        pages.action("/account/data/delete", "deleteMyAccountPage", allow: .signedIn) { call, tx in
            try call.requireFresh(at: tx.now)
            let id = try call.user()
            guard let user = try Identity.find(id, in: tx), call.body["confirm"] == user.email else {
                throw Problem.invalid([FieldProblem("/confirm", "format", "Type your e-mail address to confirm.")])
            }
            try Self.deleteAccount(id, in: tx)
            var response = Response.redirect(to: "/sign-in", flash: "Your account is deleted.")
            response.headers += SessionCookie.leave(origin: call.request.origin)
            return response
        }
    }

    private static func dataPage(_ user: User) -> PageView {
        let take: HTML = """
            <p>Your account, your sessions, your connected accounts and the organisations that you belong to, as one \
            JSON document.</p>\
            \(HTML.postButton("Download my data", action: "/account/data/export"))
            """
        let delete: HTML = """
            <p>Your account, its sessions and its second factor are deleted, and you leave every organisation. What \
            you did there stays in their audit logs. An organisation keeps its last owner: make somebody else one \
            first.</p>\(HTML.confirm(
                id: "delete-account", button: "Delete my account", title: "Delete your account?",
                text: "This can't be undone.", action: "/account/data/delete", typed: user.email))
            """
        return Identity.accountPage(
            "Your data", "Data",
            "\(HTML.panel("Take it along", take))\(HTML.panel("Delete the account", delete))")
    }
}
