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
            try requireRoom(for: .apiKeys, in: tx)
            let new = try Self.createKey(try Self.keyRequest(call.body, now: tx.now), by: try call.ownRole(), in: tx)
            // Shown in this answer and nowhere else: a redirect would have to carry the secret.
            let page = Self.madeKeyPage(new, try call.organization(), origin: call.request.origin)
            return .html(try shell(page, call.with(NoBody()), tx), status: 201)
        }
        pages.action("/orgs/{org}/api-keys/{key}/rotate", "rotateAPIKeyPage", allow: .member(.keysManage)) { call, tx in
            let new = try Self.rotateKey(try call.id("key"), by: try call.ownRole(), in: tx)
            let page = Self.madeKeyPage(
                new, try call.organization(), origin: call.request.origin,
                lead: "The key before it works for 24 hours more. Change your program over until then.")
            return .html(try shell(page, call.with(NoBody()), tx), status: 201)
        }
        pages.action("/orgs/{org}/api-keys/{key}/revoke", "revokeAPIKeyPage", allow: .member(.keysManage)) { call, tx in
            try Self.revokeKey(try call.id("key"), by: try call.ownRole(), in: tx)
            return .redirect(to: "/orgs/\(try call.organization())/api-keys", flash: "The key is revoked.")
        }
    }

    private static let keyPageSize = 50

    /// What the form says; the fields' own problems are found where the key is made.
    private static func keyRequest(_ form: Form, now: Timestamp) throws(Problem) -> KeyRequest {
        guard let role = Role(rawValue: form["role"]) else {
            throw Problem.invalid([FieldProblem("/role", "not_a_choice", "Choose a role.")])
        }
        var request = KeyRequest(name: form["name"], role: role)
        let ticked = Permission.allCases.filter { form.values[permissionField($0)] != nil }
        request.permissions = ticked.isEmpty ? nil : ticked
        let addresses = form["allowed_addresses"].split { $0.isWhitespace || $0 == "," }.map(String.init)
        guard addresses.count <= 50, addresses.allSatisfy({ AddressRange($0) != nil }) else {
            throw Problem.invalid([
                FieldProblem(
                    "/allowed_addresses", "format",
                    "Each must be an address or a network, like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32; 50 at most.")
            ])
        }
        if let wrong = ticked.first(where: { !role.allows($0) }) {
            throw Problem.invalid([
                FieldProblem(
                    "/" + permissionField(wrong), "not_a_choice", "The role \(role.title) does not hold this.")
            ])
        }
        request.allowedAddresses = addresses
        request.isTest = form["kind"] == "test"
        request.expiresAt = Int64(form["days"]).flatMap { days in
            (1...3650).contains(days) ? now.adding(.days(days)) : nil
        }
        return request
    }

    static func permissionField(_ permission: Permission) -> String {
        "may_" + permission.rawValue.replacing(":", with: "_")
    }

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
            let rotate = HTML.postButton("Rotate", action: "\(base)/\(key.id)/rotate", size: .small)
            let works = key.revokedAt == nil && key.expiresAt.map { $0 > now } ?? true
            let actions = (works && key.rotatedTo == nil ? [rotate] : []) + (works ? [revoke] : [])
            return [
                "\(key.name) \(HTML.muted("by \(key.createdBy)"))", HTML.code(key.hint), rights(of: key),
                state(of: key, now: now), key.lastUsedAt.map { HTML.age($0, now: now) } ?? HTML.muted("Never"),
                key.expiresAt.map { HTML.date($0) } ?? HTML.muted("Never"),
                isManager && covers(own, key.role, key.permissions) ? HTML.actions(actions) : .empty,
            ]
        }
        let new = HTML.linkButton("New key", href: "\(base)/new", style: .primary)
        let table = HTML.table(
            "API keys",
            columns: ["Name", "Ends in", "May", "State", .date("Last used"), .date("Expires"), .actions],
            rows: rows,
            empty: HTML.emptyState(
                "No keys yet", "A program signs its requests with a key. Make one for each program.",
                action: isManager ? new : nil))
        return PageView(
            "API keys", section: "api-keys",
            lead: """
                What programs act with in this organisation. Keys belong to it, not to who made them: they stay when \
                that person leaves.
                """,
            actions: isManager && !keys.data.isEmpty ? [new] : [],
            "\(table)\(HTML.pagination(next: keys.nextCursor.map { "\(base)?after=\($0)" }))")
    }

    private static func rights(of key: APIKey) -> HTML {
        var notes = key.isTest ? ["test key"] : []
        if let permissions = key.permissions { notes.append(permissions.map(\.rawValue).joined(separator: ", ")) }
        if !key.allowedAddresses.isEmpty { notes.append("from " + key.allowedAddresses.joined(separator: ", ")) }
        let note: HTML = notes.isEmpty ? .empty : " \(HTML.muted(notes.joined(separator: "; ")))"
        return "\(HTML.label(key.role.title))\(note)"
    }

    private static func state(of key: APIKey, now: Timestamp) -> HTML {
        if key.revokedAt != nil { return HTML.badge("Revoked", .bad) }
        if let end = key.expiresAt, end <= now { return HTML.badge("Expired", .warn) }
        return key.rotatedTo == nil ? HTML.badge("Works", .good) : HTML.badge("Rotated", .info)
    }

    private static func newKeyPage(_ organization: OrganizationID, _ own: Role, _ state: FormState) -> PageView {
        let base = "/orgs/\(organization)/api-keys"
        let ends = [
            Choice("30", "In 30 days"), Choice("90", "In 90 days"), Choice("365", "In a year"), Choice("", "Never"),
        ]
        let kinds = [Choice("live", "Live"), Choice("test", "Test: refused in production")]
        let boxes = Permission.allCases.filter { own.allows($0) && !$0.isForPeople }.map { permission in
            HTML.checkbox(
                permissionField(permission), label: permission.summary, state: state,
                hint: "\(permission.rawValue), \(permission.least.title) and above")
        }
        let isNarrowed = Permission.allCases.contains { state.values[permissionField($0)] != nil }
        let fields: HTML = """
            \(HTML.textField("name", label: "Name", state: state, hint: "The program that will use it."))\
            \(HTML.radios("role", label: "Role", options: keyRoles(for: own), state: state, default: "viewer"))\
            <details class="behind"\(isNarrowed ? " open" : "" as HTML)>\
            <summary>Only some of what the role may do</summary>\(boxes)</details>\
            \(HTML.textArea(
                "allowed_addresses", label: "Only from these addresses", state: state,
                hint: "Addresses and networks like 192.0.2.7 or 2001:db8::/32, one a line. Anywhere, if left empty."))\
            \(HTML.pair(
                HTML.select("days", label: "Expires", options: ends, state: state, default: "90"),
                HTML.select("kind", label: "Kind", options: kinds, state: state, default: "live")))
            """
        return PageView(
            "New API key", section: "api-keys", crumbs: [Link("API keys", base)],
            HTML.panel(
                HTML.form(action: "\(base)/new", submit: "Make the key", state: state, cancel: base, fields)))
    }

    /// Who has a custom role narrows one of the four to what they have themselves.
    private static func keyRoles(for own: Role) -> [Choice] {
        roleChoices(own.customID == nil ? Role.allCases.filter { $0.isWithin(own) } : [.viewer, .editor, .admin])
    }

    private static func madeKeyPage(
        _ new: NewAPIKey, _ organization: OrganizationID, origin: String, lead: HTML? = nil
    ) -> PageView {
        let base = "/orgs/\(organization)/api-keys"
        let secret = HTML.secret(
            label: "API key", value: new.secret,
            note: "It is shown only now. Store it safely; whoever has it can act as \(new.key.role.title) here.")
        let call = HTML.codeBlock(
            "curl \(origin)/v1/orgs/\(organization) \\\n  -H 'Authorization: Bearer \(new.secret)'", label: "Try it")
        return PageView(
            new.key.name, section: "api-keys", crumbs: [Link("API keys", base)],
            badge: HTML.badge("Works", .good), lead: lead,
            actions: [HTML.linkButton("Done", href: base, style: .primary)],
            "\(secret)\(call)")
    }
}
