// Roles in the console: what each holds, and the organisation's own.
import Audit
import Core
import Storage
import Web

extension Organizations {
    func addRolePages(to pages: inout Pages) {
        pages.page("/orgs/{org}/roles", "rolesPage", allow: .member(.organizationRead)) { call, tx in
            Self.rolesPage(try call.organization(), own: try call.ownRole(), try Self.roles(in: tx))
        }
        pages.form("/orgs/{org}/roles/new", "newRolePage", allow: .member(.membersManage)) { call, state, _ in
            let base = "/orgs/\(try call.organization())/roles"
            let form = HTML.form(
                action: "\(base)/new", submit: "Make the role", state: state, cancel: base,
                Self.roleFields(own: try call.ownRole(), nil, state))
            return PageView(
                "New role", section: "roles", crumbs: [Link("Roles", base)],
                lead: "A name for a set of permissions. You can put in what you have yourself.", HTML.panel(form))
        } submit: { call, tx in
            let role = try Self.createRole(
                name: call.body["name"], permissions: Self.ticked(call.body), by: try call.ownRole(), in: tx)
            return .redirect(to: "/orgs/\(try call.organization())/roles", flash: "\(role.name) can be given now.")
        }
        pages.form("/orgs/{org}/roles/{role}", "rolePage", allow: .member(.membersManage)) { call, state, tx in
            try Self.rolePage(call, state, in: tx)
        } submit: { call, tx in
            let role = try Self.updateRole(
                try call.id("role"), name: call.body["name"], permissions: Self.ticked(call.body),
                by: try call.ownRole(), in: tx)
            return .redirect(
                to: "/orgs/\(try call.organization())/roles", flash: "\(role.name) is changed, for all who have it.")
        }
        pages.action("/orgs/{org}/roles/{role}/delete", "deleteRolePage", allow: .member(.membersManage)) { call, tx in
            let name = call.body["replacement"]
            let replacement = name.isEmpty ? nil : try Self.role(named: name, at: "/replacement", in: tx)
            try Self.deleteRole(try call.id("role"), replacement: replacement, by: try call.ownRole(), in: tx)
            return .redirect(to: "/orgs/\(try call.organization())/roles", flash: "The role is deleted.")
        }
    }

    private static func ticked(_ form: Form) -> [Permission] {
        Permission.allCases.filter { form.values[permissionField($0)] != nil }
    }

    private static func rolesPage(
        _ organization: OrganizationID, own: Role, _ roles: [RoleDescription]
    ) -> PageView {
        let base = "/orgs/\(organization)/roles"
        let new = HTML.linkButton("New role", href: "\(base)/new", style: .primary)
        let mayMake = own.allows(.membersManage)
        let custom = roles.filter { !$0.isBuiltIn }.map { role -> [HTML] in
            [
                mayMake ? HTML.rowLink(role.name, href: "\(base)/\(role.id)") : "\(role.name)",
                HTML.muted(role.permissions.map(\.rawValue).joined(separator: ", ")),
            ]
        }
        let builtIn = roles.filter(\.isBuiltIn)
        let rows = Permission.allCases.map { permission -> [HTML] in
            ["\(permission.summary)", HTML.code(permission.rawValue)]
                + builtIn.map { $0.role.allows(permission) ? HTML.badge("Yes", .good) : HTML.muted("No") }
        }
        let table = HTML.section(
            "Roles of this organisation",
            HTML.table(
                "Roles of this organisation", columns: ["Name", "Permissions"], rows: custom,
                empty: HTML.emptyState(
                    "No roles of your own", "A role is a named set of permissions, for when none of the four fits.",
                    action: mayMake ? new : nil)))
        let four = HTML.section(
            "Built-in roles", lead: "Every organisation has these four. Each holds what the one after it holds.",
            HTML.table(
                "Roles and permissions", columns: ["Permission", "Name"] + builtIn.map { Column($0.name) }, rows: rows))
        return PageView(
            "Roles", section: "roles", lead: "Your role here is \(own.title).",
            actions: mayMake && !custom.isEmpty ? [new] : [], "\(table)\(four)")
    }

    /// Boxes for what the reader may give; what they may not is not there.
    private static func roleFields(own: Role, _ role: RoleDescription?, _ state: FormState) -> HTML {
        let boxes = Permission.allCases.filter { $0.isForCustomRoles && $0 != .organizationRead && own.allows($0) }.map
        {
            permission in
            HTML.checkbox(
                permissionField(permission), label: permission.summary,
                isOn: role?.permissions.contains(permission) ?? false, state: state, hint: permission.rawValue)
        }
        return """
            \(HTML.textField("name", label: "Name", state: state, default: role?.name ?? "", autocomplete: "off"))\
            \(boxes)
            """
    }

    private static func rolePage(_ call: Call<NoBody>, _ state: FormState, in tx: any Transaction) throws -> PageView {
        let base = "/orgs/\(try call.organization())/roles"
        let own = try call.ownRole()
        let role = try requireRole(try call.id("role"), in: tx)
        let mayChange = role.role.isWithin(own)
        let target = Audit.Target("role", role.id)
        let history = own.allows(.auditRead) ? try Audit.timeline(of: target, in: tx) : []
        let timeline = HTML.timeline(
            history.map { TimelineItem("\(words(ofRole: $0))", at: $0.at, by: $0.actor.display) })
        let facts = HTML.panel(
            HTML.details([
                ("Id", HTML.copyable(role.id)),
                ("Permissions", HTML.muted(role.permissions.map(\.rawValue).joined(separator: ", "))),
            ]))
        let form = HTML.panel(
            HTML.form(
                action: "\(base)/\(role.id)", submit: "Change the role", state: state, cancel: base,
                roleFields(own: own, role, state)))
        let body: HTML =
            mayChange
            ? HTML.columns(main: form, aside: "\(facts)\(try deletion(of: role, own: own, base: base, in: tx))")
            : facts
        return PageView(
            role.name, section: "roles", crumbs: [Link("Roles", base)],
            lead: mayChange ? "A change holds at once, for everybody who has the role." : nil,
            "\(body)\(history.isEmpty ? .empty : HTML.section("What happened", timeline))")
    }

    private static func deletion(
        of role: RoleDescription, own: Role, base: String, in tx: any Transaction
    ) throws -> HTML {
        let others = try roles(in: tx).map(\.role).filter { $0.rawValue != role.id && $0.isWithin(own) }.reversed()
        let options = [Choice("", "Nobody has it")] + others.map { Choice($0.rawValue, $0.title) }
        return HTML.panel(
            "Delete",
            HTML.form(
                action: "\(base)/\(role.id)/delete", submit: "Delete the role", style: .danger,
                HTML.select("replacement", label: "Whoever has it gets", options: options)))
    }

    private static func words(ofRole event: AuditEvent) -> String {
        switch event.action {
        case "role.created": "Made"
        case "role.updated": "Changed"
        case "role.deleted": "Deleted"
        default: event.action
        }
    }
}
