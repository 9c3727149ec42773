// The account's own pages: profile, password, sessions.
import Core
import Storage
package import Web

extension Identity {
    func addAccount(to pages: inout Pages) {
        pages.form("/account", "accountPage", allow: .signedIn) { call, state, tx in
            Self.profilePage(try Self.me(call, in: tx), state)
        } submit: { call, tx in
            _ = try Self.rename(try call.user(), to: call.body["name"], in: tx)
            return .redirect(to: "/account", flash: "Your name is changed.")
        }
        pages.formAct("/account/password", "accountPasswordPage", allow: .signedIn) { call, state, tx in
            try Self.passwordPage(state, of: try call.user(), in: tx)
        } submit: { call in
            let ended = try await changePassword(
                of: try call.user(), from: call.body.exact("current_password"), to: call.body.exact("new_password"),
                keeping: call.sessionID, on: Device(call.request), by: call.actor)
            let others = ended == 1 ? "1 other session was ended." : "\(ended) other sessions were ended."
            return .redirect(to: "/account/password", flash: "Your password is changed. \(others)")
        }
        pages.page("/account/sessions", "accountSessionsPage", allow: .signedIn) { call, tx in
            let sessions = try SessionStore.page(
                of: try call.user(), current: call.sessionID, limit: 100, in: tx)
            return Self.sessionsPage(sessions, now: tx.now)
        }
        pages.action("/account/sessions/{session}/revoke", "revokeSessionPage", allow: .signedIn) { call, tx in
            try Self.endSession(try call.id("session"), of: try call.user(), in: tx)
            return .redirect(to: "/account/sessions", flash: "That device is signed out.")
        }
    }

    func addSessions(to pages: inout Pages) {
        pages.action("/account/sessions/revoke-others", "revokeOtherSessionsPage", allow: .signedIn) { call, tx in
            let ended = try Self.endOtherSessions(of: try call.user(), keeping: call.sessionID, in: tx)
            return .redirect(
                to: "/account/sessions",
                flash: ended == 1 ? "1 device is signed out." : "\(ended) devices are signed out.")
        }
    }

    private static func me(_ call: Call<NoBody>, in tx: any Transaction) throws -> User {
        guard let user = try IdentityStore.find(try call.user(), in: tx) else { throw Problem.unauthenticated }
        return user
    }

    /// A page of the account with its tabs; `current` names the one that is lit.
    package static func accountPage(_ title: String, _ current: String, _ body: HTML) -> PageView {
        let tabs = [
            ("Profile", "/account"), ("Password", "/account/password"), ("Second factor", "/account/second-factor"),
            ("Passkeys", "/account/passkeys"), ("Connected accounts", connectedPath),
            ("Sessions", "/account/sessions"), ("Data", "/account/data"),
        ]
        return PageView(
            "Your account", section: "account", tabs: tabs.map { Tab($0.0, $0.1, isCurrent: $0.0 == current) },
            HTML.section(title, body))
    }

    private static func profilePage(_ user: User, _ state: FormState) -> PageView {
        let verified: HTML =
            user.verifiedAt.map { HTML.time($0) }
            ?? HTML.postButton("Mail me a link", action: "/account/email/verification", size: .small)
        let form = HTML.form(
            action: "/account", submit: "Save", state: state,
            HTML.textField("name", label: "Name", state: state, default: user.name, autocomplete: "name"))
        let facts = HTML.details([
            ("E-mail", "\(user.email) \(HTML.link("Change", href: "/account/email"))"), ("Mailbox confirmed", verified),
            ("Member since", HTML.date(user.createdAt)),
            ("Runs this instance", user.isOperator ? "Yes" : "No"), ("Id", HTML.copyable(user.id.text)),
        ])
        return accountPage("Profile", "Profile", HTML.columns(main: HTML.panel(form), aside: HTML.panel(facts)))
    }

    private static func passwordPage(
        _ state: FormState, of user: UserID, in tx: any Transaction
    ) throws -> PageView {
        guard try IdentityStore.passwordHash(of: user, in: tx) != nil else {
            return accountPage("Choose a password", "Password", HTML.panel(try passwordless(user, in: tx)))
        }
        let fields: HTML = """
            \(HTML.passwordField("current_password", label: "Present password", state: state))\
            \(HTML.passwordField(
                "new_password", label: "New password", isNew: true, state: state, hint: passwordHint))
            """
        let form = HTML.form(action: "/account/password", submit: "Change password", state: state, fields)
        return accountPage("Change your password", "Password", HTML.panel("\(form)\(HTML.muted(sessionsNote))"))
    }

    /// What somebody without a password is told: a mailed link sets the first one.
    static func passwordless(_ id: UserID, in tx: any Transaction) throws -> HTML {
        let email = try IdentityStore.find(id, in: tx)?.email ?? ""
        return """
            <p>Your account has no password. We mail a link to \(email) with which you choose one.</p>\
            \(HTML.postButton("Mail me a link", action: "/forgot-password", fields: [("email", email)]))
            """
    }

    private static let sessionsNote = "Your other sessions end; this one goes on."

    private static func sessionsPage(_ sessions: [Session], now: Timestamp) -> PageView {
        let rows = sessions.map { session -> [HTML] in
            let end: HTML =
                session.isCurrent
                ? HTML.badge("This one", .good)
                : HTML.postButton("Sign out", action: "/account/sessions/\(session.id)/revoke", size: .small)
            return [
                "\(session.impersonatedBy.map { "\($0), who acts for you" } ?? device(session.userAgent))",
                "\(session.address ?? "unknown")",
                HTML.age(session.lastSeenAt, now: now),
                HTML.time(session.createdAt), end,
            ]
        }
        let others: HTML =
            sessions.count > 1
            ? HTML.postButton("Sign all others out", action: "/account/sessions/revoke-others") : .empty
        let table = HTML.table(
            "Sessions", columns: ["Device", "Address", "Last seen", .date("Signed in"), .actions], rows: rows)
        return accountPage("Where you are signed in", "Sessions", "\(table)<div class=\"actions\">\(others)</div>")
    }

    /// A browser's and system's name, as far as a user agent shows them; else its first word.
    static func device(_ userAgent: String?) -> String {
        guard let userAgent, !userAgent.isEmpty else { return "Unknown program" }
        let browsers = [
            ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
        ]
        let systems = [
            ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
            ("Linux", "Linux"),
        ]
        let browser = browsers.first { userAgent.contains($0.0) }?.1
        let system = systems.first { userAgent.contains($0.0) }?.1
        guard let browser else { return String(userAgent.split(separator: " ").first?.prefix(40) ?? "Unknown program") }
        return system.map { "\(browser) on \($0)" } ?? browser
    }
}
