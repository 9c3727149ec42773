// The console around every page: navigation by role, organisation switcher, the reader's own menu.
import Core
import Identity
import Storage
package import Web

/// Puts the navigation, the switcher and the reader's menu around a page. Only entries that the role may see are there.
package struct ConsoleShell: Sendable {
    let assets: Assets
    let demoRibbon: (@Sendable () -> Ribbon)?
    let operatorItems: [NavItem]

    /// - Parameters:
    ///   - demoRibbon: the bar over every page of an instance with made-up data.
    ///   - operatorItems: pages of the instance, for those who run it.
    package init(
        assets: Assets, demoRibbon: (@Sendable () -> Ribbon)? = nil, operatorItems: [NavItem] = []
    ) {
        self.assets = assets
        self.demoRibbon = demoRibbon
        self.operatorItems = operatorItems
    }

    /// The closure that `Pages` takes.
    package var shell: Shell {
        { view, call, tx in try layout(call, in: tx).document(view, flash: view.isPlain ? nil : call.request.flash) }
    }

    private func layout(_ call: Call<NoBody>, in tx: any Transaction) throws -> ConsoleLayout {
        var layout = ConsoleLayout(assets: assets)
        layout.home = "/"
        layout.ribbons = demoRibbon.map { [$0()] } ?? []
        guard let principal = call.principal else { return layout }
        layout.userName = principal.display
        layout.userLinks = [Link("Your account", "/account")]
        layout.signOut = "/sign-out"
        if let impersonator = principal.impersonator { show(impersonator, as: principal.display, in: &layout) }
        let memberships = try principal.user.map { user in
            try tx.scoped(to: .instance) { try Organizations.memberships(of: user, in: $0) }
        }
        let current = try? call.organization()
        show(memberships ?? [], current: current, in: &layout)
        if let current, let role = call.role {
            layout.organization = try Organizations.find(current, in: tx)?.name ?? ""
            layout.organizationNote = role.title
            layout.navigation = Self.navigation(of: current.text, for: role)
        }
        if principal.isOperator, !operatorItems.isEmpty {
            layout.navigation.append(NavGroup("Instance", operatorItems))
        }
        return layout
    }

    /// The bar over every page while an operator acts for somebody.
    private func show(_ impersonator: Impersonator, as user: String, in layout: inout ConsoleLayout) {
        let end = impersonator.until.description
        layout.ribbons.append(
            Ribbon(
                .acting, "\(impersonator.display), you act for \(user) until \(end.dropFirst(11).prefix(5)) UTC",
                actions: [HTML.postButton("Stop", action: "/impersonation/end", size: .small)]))
        layout.signOut = "/impersonation/end"
    }

    private func show(_ memberships: [Membership], current: OrganizationID?, in layout: inout ConsoleLayout) {
        layout.newOrganization = "/orgs/new"
        layout.organizations = memberships.map { membership in
            SwitcherItem(
                membership.organization.name, href: "/orgs/\(membership.organization.id)", role: membership.role.title,
                isCurrent: membership.organization.id == current)
        }
        guard current == nil else { return }
        let items = memberships.prefix(20).map { membership in
            NavItem(
                membership.organization.id.text, membership.organization.name,
                "/orgs/\(membership.organization.id)", .home)
        }
        layout.navigation = [
            NavGroup("Organisations", items + [NavItem("new", "New organisation", "/orgs/new", .plus)])
        ]
    }

    /// The entries of an organisation that a role may see, in their groups.
    static func navigation(of organization: String, for role: Role) -> [NavGroup] {
        let base = "/orgs/\(organization)"
        return entries.map { group in
            NavGroup(
                group.title,
                group.entries.filter { role.allows($0.permission) }.map {
                    NavItem($0.section, $0.title, base + $0.path, $0.icon)
                })
        }.filter { !$0.items.isEmpty }
    }

    private struct Entry {
        let section: String
        let title: String
        let path: String
        let icon: Icon
        let permission: Permission

        init(_ section: String, _ title: String, _ path: String, _ icon: Icon, _ permission: Permission) {
            (self.section, self.title, self.path) = (section, title, path)
            (self.icon, self.permission) = (icon, permission)
        }
    }

    private static let entries: [(title: String, entries: [Entry])] = [
        ("", [Entry("overview", "Overview", "", .home, .organizationRead)]),
        (
            "People",
            [
                Entry("members", "Members", "/members", .people, .membersRead),
                Entry("api-keys", "API keys", "/api-keys", .key, .keysRead),
                Entry("roles", "Roles", "/roles", .shield, .organizationRead),
                Entry("domains", "Domains", "/domains", .mail, .membersManage),
            ]
        ),
        (
            "Billing",
            [
                Entry("billing", "Plan & invoices", "/billing", .invoice, .billingRead),
                Entry("usage", "Usage", "/usage", .activity, .billingRead),
                Entry("ledger", "Ledger", "/ledger", .book, .ledgerRead),
            ]
        ),
        (
            "Work",
            [
                Entry("jobs", "Jobs", "/jobs", .activity, .jobsRead),
                Entry("outbox", "Outbox", "/outbox", .outbox, .outboxRead),
            ]
        ),
        (
            "Organisation",
            [
                Entry("audit", "Audit log", "/audit", .list, .auditRead),
                Entry("settings", "Settings", "/settings", .settings, .organizationManage),
            ]
        ),
    ]
}
