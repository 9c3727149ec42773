// The pages that mailed links lead to: each shows a form, and only its button uses the token up.
import Core
import Storage
import Web

extension Identity {
    func addMailedLinks(to pages: inout Pages) {
        addSignUp(to: &pages)
        addMagicLinks(to: &pages)
        addTokenPage(
            "/verify-email", "verifyEmailPage", "Confirm your mailbox", button: "This is my mailbox", to: &pages
        ) { call, tx in
            try Self.verifyEmail(call.body["token"], in: tx)
            return "Your mailbox is confirmed."
        }
        addTokenPage(
            "/change-email", "changeEmailPage", "Use this address", button: "Use this address", to: &pages
        ) { call, tx in
            try Self.changeEmail(call.body["token"], origin: call.request.origin, in: tx)
            return "Your account uses this address now."
        }
        addTokenPage(
            "/undo-email", "undoEmailPage", "Take your account back", button: "Take my address back", to: &pages
        ) { call, tx in
            try Self.undoEmail(call.body["token"], origin: call.request.origin, in: tx)
            return "Your address is back and all sessions were ended. A mail brings the link for a new password."
        }
        pages.form("/account/email", "changeAddressPage", allow: .signedIn) { call, state, tx in
            try addressPage(call, state, in: tx)
        } submit: { call, tx in
            try call.requireFresh(at: tx.now)
            try requestEmailChange(
                of: try call.user(), to: call.body["email"], origin: call.request.origin, in: tx)
            return .redirect(to: "/account", flash: "A mail with a link is on its way to the new address.")
        }
        pages.action("/account/email/verification", "requestVerificationPage", allow: .signedIn) { call, tx in
            try Self.mailVerification(of: try call.user(), origin: call.request.origin, in: tx)
            return .redirect(to: "/account", flash: "A mail with a link is on its way.")
        }
    }

    private func addressPage(_ call: Call<NoBody>, _ state: FormState, in tx: any Transaction) throws -> PageView {
        guard call.isFresh(at: tx.now) else {
            return try confirmPage(call, FormState(), next: "/account/email", in: tx)
        }
        let form = HTML.form(
            action: "/account/email", submit: "Mail a link there", state: state, cancel: "/account",
            HTML.textField(
                "email", label: "New e-mail address", type: .email, state: state,
                hint: "It counts once you open the link that we mail there. The old address can undo it for a week.",
                autocomplete: "email"))
        return Self.accountPage("Change your e-mail address", "Profile", HTML.panel(form))
    }

    /// A page whose form sends a token and nothing else.
    private func addTokenPage(
        _ path: String, _ name: String, _ title: String, button: String, to pages: inout Pages,
        submit: @escaping @Sendable (Call<Form>, any Transaction) throws -> String
    ) {
        pages.form(path, name, allow: .anyone) { _, state, _ in
            PageView(
                title, isPlain: true,
                HTML.card(title, HTML.form(action: path, submit: button, state: state, Self.tokenField(state))))
        } submit: { call, tx in
            .redirect(to: "/sign-in", flash: try submit(call, tx))
        }
    }

    private func addMagicLinks(to pages: inout Pages) {
        pages.form("/sign-in/link", "magicLinkRequestPage", allow: .anyone) { _, state, _ in
            Self.addressCard("Sign in by mail", "We mail you a link that signs you in.", "/sign-in/link", state)
        } submit: { call, tx in
            try request(.magicLink, email: call.body["email"], origin: call.request.origin, in: tx)
            return .redirect(
                to: "/sign-in", flash: "If there is an account with this address, a mail with a link is on its way.")
        }
        pages.formAct("/magic-link", "magicLinkPage", allow: .anyone) { _, state, _ in
            PageView(
                "Sign in", isPlain: true,
                HTML.card(
                    "Sign in",
                    HTML.form(action: "/magic-link", submit: "Sign in", state: state, Self.tokenField(state))))
        } submit: { call in
            let device = Device(call.request)
            let outcome = try await redeemMagicLink(call.body["token"], on: device, by: call.actor)
            return Self.proceed(outcome, from: device, origin: call.request.origin, to: "/")
        }
    }

    private func addSignUp(to pages: inout Pages) {
        pages.form("/sign-up", "signUpPage", allow: .anyone) { _, state, _ in
            Self.addressCard(
                "Make an account", "We mail you a link that makes your account.", "/sign-up", state,
                otherWays: policy.signUp == .open ? providerButtons() : .empty)
        } submit: { call, tx in
            try request(.signUp, email: call.body["email"], origin: call.request.origin, in: tx)
            return .redirect(to: "/sign-in", flash: "A mail is on its way to that address. Open the link in it.")
        }
        pages.formAct("/sign-up/complete", "completeSignUpPage", allow: .anyone) { _, state, _ in
            let fields: HTML = """
                \(Self.tokenField(state))\
                \(HTML.textField("name", label: "Your name", state: state, autocomplete: "name"))\
                \(HTML.passwordField(isNew: true, state: state, hint: Self.passwordHint))
                """
            return PageView(
                "Make an account", isPlain: true,
                HTML.card(
                    "Make an account",
                    HTML.form(action: "/sign-up/complete", submit: "Make the account", state: state, fields)))
        } submit: { call in
            let device = Device(call.request)
            let signedIn = try await signUp(
                token: call.body["token"], name: call.body["name"], password: call.body.exact("password"), on: device,
                by: call.actor)
            return Self.enter(signedIn, from: device, origin: call.request.origin, to: "/")
        }
    }

    private static func addressCard(
        _ title: String, _ lead: HTML, _ action: String, _ state: FormState, otherWays: HTML = .empty
    ) -> PageView {
        PageView(
            title, isPlain: true,
            HTML.card(
                title, lead: lead, aside: HTML.link("Back to sign-in", href: "/sign-in"),
                HTML.form(
                    action: action, submit: "Mail me a link", state: state,
                    HTML.textField("email", label: "E-mail", type: .email, state: state, autocomplete: "username"))
                    + otherWays))
    }
}
