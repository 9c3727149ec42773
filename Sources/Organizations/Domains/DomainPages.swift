// Domains in the console.
import Audit
import Core
import Storage
import Web

extension Organizations {
    func addDomainPages(to pages: inout Pages) {
        pages.page("/orgs/{org}/domains", "domainsPage", allow: .member(.membersManage)) { call, tx in
            Self.domainsPage(
                try call.organization(), try DomainsStore.all(limit: Self.domainLimit, in: tx), now: tx.now)
        }
        pages.form("/orgs/{org}/domains/new", "newDomainPage", allow: .member(.membersManage)) { call, state, tx in
            let base = "/orgs/\(try call.organization())/domains"
            let fields: HTML = """
                \(HTML.textField(
                    "name", label: "Domain", state: state, hint: "Like example.com; domains below it do not count.",
                    autocomplete: "off"))\
                \(HTML.radios(
                    "role", label: "Who joins becomes", options: try Self.joinChoices(own: try call.ownRole(), in: tx),
                    state: state, default: "viewer"))
                """
            return PageView(
                "Claim a domain", section: "domains", crumbs: [Link("Domains", base)],
                lead: "Whoever has a confirmed address of it may join by themselves, once its DNS has proven it.",
                HTML.panel(
                    HTML.form(action: "\(base)/new", submit: "Claim it", state: state, cancel: base, fields)))
        } submit: { call, tx in
            let role = try Self.role(named: call.body["role"], in: tx)
            let domain = try Self.addDomain(call.body["name"], role: role, by: try call.ownRole(), in: tx)
            return try Self.back(to: domain.id, call, "Now add the record to the domain's DNS.")
        }
        pages.page("/orgs/{org}/domains/{domain}", "domainPage", allow: .member(.membersManage)) { call, tx in
            try Self.domainPage(call, in: tx)
        }
        pages.actionAct("/orgs/{org}/domains/{domain}/verify", "verifyDomainPage", allow: .member(.membersManage)) {
            call in
            let id: DomainID = try call.id("domain")
            do {
                let domain = try await verifyDomain(id, of: try call.organization(), by: call.actor)
                return try Self.back(to: id, call, "\(domain.name) is verified.")
            } catch OrganizationsProblem.recordNotFound {
                // Nothing is wrong yet: DNS takes its time, and the page says what has to be there.
                let words = Message("The record is not there yet. New records can take an hour to be seen.", .warn)
                return try Self.back(to: id, call, words.flash)
            }
        }
        pages.action("/orgs/{org}/domains/{domain}/role", "domainRolePage", allow: .member(.membersManage)) {
            call, tx in
            let role = try Self.role(named: call.body["role"], in: tx)
            let domain = try Self.updateDomain(try call.id("domain"), role: role, by: try call.ownRole(), in: tx)
            return try Self.back(to: domain.id, call, "Who joins becomes \(domain.role.title) from now on.")
        }
        pages.action("/orgs/{org}/domains/{domain}/remove", "removeDomainPage", allow: .member(.membersManage)) {
            call, tx in
            try Self.removeDomain(try call.id("domain"), in: tx)
            return .redirect(to: "/orgs/\(try call.organization())/domains", flash: "The domain is given up.")
        }
        pages.action("/orgs/{org}/join", "joinPage", allow: .signedIn) { call, tx in
            let membership = try joinIfThereIsRoom(try call.organization(), by: try call.user(), in: tx)
            let organization = membership.organization
            return .redirect(to: "/orgs/\(organization.id)", flash: "You have joined \(organization.name).")
        }
    }

    private static func back(to id: DomainID, _ call: Call<Form>, _ flash: String) throws -> Response {
        .redirect(to: "/orgs/\(try call.organization())/domains/\(id)", flash: flash)
    }

    private static func joinChoices(own: Role, in tx: any Transaction) throws -> [Choice] {
        roleChoices(try roles(in: tx).map(\.role).filter { $0.isWithin(own) && $0.isWithin(.editor) }.reversed())
    }

    /// Organisations that somebody may join, on their first page.
    static func joinSection(_ offers: [JoinOffer]) -> HTML {
        let panels = offers.map { offer in
            HTML.notice(
                """
                Your address ends in \(offer.domain), so you may join \(offer.organizationName) as \(offer.role.title).
                """,
                action: HTML.postButton("Join", action: "/orgs/\(offer.organizationID)/join"))
        }
        return "\(panels)"
    }

    private static func domainsPage(
        _ organization: OrganizationID, _ domains: [Domain], now: Timestamp
    ) -> PageView {
        let base = "/orgs/\(organization)/domains"
        let rows = domains.map { domain -> [HTML] in
            [
                HTML.rowLink(domain.name, href: "\(base)/\(domain.id)"), badge(of: domain),
                HTML.label(domain.role.title), domain.checkedAt.map { HTML.age($0, now: now) } ?? HTML.muted("Never"),
            ]
        }
        let new = HTML.linkButton("Claim a domain", href: "\(base)/new", style: .primary)
        return PageView(
            "Domains", section: "domains",
            lead: "People with a confirmed address of a verified domain may join without an invitation.",
            actions: domains.isEmpty ? [] : [new],
            HTML.table(
                "Domains", columns: ["Domain", "State", "Who joins becomes", .date("Checked")], rows: rows,
                empty: HTML.emptyState(
                    "No domains yet", "Claim the domain of your mail addresses to let colleagues join by themselves.",
                    action: new)))
    }

    private static func badge(of domain: Domain) -> HTML {
        switch domain.state {
        case .pending: HTML.badge("Waiting for proof", .info)
        case .verified: HTML.badge("Verified", .good)
        case .missing: HTML.badge("Record missing", .warn)
        }
    }

    private static func domainPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let domain = try requireDomain(try call.id("domain"), in: tx)
        let own = try call.ownRole()
        let base = "/orgs/\(try call.organization())/domains"
        let path = "\(base)/\(domain.id)"
        let lead: HTML =
            switch domain.state {
            case .pending: "Add this record to the domain's DNS, then check."
            case .verified: "The record is checked once a day. Leave it where it is."
            case .missing: "The last check did not find the record, so nobody joins. After three the domain is lost."
            }
        let record = HTML.panel(
            "DNS record",
            """
            <p>\(lead)</p>\(HTML.details([
                ("Type", "\(domain.record.type)"), ("Name", HTML.copyable(domain.record.name)),
                ("Value", HTML.copyable(domain.record.value)),
                ("Checked", domain.checkedAt.map { HTML.age($0, now: tx.now) } ?? HTML.muted("Never")),
            ]))\(HTML.postButton("Check now", action: "\(path)/verify"))
            """)
        let role = HTML.panel(
            "Who joins becomes",
            HTML.form(
                action: "\(path)/role", submit: "Save",
                HTML.radios(
                    "role", label: "Role", options: try joinChoices(own: own, in: tx), default: domain.role.rawValue)))
        let remove = HTML.confirm(
            id: "remove", button: "Give it up", title: "Give up \(domain.name)?",
            text: "Nobody joins by it any more. Whoever did stays a member.", action: "\(path)/remove")
        return PageView(
            domain.name, section: "domains", crumbs: [Link("Domains", base)], badge: badge(of: domain),
            actions: [remove], HTML.columns(main: record, aside: role))
    }
}
