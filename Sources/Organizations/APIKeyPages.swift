// API keys in the console.
import Audit
import Core
import Storage
import Web

extension Organizations {
    func addKeyPages(to pages: inout Pages, shell: @escaping Shell) {
        pages.page("/orgs/{org}/api-keys", "apiKeysPage", allow: .member(.keysRead)) { call, tx in
            let rows = try APIKeysStore.page(before: call.query("after"), limit: Self.keyPageSize + 1, in: tx)
            return Self.keysPage(
                PageRequest(limit: Self.keyPageSize).page(rows, key: { $0.id.text }), try call.organization(),
                try call.ownRole(), now: tx.now)
        }
        pages.form("/orgs/{org}/api-keys/new", "newAPIKeyPage", allow: .member(.keysManage)) { call, state, _ in
            Self.newKeyPage(try call.organization(), try call.ownRole(), state)
        } submit: { call, tx in
            guard let role = Role(rawValue: call.body["role"]) else {
                throw Problem.invalid([FieldProblem("/role", "not_a_choice", "Choose a role.")])
            }
            let expiresAt = Int64(call.body["days"]).flatMap { days in
                (1...3650).contains(days) ? tx.now.adding(.days(days)) : nil
            }
            let new = try Self.createKey(
                name: call.body["name"], role: role, expiresAt: expiresAt, by: try call.ownRole(), in: tx)
            // Shown in this answer and nowhere else: a redirect would have to carry the secret.
            let page = Self.madeKeyPage(new, try call.organization(), origin: call.request.origin)
            return .html(try shell(page, call.with(NoBody()), tx), status: 201)
        }
        pages.action("/orgs/{org}/api-keys/{key}/revoke", "revokeAPIKeyPage", allow: .member(.keysManage)) { call, tx in
            try Self.revokeKey(try call.id("key"), by: try call.ownRole(), in: tx)
            return .redirect(to: "/orgs/\(try call.organization())/api-keys", flash: "The key is revoked.")
        }
    }

    private static let keyPageSize = 50

    private static func keysPage(
        _ keys: Page<APIKey>, _ organization: OrganizationID, _ own: Role, now: Timestamp
    ) -> PageView {
        let base = "/orgs/\(organization)/api-keys"
        let isManager = own.allows(.keysManage)
        let rows = keys.data.map { key -> [HTML] in
            let revoke = HTML.confirm(
                id: "revoke-\(key.id)", button: "Revoke", title: "Revoke \(key.name)?",
                text: "Programs that use this key are refused from this moment. It can't be undone.",
                action: "\(base)/\(key.id)/revoke", size: .small)
            return [
                "\(key.name)", HTML.code("…\(key.hint)"), HTML.label(key.role.title), state(of: key, now: now),
                key.lastUsedAt.map { HTML.age($0, now: now) } ?? HTML.muted("Never"),
                key.expiresAt.map { HTML.date($0) } ?? HTML.muted("Never"), "\(key.createdBy)",
                isManager && key.revokedAt == nil && key.role <= own ? revoke : .empty,
            ]
        }
        let new = HTML.linkButton("New key", href: "\(base)/new", style: .primary)
        let table = HTML.table(
            "API keys",
            columns: ["Name", "Ends in", "Role", "State", .date("Last used"), .date("Expires"), "Made by", .actions],
            rows: rows,
            empty: HTML.emptyState(
                "No keys yet", "A program signs its requests with a key. Make one for each program.",
                action: isManager ? new : nil))
        return PageView(
            "API keys", section: "api-keys", lead: "What programs act with in this organisation.",
            actions: isManager && !keys.data.isEmpty ? [new] : [],
            "\(table)\(HTML.pagination(next: keys.nextCursor.map { "\(base)?after=\($0)" }))")
    }

    private static func state(of key: APIKey, now: Timestamp) -> HTML {
        if key.revokedAt != nil { return HTML.badge("Revoked", .bad) }
        if let end = key.expiresAt, end <= now { return HTML.badge("Expired", .warn) }
        return HTML.badge("Works", .good)
    }

    private static func newKeyPage(_ organization: OrganizationID, _ own: Role, _ state: FormState) -> PageView {
        let base = "/orgs/\(organization)/api-keys"
        let ends = [
            Choice("30", "In 30 days"), Choice("90", "In 90 days"), Choice("365", "In a year"), Choice("", "Never"),
        ]
        let fields: HTML = """
            \(HTML.textField("name", label: "Name", state: state, hint: "The program that will use it."))\
            \(HTML.radios("role", label: "Role", options: roleChoices(upTo: own), state: state, default: "viewer"))\
            \(HTML.select("days", label: "Expires", options: ends, state: state, default: "90"))
            """
        return PageView(
            "New API key", section: "api-keys", crumbs: [Link("API keys", base)],
            HTML.panel(
                HTML.form(action: "\(base)/new", submit: "Make the key", state: state, cancel: base, fields)))
    }

    private static func madeKeyPage(_ new: NewAPIKey, _ organization: OrganizationID, origin: String) -> PageView {
        let base = "/orgs/\(organization)/api-keys"
        let secret = HTML.secret(
            label: "API key", value: new.secret,
            note: "It is shown only now. Store it safely; whoever has it can act as \(new.key.role.title) here.")
        let call = HTML.codeBlock(
            "curl \(origin)/v1/orgs/\(organization) \\\n  -H 'Authorization: Bearer \(new.secret)'", label: "Try it")
        return PageView(
            new.key.name, section: "api-keys", crumbs: [Link("API keys", base)],
            badge: HTML.badge("Works", .good), actions: [HTML.linkButton("Done", href: base, style: .primary)],
            "\(secret)\(call)")
    }
}
