// One organisation as those who run the instance see it: how it stands, who is in it, and stopping either.
import Core
import Identity
import Storage
import Web

extension Organizations {
    func addOperatorPages(to pages: inout Pages) {
        pages.page("/operator/orgs/{org}", "operatorOrganization", allow: .operators) { call, tx in
            try Self.operatorPage(try Self.required(try call.organization(), in: tx), own: call.user(), in: tx)
        }
        pages.action("/operator/orgs/{org}/suspend", "operatorSuspend", allow: .operators) { call, tx in
            let organization = try Self.suspend(try call.organization(), because: try Self.reason(call.body), in: tx)
            return Self.back(organization, "\(organization.name) is suspended.")
        }
        pages.action("/operator/orgs/{org}/resume", "operatorResume", allow: .operators) { call, tx in
            let organization = try Self.resume(try call.organization(), in: tx)
            return Self.back(organization, "\(organization.name) goes on.")
        }
        pages.action("/operator/orgs/{org}/users/{user}/suspend", "operatorSuspendUser", allow: .operators) {
            call, tx in
            let reason = try Self.reason(call.body)
            try Self.suspendUser(try call.id("user"), because: reason, by: try call.user(), in: tx)
            return Self.back(try Self.required(try call.organization(), in: tx), "The account is suspended.")
        }
        pages.action("/operator/orgs/{org}/users/{user}/resume", "operatorResumeUser", allow: .operators) { call, tx in
            try Identity.resume(try call.id("user"), in: tx)
            return Self.back(try Self.required(try call.organization(), in: tx), "The account goes on.")
        }
    }

    private static func back(_ organization: Organization, _ flash: String) -> Response {
        .redirect(to: "/operator/orgs/\(organization.id)", flash: flash)
    }

    private static func reason(_ form: Form) throws(Problem) -> String {
        let reason = form["reason"]
        guard (1...500).contains(reason.count) else {
            throw Problem.invalid([FieldProblem("/reason", "length", "Say why, in 500 characters at most.")])
        }
        return reason
    }

    private static func operatorPage(
        _ organization: Organization, own: UserID, in tx: any Transaction
    ) throws -> PageView {
        let base = "/operator/orgs/\(organization.id)"
        var facts: [(String, HTML)] = [
            ("Short name", HTML.code(organization.slug)), ("Id", HTML.copyable(organization.id.text)),
            ("Made", HTML.date(organization.createdAt)),
        ]
        if let at = organization.suspendedAt {
            facts.append(("Suspended", HTML.time(at)))
            facts.append(("Why", "\(try OrganizationsStore.suspensionReason(of: organization.id, in: tx) ?? "")"))
        }
        if let at = organization.deletionAt { facts.append(("Deleted on", HTML.date(at))) }
        let act =
            organization.suspendedAt == nil
            ? suspendForm(
                action: "\(base)/suspend", lead: "Members and keys are refused from the next request on.")
            : HTML.panel("Let it go on", HTML.postButton("Let it go on", action: "\(base)/resume"))
        return PageView(
            organization.name, section: "operator", crumbs: [Link("Instance", "/operator")],
            badge: badge(of: organization), actions: [HTML.linkButton("Invoices", href: "\(base)/invoices")],
            """
            \(HTML.columns(main: HTML.panel(HTML.details(facts)), aside: act))\
            \(try membersSection(organization, own: own, in: tx))
            """)
    }

    private static func badge(of organization: Organization) -> HTML {
        if organization.suspendedAt != nil { return HTML.badge("Suspended", .bad) }
        if organization.deletionAt != nil { return HTML.badge("Leaving", .warn) }
        return HTML.badge("Works", .good)
    }

    private static func suspendForm(action: String, lead: String) -> HTML {
        HTML.panel(
            "Suspend",
            HTML.form(action: action, submit: "Suspend", HTML.textField("reason", label: "Why", hint: lead)))
    }

    private static func membersSection(
        _ organization: Organization, own: UserID, in tx: any Transaction
    ) throws -> HTML {
        let rows = try MembersStore.page(of: organization.id, limit: 100, in: tx).map { member -> [HTML] in
            let path = "/operator/orgs/\(organization.id)/users/\(member.userID)"
            let isSuspended = try MembersStore.isSuspended(member.userID, in: tx)
            let suspend = HTML.postButton(
                "Suspend", action: "\(path)/suspend", fields: [("reason", "by an operator in the console")],
                size: .small)
            let resume = HTML.postButton("Let go on", action: "\(path)/resume", size: .small)
            let act = HTML.linkButton("Act for", href: "/operator/users/\(member.userID)/impersonate", size: .small)
            return [
                "\(member.name)", "\(member.email)", HTML.label(member.role.title),
                isSuspended ? HTML.badge("Suspended", .bad) : HTML.badge("Works", .good),
                member.userID == own ? .empty : isSuspended ? resume : HTML.actions([act, suspend]),
            ]
        }
        return HTML.section(
            "Members", lead: "The 100 newest. Suspending a person ends their sessions, in all organisations.",
            HTML.table("Members", columns: ["Name", "E-mail", "Role", "State", .actions], rows: rows))
    }
}
