// Invitations and API keys over HTTP.
import Core
import Storage
import Web

extension Organizations {
    func addInvitations(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/invitations", "listInvitations", "List invitations, newest first", tag: "members",
            allow: .member(.membersRead),
            query: QueryParameter.paging + [
                QueryParameter(
                    "state", "Only invitations in this state.", .choice(Invitation.State.allCases.map(\.rawValue)))
            ],
            returns: Page<Invitation>.self
        ) { call, tx in
            let rows = try InvitationsStore.page(
                call.query("state").flatMap(Invitation.State.init(rawValue:)), before: call.page.after,
                limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { $0.id.text })
        }
        routes.post(
            "/v1/orgs/{org}/invitations", "createInvitation", "Invite somebody by e-mail", tag: "members",
            allow: .member(.membersManage), body: InviteRequest.self, returns: Invitation.self, status: 201,
            problems: ["above_own_role", "already_member", "already_invited", "limit_reached", "plan_limit_reached"]
        ) { call, tx in
            try requireRoom(for: .members, in: tx)
            guard let email = EmailAddress(call.body.email) else { throw Problem.notFound() }
            return try Self.invite(
                email, as: try Self.role(named: call.body.role, in: tx), by: try call.ownRole(),
                origin: call.request.origin, in: tx)
        }
        routes.get(
            "/v1/orgs/{org}/invitations/{invitation}", "getInvitation", "Read an invitation", tag: "members",
            allow: .member(.membersRead), returns: Invitation.self
        ) { call, tx in
            guard let invitation = try InvitationsStore.find(try call.id("invitation"), in: tx) else {
                throw Problem.notFound("invitation")
            }
            return invitation
        }
        routes.delete(
            "/v1/orgs/{org}/invitations/{invitation}", "revokeInvitation", "Withdraw an open invitation",
            tag: "members", allow: .member(.membersManage), problems: ["above_own_role"]
        ) { call, tx in try Self.revoke(try call.id("invitation"), by: try call.ownRole(), in: tx) }
        routes.post(
            "/v1/orgs/{org}/invitations/{invitation}/resend", "resendInvitation",
            "Send an invitation again, with a new link", tag: "members", allow: .member(.membersManage),
            body: NoBody.self, returns: Invitation.self,
            problems: ["above_own_role", "already_member", "already_invited", "just_sent"]
        ) { call, tx in
            try Self.resend(
                try call.id("invitation"), by: try call.ownRole(), origin: call.request.origin, in: tx)
        }
    }

    func addAPIKeys(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/api-keys", "listAPIKeys", "List API keys, newest first; secrets are never shown again",
            tag: "api-keys", allow: .member(.keysRead), query: QueryParameter.paging, returns: Page<APIKey>.self
        ) { call, tx in
            let rows = try APIKeysStore.page(before: call.page.after, limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { $0.id.text })
        }
        routes.post(
            "/v1/orgs/{org}/api-keys", "createAPIKey", "Make an API key; its secret is in this answer only",
            tag: "api-keys", allow: .member(.keysManage), body: CreateAPIKeyRequest.self, returns: NewAPIKey.self,
            status: 201, problems: ["above_own_role", "limit_reached", "plan_limit_reached"]
        ) { call, tx in
            try requireRoom(for: .apiKeys, in: tx)
            return try Self.createKey(call.body.request, by: try call.ownRole(), in: tx)
        }
        routes.post(
            "/v1/orgs/{org}/api-keys/{key}/rotate", "rotateAPIKey",
            "Make a successor of an API key; the old one works for 24 hours more", tag: "api-keys",
            allow: .member(.keysManage), body: NoBody.self, returns: NewAPIKey.self, status: 201,
            problems: ["above_own_role", "already_rotated", "limit_reached"]
        ) { call, tx in try Self.rotateKey(try call.id("key"), by: try call.ownRole(), in: tx) }
        routes.get(
            "/v1/orgs/{org}/api-keys/{key}", "getAPIKey", "Read an API key, without its secret", tag: "api-keys",
            allow: .member(.keysRead), returns: APIKey.self
        ) { call, tx in
            guard let key = try APIKeysStore.find(try call.id("key"), in: tx) else { throw Problem.notFound("API key") }
            return key
        }
        routes.delete(
            "/v1/orgs/{org}/api-keys/{key}", "revokeAPIKey", "Revoke an API key at once", tag: "api-keys",
            allow: .member(.keysManage), problems: ["above_own_role"]
        ) { call, tx in try Self.revokeKey(try call.id("key"), by: try call.ownRole(), in: tx) }
    }
}
