// The organisation's pages: home, overview, making one, settings, roles.
package import Core
import Identity
package import Storage
package import Web

/// What another feature adds to an organisation's overview; nothing for roles that may not see it.
package typealias OverviewPart =
    @Sendable (Role, any Transaction) throws -> (stats: [Stat], sections: [HTML])

extension Organizations {
    /// Adds the console's pages.
    ///
    /// - Parameters:
    ///   - shell: the same as the pages', for the answer that shows a new key's secret.
    ///   - overview: tiles and sections of other features, in their order.
    package func addPages(to pages: inout Pages, shell: @escaping Shell, overview: [OverviewPart] = []) {
        addHome(to: &pages)
        addOverview(to: &pages, overview)
        addSettings(to: &pages)
        addSetUp(to: &pages)
        addAcceptance(to: &pages)
        addLeaving(to: &pages)
        addMemberPages(to: &pages)
        addRolePages(to: &pages)
        addDomainPages(to: &pages)
        addKeyPages(to: &pages, shell: shell)
        addEndingPages(to: &pages)
        addOperatorPages(to: &pages)
        addImpersonation(to: &pages)
    }

    private func addHome(to pages: inout Pages) {
        pages.page("/", "homePage", allow: .anyone) { call, tx in
            guard let user = call.principal?.user else {
                if try Identity.isWaitingForSetUp(in: tx) { return Self.waitingPage }
                throw Problem.unauthenticated
            }
            return Self.homePage(
                try Self.memberships(of: user, in: tx), try Self.joinOffers(for: user, in: tx))
        }
        pages.form("/orgs/new", "newOrganizationPage", allow: .signedIn) { _, state, _ in
            let form = HTML.form(
                action: "/orgs/new", submit: "Make the organisation", state: state, cancel: "/",
                HTML.textField("name", label: "Name", state: state, autocomplete: "organization"))
            return PageView(
                "New organisation", section: "new", lead: "You will be its owner.", HTML.panel(form))
        } submit: { call, tx in
            let organization = try Self.create(name: call.body["name"], owner: try call.user(), in: tx)
            return .redirect(to: "/orgs/\(organization.id)", flash: "\(organization.name) is ready.")
        }
    }

    private static let waitingPage = PageView(
        "Set up", isPlain: true,
        HTML.card(
            "Almost there",
            lead: "This instance has no account yet. Open the set-up link that the server printed when it started.",
            HTML.linkButton("I have the token", href: "/setup", style: .primary)))

    private static func homePage(_ memberships: [Membership], _ offers: [JoinOffer]) -> PageView {
        let rows = memberships.map { membership -> [HTML] in
            [
                HTML.rowLink(membership.organization.name, href: "/orgs/\(membership.organization.id)"),
                HTML.label(membership.role.title), HTML.date(membership.organization.createdAt),
            ]
        }
        let new = HTML.linkButton("New organisation", href: "/orgs/new", style: .primary)
        return PageView(
            "Your organisations", actions: [new],
            """
            \(joinSection(offers))\(HTML.table(
                "Organisations", columns: ["Name", "Your role", .date("Made")], rows: rows,
                empty: HTML.emptyState(
                    "No organisation yet", "Make one, or ask somebody to invite you to theirs.", action: new)))
            """)
    }

    private func addOverview(to pages: inout Pages, _ parts: [OverviewPart]) {
        pages.page("/orgs/{org}", "overviewPage", allow: .member(.organizationRead)) { call, tx in
            let role = try call.ownRole()
            let organization = try Self.required(try call.organization(), in: tx)
            let added = try parts.map { try $0(role, tx) }
            let tiles = try Self.ownTiles(of: organization, role, in: tx) + added.flatMap(\.stats)
            let facts = HTML.details([
                ("Short name", HTML.code(organization.slug)), ("Id", HTML.copyable(organization.id.text)),
                ("Made", HTML.date(organization.createdAt)), ("Your role", HTML.label(role.title)),
            ])
            return PageView(
                organization.name, section: "overview",
                "\(HTML.stats(tiles))\(added.flatMap(\.sections))\(HTML.section("About", HTML.panel(facts)))")
        }
    }

    private static func ownTiles(
        of organization: Organization, _ role: Role, in tx: any Transaction
    ) throws -> [Stat] {
        let base = "/orgs/\(organization.id)"
        let members = try MembersStore.count(in: organization.id, upTo: 1000, in: tx)
        let open = try InvitationsStore.countPending(upTo: invitationLimit, in: tx)
        var tiles = [
            Stat(
                "Members", members == 1000 ? "1000 or more" : "\(members)",
                note: open == 0 ? "" : "\(open) invited", href: "\(base)/members")
        ]
        if role.allows(.keysRead) {
            let keys = try APIKeysStore.countUnrevoked(upTo: keyLimit, in: tx)
            tiles.append(Stat("API keys", "\(keys)", href: "\(base)/api-keys"))
        }
        return tiles
    }

    private func addSettings(to pages: inout Pages) {
        pages.form("/orgs/{org}/settings", "settingsPage", allow: .member(.organizationManage)) { call, state, tx in
            let organization = try Self.required(try call.organization(), in: tx)
            return try settingsPage(organization, call, state, in: tx)
        } submit: { call, tx in
            let organization = try Self.required(try call.organization(), in: tx)
            _ = try Self.update(organization, name: call.body["name"], slug: call.body["slug"], in: tx)
            return .redirect(to: "/orgs/\(organization.id)/settings", flash: "The settings are saved.")
        }
        pages.action("/orgs/{org}/settings/sign-in", "signInPolicyPage", allow: .member(.organizationManage)) {
            call, tx in
            let organization = try Self.required(try call.organization(), in: tx)
            let policy = try call.policy(call.body["required"] == "on", of: organization, at: tx.now)
            _ = try Self.update(organization, name: nil, slug: nil, requiresSecondFactor: policy, in: tx)
            return .redirect(to: "/orgs/\(organization.id)/settings", flash: "The sign-in policy is saved.")
        }
        pages.action("/orgs/{org}/leave", "leavePage", allow: .member(.organizationRead)) { call, tx in
            try call.requireOwnHand()
            try Self.leave(try call.user(), in: tx)
            return .redirect(to: "/", flash: "You have left the organisation.")
        }
    }

    private func signInPanel(
        _ organization: Organization, isFresh: Bool, _ principal: Principal?
    ) -> HTML {
        let base = "/orgs/\(organization.id)/settings"
        guard identity.policy.secondFactor != .everybody else {
            return HTML.panel("Second factor", "<p>This instance asks every member for a second factor.</p>")
        }
        let lead: HTML =
            organization.requiresSecondFactor
            ? "<p>Only members who signed in with a second factor are let in.</p>"
            : "<p>Members are let in with their password alone. API keys are not asked for a second factor.</p>"
        guard principal?.hasSecondFactor == true else {
            let way = HTML.link("Add one to your account", href: "/account/second-factor")
            return HTML.panel(
                "Second factor", "\(lead)<p>To change this you need a second factor yourself. \(way).</p>")
        }
        guard isFresh else {
            let way = HTML.linkButton("Confirm that it is you", href: "/account/confirm?next=\(base)")
            return HTML.panel("Second factor", "\(lead)<p>Changing this asks for a code again.</p>\(way)")
        }
        let button = HTML.postButton(
            organization.requiresSecondFactor ? "Let passwords alone suffice" : "Ask every member for a second factor",
            action: "\(base)/sign-in", fields: [("required", organization.requiresSecondFactor ? "off" : "on")])
        return HTML.panel("Second factor", "\(lead)\(button)")
    }

    private func settingsPage(
        _ organization: Organization, _ call: Call<NoBody>, _ state: FormState, in tx: any Transaction
    ) throws -> PageView {
        let base = "/orgs/\(organization.id)"
        let fields: HTML = """
            \(HTML.textField("name", label: "Name", state: state, default: organization.name))\
            \(HTML.textField(
                "slug", label: "Short name", state: state, default: organization.slug,
                hint: "Lower-case letters, digits and inner hyphens."))
            """
        return PageView(
            "Settings", section: "settings",
            """
            \(HTML.panel("Name", HTML.form(action: "\(base)/settings", submit: "Save", state: state, fields)))\
            \(signInPanel(organization, isFresh: call.isFresh(at: tx.now), call.principal))\
            \(HTML.section("Leave this organisation", lead: "The last owner can't leave.", Self.leaveButton(base)))\
            \(try call.ownRole().allows(.organizationDelete) ? try Self.endingSections(organization, in: tx) : .empty)
            """)
    }
}
