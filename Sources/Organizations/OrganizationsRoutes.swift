// Organisations and members over HTTP.
import Core
import Identity
import Storage
package import Web

extension Organizations {
    /// Adds the JSON operations.
    package func addRoutes(to routes: inout Routes) {
        addOrganizations(to: &routes)
        addMembers(to: &routes)
        addRoles(to: &routes)
        addDomains(to: &routes)
        addJoining(to: &routes)
        addInvitations(to: &routes)
        addAPIKeys(to: &routes)
        addAuthorizing(to: &routes)
        addOperatorRoutes(to: &routes)
        addImpersonation(to: &routes)
        addLeaving(to: &routes)
    }

    private func addOrganizations(to routes: inout Routes) {
        routes.get(
            "/v1/orgs", "listOrganizations", "List the organisations that you belong to, newest first", tag: "orgs",
            allow: .signedIn, query: QueryParameter.paging, returns: Page<Organization>.self
        ) { call, tx in try Self.memberships(call, in: tx).map(\.organization) }
        routes.get(
            "/v1/me/orgs", "listMyOrganizations", "List your organisations with your role in each, newest first",
            tag: "me", allow: .signedIn, query: QueryParameter.paging, returns: Page<Membership>.self
        ) { call, tx in try Self.memberships(call, in: tx) }
        routes.post(
            "/v1/orgs", "createOrganization", "Make an organisation, with yourself as its owner", tag: "orgs",
            allow: .signedIn, body: CreateOrganizationRequest.self, returns: Organization.self, status: 201,
            problems: ["slug_taken", "limit_reached"]
        ) { call, tx in
            try Self.create(name: call.body.name, slug: call.body.slug, owner: try call.user(), in: tx)
        }
        routes.get(
            "/v1/orgs/{org}", "getOrganization", "Read an organisation", tag: "orgs",
            allow: .member(.organizationRead), returns: Organization.self
        ) { call, tx in try Self.required(try call.organization(), in: tx) }
        routes.patch(
            "/v1/orgs/{org}", "updateOrganization", "Change an organisation's name, short name or sign-in policy",
            tag: "orgs", allow: .member(.organizationManage), body: UpdateOrganizationRequest.self,
            returns: Organization.self, problems: ["slug_taken", "step_up_required"]
        ) { call, tx in
            let organization = try Self.required(try call.organization(), in: tx)
            try call.requireMatch(organization)
            let policy = try call.policy(call.body.requiresSecondFactor, of: organization, at: tx.now)
            return try Self.update(
                organization, name: call.body.name, slug: call.body.slug, requiresSecondFactor: policy, in: tx)
        }
        routes.delete(
            "/v1/orgs/{org}", "deleteOrganization", "Delete an organisation; it can be undone for 30 days", tag: "orgs",
            allow: .member(.organizationDelete), problems: ["already_leaving"]
        ) { call, tx in try requestDeletion(try Self.required(try call.organization(), in: tx), in: tx) }
        routes.post(
            "/v1/orgs/{org}/restore", "restoreOrganization", "Undo the deletion of an organisation", tag: "orgs",
            allow: .member(.organizationDelete), body: NoBody.self, returns: Organization.self,
            problems: ["not_leaving"]
        ) { call, tx in try Self.undoDeletion(try Self.required(try call.organization(), in: tx), in: tx) }
        routes.post(
            "/v1/orgs/{org}/transfer", "transferOrganization",
            "Make another member the owner in your place; you become an admin", tag: "orgs",
            allow: .member(.organizationDelete), body: TransferRequest.self, returns: Member.self
        ) { call, tx in try Self.transfer(to: call.body.userID, from: try call.user(), in: tx) }
    }

    private func addMembers(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/members", "listMembers", "List members, newest account first", tag: "members",
            allow: .member(.membersRead), query: QueryParameter.paging, returns: Page<Member>.self
        ) { call, tx in
            let rows = try MembersStore.page(
                of: try call.organization(), before: call.page.after, limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { $0.userID.text })
        }
        routes.get(
            "/v1/orgs/{org}/members/{user}", "getMember", "Read a member", tag: "members",
            allow: .member(.membersRead), returns: Member.self
        ) { call, tx in
            guard let member = try MembersStore.find(try call.id("user"), in: try call.organization(), in: tx) else {
                throw Problem.notFound("member")
            }
            return member
        }
        routes.patch(
            "/v1/orgs/{org}/members/{user}", "updateMember", "Give a member another role", tag: "members",
            allow: .member(.membersManage), body: ChangeRoleRequest.self, returns: Member.self,
            problems: ["above_own_role", "last_owner"]
        ) { call, tx in
            try Self.setRole(
                try Self.role(named: call.body.role, in: tx), of: try call.id("user"), by: try call.ownRole(),
                check: { try call.requireMatch($0) },
                in: tx)
        }
        routes.delete(
            "/v1/orgs/{org}/members/{user}", "removeMember", "Remove a member", tag: "members",
            allow: .member(.membersManage), problems: ["above_own_role", "last_owner"]
        ) { call, tx in try Self.remove(try call.id("user"), by: try call.ownRole(), in: tx) }
        routes.post(
            "/v1/orgs/{org}/leave", "leaveOrganization", "Leave an organisation", tag: "members",
            allow: .member(.organizationRead), body: NoBody.self, returns: NoBody.self, status: 204,
            problems: ["last_owner", "impersonating"]
        ) { call, tx in
            try call.requireOwnHand()
            try Self.leave(try call.user(), in: tx)
            return NoBody()
        }
    }

    private func addJoining(to routes: inout Routes) {
        routes.post(
            "/v1/invitations/accept", "acceptInvitation", "Join by an invitation to your e-mail address",
            tag: "members", allow: .signedIn, body: AcceptInvitationRequest.self, returns: Membership.self,
            problems: ["invitation_unusable", "invitation_for_somebody_else", "already_member"]
        ) { call, tx in try Self.accept(call.body.token, by: try call.user(), in: tx) }
        routes.act(
            "/v1/auth/sign-up", "signUp", "Make an account by an invitation, and join", tag: "auth", allow: .anyone,
            body: SignUpRequest.self, returns: SignedIn.self, status: 201,
            problems: ["invitation_unusable", "account_exists", "sign_up_closed", "overloaded"]
        ) { call in
            try await signUp(
                token: call.body.invitationToken, name: call.body.name, password: call.body.password,
                on: Identity.Device(call.request), by: call.actor)
        }
    }

    private static func memberships(_ call: Call<NoBody>, in tx: any Transaction) throws -> Page<Membership> {
        let rows = try OrganizationsStore.memberships(
            of: try call.user(), before: call.page.after, limit: call.page.limit + 1, in: tx)
        return call.page.page(rows, key: { $0.organization.id.text })
    }

    /// An organisation, or 404.
    static func required(_ id: OrganizationID, in tx: any Transaction) throws -> Organization {
        guard let organization = try OrganizationsStore.find(id, in: tx) else { throw Problem.notFound("organisation") }
        return organization
    }
}

extension Call {
    /// The caller's role in the organisation of the path.
    func ownRole() throws(Problem) -> Role {
        guard let role else { throw .unauthenticated }
        return role
    }

    /// The sign-in policy that was asked for, if the caller may set it: a person who has a second factor, so that
    /// nobody locks themselves out, and who gave a credential within the last 10 minutes.
    func policy(_ wanted: Bool?, of organization: Organization, at now: Timestamp) throws -> Bool? {
        guard let wanted, wanted != organization.requiresSecondFactor else { return nil }
        guard let principal, principal.user != nil, principal.hasSecondFactor else {
            throw OrganizationsProblem.secondFactorMissing
        }
        try requireFresh(at: now)
        return wanted
    }
}
