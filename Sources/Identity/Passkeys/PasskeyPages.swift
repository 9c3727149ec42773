// The page of one's passkeys, and the button that asks for one on the pages where people show who they are.
import Core
import Storage
import Web

/// A form that script completes with a passkey: `passkeys.js` asks `begin` what to ask the browser, and puts the answer
/// into the field `credential`. Without script, and in browsers without passkeys, it is not shown.
struct PasskeyForm {
    /// The begin operation of each use; those below `/v1` take the console's cookie too.
    enum Use: String {
        case add = "/v1/me/passkeys/begin"
        case signIn = "/v1/auth/passkey/begin"
        case secondStep = "/sign-in/code/begin"
        case stepUp = "/v1/me/step-up/begin"
    }

    let use: Use
    let action: String
    let button: String
    var style = ButtonStyle.plain

    func html(_ fields: HTML) -> HTML {
        """
        <form class="form" method="post" action="\(action)" data-passkey="\(use == .add ? "create" : "get")" \
        data-begin="\(use.rawValue)" hidden>\(fields)\(HTML.hidden("credential", ""))\
        <div class="field" data-problem hidden><span class="error" role="alert"></span></div>\
        <div class="actions">\(HTML.button(button, style: style))</div></form>\
        <script type="module" src="/assets/passkeys.js"></script>
        """
    }
}

extension Form {
    /// What `passkeys.js` put into the form; nil when it was sent without.
    var credential: JSONValue? {
        let text = self["credential"]
        // What can't be read is refused as every other wrong answer is.
        return text.isEmpty ? nil : (try? JSONParser.parse(Array(text.utf8))) ?? .null
    }
}

extension Identity {
    /// The button of the sign-in page; nothing where browsers allow no passkeys.
    static func passkeySignIn(_ origin: String, next: String) -> HTML {
        guard RelyingParty(origin: origin) != nil else { return .empty }
        return PasskeyForm(use: .signIn, action: "/sign-in", button: "Sign in with a passkey")
            .html(HTML.hidden("next", next))
    }

    /// The button that asks somebody for one of their passkeys; nothing when they have none.
    static func passkeyButton(
        _ use: PasskeyForm.Use, of user: UserID, action: String, style: ButtonStyle = .plain, origin: String,
        next: String, in tx: any Transaction
    ) throws -> HTML {
        guard RelyingParty(origin: origin) != nil, try PasskeyStore.exists(of: user, in: tx) else { return .empty }
        return PasskeyForm(use: use, action: action, button: "Use a passkey", style: style)
            .html(HTML.hidden("next", next))
    }

    func addPasskeys(to pages: inout Pages, shell: @escaping Shell) {
        pages.formAct("/account/passkeys", "passkeysPage", allow: .signedIn) { call, state, tx in
            try passkeysPage(call, state, in: tx)
        } submit: { call in
            try call.requireFresh(at: database.clock.now)
            let origin = call.request.origin
            let made = try await addPasskey(
                call.body.credential ?? .null, named: call.body["name"], of: try call.user(),
                session: try call.session(), on: Device(call.request), origin: origin, by: call.actor)
            var response = Response.redirect(to: "/account/passkeys", flash: "The passkey is added.")
            if !made.recoveryCodes.isEmpty {
                response = try database.read(in: .instance) { tx in
                    let page = Self.codesPage(made.recoveryCodes, of: "Passkeys", back: "/account/passkeys")
                    return .html(try shell(page, call.with(NoBody()), tx))
                }
            }
            response.headers.append(SessionCookie.set(made.token, origin: origin))
            return response
        }
        pages.form("/account/passkeys/{passkey}", "passkeyPage", allow: .signedIn) { call, state, tx in
            try Self.passkeyPage(call, state, in: tx)
        } submit: { call, tx in
            let name = call.body["name"]
            _ = try Self.renamePasskey(try call.id("passkey"), to: name, of: try call.user(), in: tx)
            return .redirect(to: "/account/passkeys", flash: "The passkey has another name.")
        }
        pages.action("/account/passkeys/{passkey}/remove", "removePasskeyPage", allow: .signedIn) { call, tx in
            try call.requireFresh(at: tx.now)
            try Self.removePasskey(try call.id("passkey"), of: try call.user(), keeping: call.sessionID, in: tx)
            return .redirect(to: "/account/passkeys", flash: "The passkey is removed.")
        }
        pages.actionAct("/sign-in/code/begin", "beginSecondStepPage", allow: .anyone) { call in
            let (request, challenge) = (call.request, Self.challengeCookie.value(in: call.request) ?? "")
            return try database.read(in: .instance) { tx in
                try .json(
                    try beginSecondStep(challenge, from: request.address, origin: request.origin, in: tx), status: 200)
            }
        }
    }

    private func passkeysPage(
        _ call: Call<NoBody>, _ state: FormState, in tx: any Transaction
    ) throws -> PageView {
        guard call.isFresh(at: tx.now) else {
            return try confirmPage(call, FormState(), next: "/account/passkeys", in: tx)
        }
        let user = try call.user()
        let passkeys = try PasskeyStore.all(of: user, in: tx)
        let isPossible = RelyingParty(origin: call.request.origin) != nil
        let adding = isPossible ? Self.addingPanel(state) : HTML.panel("Add a passkey", Self.unavailable)
        let list = passkeys.isEmpty ? HTML.panel(Self.invitation) : Self.table(passkeys, now: tx.now)
        let codes = passkeys.isEmpty ? HTML.empty : Self.codesPanel(try Self.secondFactor(of: user, in: tx))
        return Self.accountPage("Passkeys", "Passkeys", "\(list)\(HTML.pair(adding, codes))")
    }

    private static let invitation: HTML = """
        <p>A passkey is a key on your phone, computer or security key, which you open with a finger, a face or a PIN. \
        It signs you in without a password, works on this site only, and nothing that could be stolen is kept here. \
        Once you have one, your password alone opens nothing: it asks for the passkey as well.</p>
        """

    private static let unavailable: HTML = """
        <p>Browsers allow no passkeys here: the public address of this instance is a number, or has no TLS.</p>
        """

    private static func addingPanel(_ state: FormState) -> HTML {
        let form = PasskeyForm(use: .add, action: "/account/passkeys", button: "Add a passkey", style: .primary)
        let name = HTML.textField(
            "name", label: "Name", state: state, hint: "What tells it from others, such as “phone”.", required: false,
            autocomplete: "off")
        return HTML.panel(
            "Add a passkey",
            """
            \(HTML.errorSummary(state))\(form.html(name))\
            <p class="muted" data-no-passkeys>This needs a browser with passkeys, and script.</p>
            """)
    }

    private static func codesPanel(_ factor: SecondFactor) -> HTML {
        let renew = HTML.confirm(
            id: "renew", button: "New recovery codes", title: "Make new recovery codes?",
            text: "The codes that you have work no longer.", action: "/account/second-factor/codes")
        return HTML.panel(
            "Recovery codes",
            """
            <p>For when you have lost your passkeys. \(factor.recoveryCodesLeft) of \(RecoveryCode.count) are left.</p>\
            <div class="actions">\(renew)</div>
            """)
    }

    private static func table(_ passkeys: [Passkey], now: Timestamp) -> HTML {
        let rows = passkeys.map { passkey -> [HTML] in
            let base = "/account/passkeys/\(passkey.id)"
            let used: HTML = passkey.lastUsedAt.map { HTML.age($0, now: now) } ?? "Never"
            let remove = HTML.confirm(
                id: "remove-\(passkey.id)", button: "Remove", title: "Remove “\(passkey.name)”?",
                text: """
                    It signs you in no longer, and other devices on which you used a passkey are signed out. Remove it \
                    from your device or password manager too.
                    """,
                action: "\(base)/remove", size: .small)
            return [
                HTML.rowLink(passkey.name, href: base),
                passkey.isBackedUp ? "Kept elsewhere too" : "On one device", used, HTML.date(passkey.createdAt),
                HTML.actions([remove]),
            ]
        }
        return HTML.table(
            "Passkeys", columns: ["Name", "Where", "Last used", .date("Added"), .actions], rows: rows)
    }

    private static func passkeyPage(
        _ call: Call<NoBody>, _ state: FormState, in tx: any Transaction
    ) throws -> PageView {
        let id: PasskeyID = try call.id("passkey")
        guard let passkey = try PasskeyStore.find(id, of: try call.user(), in: tx) else {
            throw Problem.notFound("passkey")
        }
        let form = HTML.form(
            action: "/account/passkeys/\(id)", submit: "Save", state: state, cancel: "/account/passkeys",
            HTML.textField("name", label: "Name", state: state, default: passkey.name, autocomplete: "off"))
        return accountPage("Name a passkey", "Passkeys", HTML.panel(form))
    }
}
