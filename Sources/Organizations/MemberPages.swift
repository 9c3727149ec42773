// Members and invitations in the console.
import Audit
import Core
import Identity
import Storage
import Web

extension Organizations {
    func addMemberPages(to pages: inout Pages) {
        pages.page("/orgs/{org}/members", "membersPage", allow: .member(.membersRead)) { call, tx in
            let organization = try call.organization()
            let rows = try MembersStore.page(
                of: organization, before: call.query("after"), limit: Self.pageSize + 1, in: tx)
            let open = try InvitationsStore.page(.pending, limit: 100, in: tx)
            return Self.membersPage(
                PageRequest(limit: Self.pageSize).page(rows, key: { $0.userID.text }), open, organization,
                try call.ownRole(), now: tx.now)
        }
        pages.page("/orgs/{org}/members/{user}", "memberPage", allow: .member(.membersRead)) { call, tx in
            let organization = try call.organization()
            guard let member = try MembersStore.find(try call.id("user"), in: organization, in: tx) else {
                throw Problem.notFound("member")
            }
            let role = try call.ownRole()
            let target = Audit.Target("member", member.userID)
            let history = role.allows(.auditRead) ? try Audit.timeline(of: target, in: tx) : []
            return Self.memberPage(
                member, organization, role, history, try Self.roles(in: tx).map(\.role),
                isSelf: call.principal?.user == member.userID)
        }
        pages.action("/orgs/{org}/members/{user}/role", "changeRolePage", allow: .member(.membersManage)) { call, tx in
            let role = try Self.role(named: call.body["role"], in: tx)
            let member = try Self.setRole(role, of: try call.id("user"), by: try call.ownRole(), in: tx)
            return .redirect(
                to: "/orgs/\(try call.organization())/members/\(member.userID)",
                flash: "\(member.name) is now \(member.role.title).")
        }
        pages.action("/orgs/{org}/members/{user}/remove", "removeMemberPage", allow: .member(.membersManage)) {
            call, tx in
            try Self.remove(try call.id("user"), by: try call.ownRole(), in: tx)
            return .redirect(to: "/orgs/\(try call.organization())/members", flash: "The member is removed.")
        }
        addInvitationPages(to: &pages)
    }

    private static let pageSize = 50

    private func addInvitationPages(to pages: inout Pages) {
        pages.form("/orgs/{org}/invitations/new", "invitePage", allow: .member(.membersManage)) { call, state, tx in
            Self.invitePage(try call.organization(), try call.ownRole(), try Self.roles(in: tx).map(\.role), state)
        } submit: { call, tx in
            guard let email = EmailAddress(call.body["email"]) else {
                throw Problem.invalid([FieldProblem("/email", "email", "This is not an e-mail address.")])
            }
            let role = try Self.role(named: call.body["role"], in: tx)
            try requireRoom(for: .members, in: tx)
            try Self.invite(email, as: role, by: try call.ownRole(), origin: call.request.origin, in: tx)
            return .redirect(
                to: "/orgs/\(try call.organization())/members", flash: "The invitation to \(email) is on its way.")
        }
        pages.action(
            "/orgs/{org}/invitations/{invitation}/revoke", "revokeInvitationPage", allow: .member(.membersManage)
        ) { call, tx in
            try Self.revoke(try call.id("invitation"), by: try call.ownRole(), in: tx)
            return .redirect(to: "/orgs/\(try call.organization())/members", flash: "The invitation is withdrawn.")
        }
        pages.action(
            "/orgs/{org}/invitations/{invitation}/resend", "resendInvitationPage", allow: .member(.membersManage)
        ) { call, tx in
            let invitation = try Self.resend(
                try call.id("invitation"), by: try call.ownRole(), origin: call.request.origin, in: tx)
            return .redirect(
                to: "/orgs/\(try call.organization())/members", flash: "A new link went to \(invitation.email).")
        }
    }

    private static func membersPage(
        _ members: Page<Member>, _ open: [Invitation], _ organization: OrganizationID, _ role: Role, now: Timestamp
    ) -> PageView {
        let base = "/orgs/\(organization)"
        let isManager = role.allows(.membersManage)
        let rows = members.data.map { member -> [HTML] in
            [
                HTML.rowLink(member.name, href: "\(base)/members/\(member.userID)"), "\(member.email)",
                HTML.label(member.role.title), HTML.date(member.createdAt),
            ]
        }
        let table = HTML.table("Members", columns: ["Name", "E-mail", "Role", .date("Joined")], rows: rows)
        let next = HTML.pagination(next: members.nextCursor.map { "\(base)/members?after=\($0)" })
        let invite = HTML.linkButton("Invite somebody", href: "\(base)/invitations/new", style: .primary)
        let invitations = open.map { invitation -> [HTML] in
            let revoke = HTML.postButton(
                "Withdraw", action: "\(base)/invitations/\(invitation.id)/revoke", size: .small)
            let resend = HTML.postButton(
                "Send again", action: "\(base)/invitations/\(invitation.id)/resend", size: .small)
            let state = invitation.expiresAt > now ? HTML.badge("Open", .info) : HTML.badge("Expired", .warn)
            return [
                "\(invitation.email)", HTML.label(invitation.role.title), state, "\(invitation.invitedBy)",
                HTML.age(invitation.expiresAt, now: now),
                isManager && invitation.role.isWithin(role) ? HTML.actions([resend, revoke]) : .empty,
            ]
        }
        let pending = HTML.section(
            "Invitations",
            HTML.table(
                "Open invitations", columns: ["E-mail", "Role", "State", "Invited by", .date("Ends"), .actions],
                rows: invitations,
                empty: HTML.emptyState(
                    "No open invitations", "Who is invited stands here until they accept or the link ends.")))
        return PageView("Members", section: "members", actions: isManager ? [invite] : [], "\(table)\(next)\(pending)")
    }

    private static func invitePage(
        _ organization: OrganizationID, _ own: Role, _ roles: [Role], _ state: FormState
    ) -> PageView {
        let offered = roleChoices(roles.filter { $0.isWithin(own) }.reversed())
        let base = "/orgs/\(organization)"
        let fields: HTML = """
            \(HTML.textField("email", label: "E-mail", type: .email, state: state, autocomplete: "off"))\
            \(HTML.radios("role", label: "Role", options: offered, state: state, default: "viewer"))
            """
        let form = HTML.form(
            action: "\(base)/invitations/new", submit: "Send the invitation", state: state, cancel: "\(base)/members",
            fields)
        return PageView(
            "Invite somebody", section: "members", crumbs: [Link("Members", "\(base)/members")],
            lead: "They get a mail with a link that works for 7 days.", HTML.panel(form))
    }

    /// Roles to choose from, each with what it is for.
    static func roleChoices(_ roles: [Role]) -> [Choice] {
        let hints: [Role: String] = [
            .viewer: "Reads everything but the audit log and keys.",
            .editor: "Also enqueues jobs and posts to the ledger.",
            .admin: "Also manages members, keys, jobs and settings.",
            .owner: "Also decides on plan, payments and deletion.",
        ]
        return roles.map { role in
            let holds = Permission.allCases.filter { role.allows($0) }.map(\.rawValue).joined(separator: ", ")
            return Choice(role.rawValue, role.title, hint: hints[role] ?? holds)
        }
    }

    private static func memberPage(
        _ member: Member, _ organization: OrganizationID, _ own: Role, _ history: [AuditEvent], _ roles: [Role],
        isSelf: Bool
    ) -> PageView {
        let base = "/orgs/\(organization)"
        let facts = HTML.details([
            ("E-mail", "\(member.email)"), ("Role", HTML.label(member.role.title)),
            ("Joined", HTML.date(member.createdAt)), ("Id", HTML.copyable(member.userID.text)),
        ])
        let mayChange = own.allows(.membersManage) && member.role.isWithin(own)
        let offered = roleChoices(roles.filter { $0.isWithin(own) }.reversed())
        let form = HTML.form(
            action: "\(base)/members/\(member.userID)/role", submit: "Change the role",
            HTML.radios("role", label: "Role", options: offered, default: member.role.rawValue))
        let remove = HTML.confirm(
            id: "remove", button: "Remove", title: "Remove \(member.name)?",
            text: "They lose access at once. What they did stays, and so do the keys they made.",
            action: "\(base)/members/\(member.userID)/remove")
        let timeline = HTML.timeline(
            history.map { TimelineItem("\(words(for: $0))", at: $0.at, by: $0.actor.display) })
        let body = HTML.columns(
            main: mayChange ? HTML.panel(form) : HTML.panel(facts),
            aside: mayChange ? HTML.panel(facts) : .empty)
        return PageView(
            member.name, section: "members", crumbs: [Link("Members", "\(base)/members")],
            actions: isSelf ? [leaveButton(base)] : mayChange ? [remove] : [],
            "\(body)\(history.isEmpty ? .empty : HTML.section("What happened", timeline))")
    }

    private static func words(for event: AuditEvent) -> String {
        let details = try? JSONParser.parse(Array(event.details.utf8))
        let role = { (name: String) in
            details?[name + "_name"]?.stringValue ?? Role(rawValue: details?[name]?.stringValue ?? "")?.title ?? ""
        }
        return switch event.action {
        case "member.joined": "Joined as \(role("role"))"
        case "member.role_changed": "From \(role("from")) to \(role("to"))"
        case "member.left": "Left"
        case "member.removed": "Was removed"
        default: event.action
        }
    }

    static func leaveButton(_ base: String) -> HTML {
        HTML.confirm(
            id: "leave", button: "Leave", title: "Leave this organisation?",
            text: "You lose access at once. Somebody has to invite you again if you want to come back.",
            action: "\(base)/leave")
    }
}
