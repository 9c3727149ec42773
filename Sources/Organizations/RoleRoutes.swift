// Roles over HTTP.
import Core
import Storage
import Web

struct CreateRoleRequest: RequestBody {
    let name: String
    let permissions: [Permission]

    static let rules: [String: Rule] = [
        "name": .length(1...50),
        "permissions": .all([
            .length(1...50),
            .note("Permissions that you have yourself; organization:read is always among them."),
        ]),
    ]
}

struct UpdateRoleRequest: RequestBody {
    let name: String?
    let permissions: [Permission]?

    static let rules: [String: Rule] = ["name": .length(1...50), "permissions": .length(1...50)]
}

extension Organizations {
    func addRoles(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/roles", "listRoles", "List the four roles and the organisation's own, newest first",
            tag: "roles", allow: .member(.organizationRead), query: QueryParameter.paging,
            returns: Page<RoleDescription>.self
        ) { call, tx in
            let all = try Self.roles(in: tx)
            let rest = call.page.after.map { last in Array(all.drop { $0.id != last }.dropFirst()) } ?? all
            return call.page.page(Array(rest.prefix(call.page.limit + 1)), key: { $0.id })
        }
        routes.post(
            "/v1/orgs/{org}/roles", "createRole", "Make a role of permissions", tag: "roles",
            allow: .member(.membersManage), body: CreateRoleRequest.self, returns: RoleDescription.self, status: 201,
            problems: ["above_own_role", "role_name_taken", "limit_reached"]
        ) { call, tx in
            try Self.createRole(
                name: call.body.name, permissions: call.body.permissions, by: try call.ownRole(), in: tx)
        }
        routes.get(
            "/v1/orgs/{org}/roles/{role}", "getRole", "Read a custom role", tag: "roles",
            allow: .member(.organizationRead), returns: RoleDescription.self
        ) { call, tx in try Self.requireRole(try call.id("role"), in: tx) }
        routes.patch(
            "/v1/orgs/{org}/roles/{role}", "updateRole", "Change a custom role, for everybody who has it", tag: "roles",
            allow: .member(.membersManage), body: UpdateRoleRequest.self, returns: RoleDescription.self,
            problems: ["above_own_role", "role_name_taken"]
        ) { call, tx in
            try Self.updateRole(
                try call.id("role"), name: call.body.name, permissions: call.body.permissions,
                by: try call.ownRole(), check: { try call.requireMatch($0) }, in: tx)
        }
        routes.delete(
            "/v1/orgs/{org}/roles/{role}", "deleteRole", "Delete a custom role", tag: "roles",
            allow: .member(.membersManage),
            query: [
                QueryParameter(
                    "replacement", "The role that whoever has this one gets; without it a role in use is kept.",
                    Role.schema)
            ],
            problems: ["above_own_role", "role_in_use"]
        ) { call, tx in
            let replacement = try call.query("replacement").map {
                try Self.role(named: $0, at: "?replacement", in: tx)
            }
            try Self.deleteRole(try call.id("role"), replacement: replacement, by: try call.ownRole(), in: tx)
        }
    }
}
