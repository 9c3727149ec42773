// Domains over HTTP, and joining by one.
import Core
import Storage
import Web

struct AddDomainRequest: RequestBody {
    let name: String
    let role: String?

    static let rules: [String: Rule] = [
        "name": .all([.length(4...230), .example("example.com")]),
        "role": .all([.roleName, .note("What people who join get: nothing beyond editor; viewer, unless given.")]),
    ]
}

extension Organizations {
    func addDomains(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/domains", "listDomains", "List domains whose people may join, newest first",
            tag: "domains", allow: .member(.membersRead), query: QueryParameter.paging, returns: Page<Domain>.self
        ) { call, tx in
            let rows = try DomainsStore.all(before: call.page.after, limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { $0.id.text })
        }
        routes.post(
            "/v1/orgs/{org}/domains", "addDomain", "Claim a domain; its DNS has to prove it", tag: "domains",
            allow: .member(.membersManage), body: AddDomainRequest.self, returns: Domain.self, status: 201,
            problems: ["above_own_role", "domain_claimed", "limit_reached"]
        ) { call, tx in
            let role = try call.body.role.map { try Self.role(named: $0, in: tx) } ?? .viewer
            return try Self.addDomain(call.body.name, role: role, by: try call.ownRole(), in: tx)
        }
        routes.get(
            "/v1/orgs/{org}/domains/{domain}", "getDomain", "Read a domain, with the record that proves it",
            tag: "domains", allow: .member(.membersRead), returns: Domain.self
        ) { call, tx in try Self.requireDomain(try call.id("domain"), in: tx) }
        routes.patch(
            "/v1/orgs/{org}/domains/{domain}", "updateDomain", "Say which role people of a domain join with",
            tag: "domains", allow: .member(.membersManage), body: ChangeRoleRequest.self, returns: Domain.self,
            problems: ["above_own_role"]
        ) { call, tx in
            try Self.updateDomain(
                try call.id("domain"), role: try Self.role(named: call.body.role, in: tx), by: try call.ownRole(),
                check: { try call.requireMatch($0) }, in: tx)
        }
        routes.delete(
            "/v1/orgs/{org}/domains/{domain}", "removeDomain", "Give a domain up; who joined by it stays",
            tag: "domains", allow: .member(.membersManage)
        ) { call, tx in try Self.removeDomain(try call.id("domain"), in: tx) }
        routes.act(
            "/v1/orgs/{org}/domains/{domain}/verify", "verifyDomain", "Look the record of a domain up now",
            tag: "domains", allow: .member(.membersManage), body: NoBody.self, returns: Domain.self,
            problems: ["record_not_found", "domain_taken", "dns_unavailable"]
        ) { call in
            try await verifyDomain(try call.id("domain"), of: try call.organization(), by: call.actor)
        }
        addJoiningByDomain(to: &routes)
    }

    private func addJoiningByDomain(to routes: inout Routes) {
        routes.get(
            "/v1/me/joinable-orgs", "listJoinableOrganizations",
            "List the organisations that you may join by your confirmed address", tag: "me", allow: .signedIn,
            query: QueryParameter.paging, returns: Page<JoinOffer>.self
        ) { call, tx in
            // One domain is one organisation's, so there is one at most.
            let offers = call.page.after == nil ? try Self.joinOffers(for: try call.user(), in: tx) : []
            return call.page.page(offers, key: { $0.organizationID.text })
        }
        routes.post(
            "/v1/me/joinable-orgs/{organization}/join", "joinOrganization",
            "Join an organisation by the domain of your confirmed address", tag: "me", allow: .signedIn,
            body: NoBody.self, returns: Membership.self, problems: ["plan_limit_reached"]
        ) { call, tx in try joinIfThereIsRoom(try call.id("organization"), by: try call.user(), in: tx) }
    }
}
