// The pages of one's own account, and the ways in.
import Core
import Storage
package import Web

extension Identity {
    /// Adds the console's pages.
    ///
    /// - Parameter shell: the same as the pages', for the answers that show recovery codes.
    package func addPages(to pages: inout Pages, shell: @escaping Shell) {
        addSignIn(to: &pages)
        addSecondStep(to: &pages)
        addSecondFactor(to: &pages, shell: shell)
        addPasskeys(to: &pages, shell: shell)
        addForgotten(to: &pages)
        addMailedLinks(to: &pages)
        addAccount(to: &pages)
        addSessions(to: &pages)
        addFederation(to: &pages, shell: shell)
        addConnected(to: &pages)
    }

    private func addSignIn(to pages: inout Pages) {
        pages.formAct("/sign-in", "signInPage", allow: .anyone) { call, state, tx in
            try signInPage(call, state, isNew: Self.isWaitingForSetUp(in: tx))
        } submit: { call in
            let (form, device) = (call.body, Device(call.request))
            if let passkey = form.credential {
                let signedIn = try await signIn(
                    passkey: passkey, on: device, origin: call.request.origin, by: call.actor)
                return Self.enter(signedIn, from: device, origin: call.request.origin, to: form["next"])
            }
            let outcome = try await signIn(
                email: form["email"], password: form.exact("password"), on: device, by: call.actor)
            return Self.proceed(outcome, from: device, origin: call.request.origin, to: form["next"])
        }
        pages.action("/sign-out", "signOutPage", allow: .anyone) { call, tx in
            if let session = call.sessionID, let user = call.principal?.user {
                try Self.endSession(session, of: user, in: tx)
            }
            // An operator who acts for somebody signs out of both.
            if let own = try ownToken(in: call.request, in: tx),
                case .session(let session, let user)? = try principal(token: own, in: tx)?.credential
            {
                try Self.endSession(session, of: user, in: tx)
            }
            var response = Response.redirect(to: "/sign-in", flash: "You are signed out.")
            response.headers += SessionCookie.leave(origin: call.request.origin)
            response.headers.append(Self.ownSessionCookie.clear(origin: call.request.origin))
            return response
        }
    }

    /// Sends a browser on with its cookie set; `next` is followed only within this site.
    package static func enter(
        _ signedIn: SignedIn, from device: Device? = nil, origin: String, to next: String
    ) -> Response {
        var response = Response.redirect(to: isLocal(next) ? next : "/")
        response.headers.append(SessionCookie.set(signedIn.token, origin: origin))
        // Whoever signs in here next is not to find the way back into an operator's session.
        response.headers.append(ownSessionCookie.clear(origin: origin))
        if let cookie = device?.newCookie { response.headers.append(deviceCookie.set(cookie, origin: origin)) }
        return response
    }

    /// Whether a text is a path on this site: browsers read `//host` and `/\host` as other sites.
    static func isLocal(_ path: String) -> Bool {
        let bytes = Array(path.utf8.prefix(2))
        return bytes.first == UInt8(ascii: "/") && bytes.last != UInt8(ascii: "\\")
            && (bytes.count < 2 || bytes[1] != UInt8(ascii: "/")) && path.utf8.count <= 1000
            && path.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }
    }

    private func signInPage(_ call: Call<NoBody>, _ state: FormState, isNew: Bool) -> PageView {
        let next = state.value("next", default: call.query("next") ?? "")
        let fields: HTML = """
            \(HTML.textField("email", label: "E-mail", type: .email, state: state, autocomplete: "username"))\
            \(HTML.passwordField(state: state))\(HTML.hidden("next", next))
            """
        let empty: HTML = """
            This instance has no account yet. Open the set-up link that the server printed when it started.
            """
        return PageView(
            "Sign in", isPlain: true,
            HTML.card(
                "Sign in", lead: isNew ? empty : nil,
                aside: otherWays,
                """
                \(Self.flash(call))\(Self.wayBack(call))\
                \(HTML.form(action: "/sign-in", submit: "Sign in", state: state, fields))\
                \(Self.passkeySignIn(call.request.origin, next: next))\
                \(isNew ? .empty : providerButtons(next: next))
                """))
    }

    /// For an operator whose time to act for somebody is over.
    private static func wayBack(_ call: Call<NoBody>) -> HTML {
        guard ownSessionCookie.value(in: call.request) != nil else { return .empty }
        return HTML.notice(
            "Your time to act for somebody is over.",
            action: HTML.postButton("Go on as yourself", action: "/impersonation/end"))
    }

    private var otherWays: HTML {
        let link: HTML =
            policy.hasMagicLinks ? "\(HTML.link("Sign in by mail", href: "/sign-in/link")) · " : .empty
        let new: HTML = policy.signUp == .open ? " · \(HTML.link("Make an account", href: "/sign-up"))" : .empty
        return "\(link)\(HTML.link("I have forgotten my password", href: "/forgot-password"))\(new)"
    }

    private func addForgotten(to pages: inout Pages) {
        pages.form("/forgot-password", "forgotPasswordPage", allow: .anyone) { call, state, _ in
            PageView(
                "New password", isPlain: true,
                HTML.card(
                    "New password", lead: "We mail you a link with which you choose a new password.",
                    aside: HTML.link("Back to sign-in", href: "/sign-in"),
                    HTML.form(
                        action: "/forgot-password", submit: "Mail me a link", state: state,
                        HTML.textField(
                            "email", label: "E-mail", type: .email, state: state, autocomplete: "username"))))
        } submit: { call, tx in
            try request(.passwordReset, email: call.body["email"], origin: call.request.origin, in: tx)
            return .redirect(
                to: "/sign-in", flash: "If there is an account with this address, a mail with a link is on its way.")
        }
        pages.formAct("/reset-password", "resetPasswordPage", allow: .anyone) { _, state, _ in
            let fields: HTML = """
                \(Self.tokenField(state))\
                \(HTML.passwordField(label: "New password", isNew: true, state: state, hint: Self.passwordHint))
                """
            return PageView(
                "Choose a new password", isPlain: true,
                HTML.card(
                    "Choose a new password",
                    HTML.form(action: "/reset-password", submit: "Set the password", state: state, fields)))
        } submit: { call in
            try await resetPassword(token: call.body["token"], to: call.body.exact("password"), by: call.actor)
            return .redirect(to: "/sign-in", flash: "Your password is set. Sign in with it.")
        }
    }

    /// What the form says about a new password.
    package static let passwordHint =
        "At least \(PasswordPolicy.length.lowerBound) characters. Four words in a row make a good one."

    /// The field for the token of a mailed or printed link; script fills it from the address.
    package static func tokenField(_ state: FormState) -> HTML {
        HTML.textField(
            "token", label: "Token", state: state, hint: "The part of the link after “token=”.", autocomplete: "off")
    }

    /// A message from the page before, on pages without the console around them.
    package static func flash(_ call: Call<NoBody>) -> HTML {
        guard let flash = call.request.flash else { return .empty }
        let message = Message(flash: flash)
        return HTML.notice("\(message.text)", message.tone)
    }
}
