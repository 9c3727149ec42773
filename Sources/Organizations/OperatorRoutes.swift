// Organisations and people over HTTP, for those who run the instance.
import Core
import Identity
import Storage
import Web

extension Organizations {
    func addOperatorRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/operator/orgs", "listAllOrganizations", "List all organisations, newest first", tag: "operator",
            allow: .operators, query: QueryParameter.paging, returns: Page<Organization>.self
        ) { call, tx in
            call.page.page(
                try Self.all(before: call.page.after, limit: call.page.limit + 1, in: tx), key: { $0.id.text })
        }
        routes.post(
            "/v1/operator/orgs/{organization}/suspend", "suspendOrganization",
            "Suspend an organisation: members and keys are refused at once", tag: "operator", allow: .operators,
            body: SuspensionRequest.self, returns: Organization.self, problems: ["already_suspended"]
        ) { call, tx in try Self.suspend(try call.id("organization"), because: call.body.reason, in: tx) }
        routes.post(
            "/v1/operator/orgs/{organization}/resume", "resumeOrganization", "Let a suspended organisation go on",
            tag: "operator", allow: .operators, body: NoBody.self, returns: Organization.self,
            problems: ["not_suspended"]
        ) { call, tx in try Self.resume(try call.id("organization"), in: tx) }
        routes.post(
            "/v1/operator/users/{user}/suspend", "suspendUser",
            "Suspend an account: its sessions end at once", tag: "operator", allow: .operators,
            body: SuspensionRequest.self, returns: NoBody.self, status: 204,
            problems: ["already_suspended", "last_owner", "not_yourself"]
        ) { call, tx in
            try Self.suspendUser(try call.id("user"), because: call.body.reason, by: try call.user(), in: tx)
            return NoBody()
        }
        routes.post(
            "/v1/operator/users/{user}/resume", "resumeUser", "Let a suspended account go on", tag: "operator",
            allow: .operators, body: NoBody.self, returns: NoBody.self, status: 204, problems: ["not_suspended"]
        ) { call, tx in
            try Identity.resume(try call.id("user"), in: tx)
            return NoBody()
        }
    }
}
