// The pages of the second factor: adding it, its recovery codes, and the second step of a sign-in.
import Core
package import Storage
package import Web

extension Identity {
    /// The half of a sign-in between its two pages.
    static let challengeCookie = HostCookie("raptorflow-step", seconds: 300)
    /// Tells a browser from others; it opens nothing.
    static let deviceCookie = HostCookie("raptorflow-device", seconds: 34_560_000)

    /// Goes on after a right password: into the console, or to the page that asks for the code.
    package static func proceed(
        _ outcome: SignInOutcome, from device: Device, origin: String, to next: String
    ) -> Response {
        switch outcome {
        case .signedIn(let signedIn): return enter(signedIn, from: device, origin: origin, to: next)
        case .needsCode(let challenge):
            let query = isLocal(next) && next != "/" ? "?next=\(encoded(next))" : ""
            var response = Response.redirect(to: "/sign-in/code\(query)")
            response.headers.append(challengeCookie.set(challenge.token, origin: origin))
            return response
        }
    }

    private static func encoded(_ path: String) -> String {
        path.utf8.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 47: String(UnicodeScalar(byte))
            default: "%" + Hex.encode([byte])
            }
        }.joined()
    }

    func addSecondStep(to pages: inout Pages) {
        pages.formAct("/sign-in/code", "secondStepPage", allow: .anyone) { call, state, tx in
            try Self.secondStepPage(call, state, in: tx)
        } submit: { call in
            let (origin, device) = (call.request.origin, Device(call.request))
            let challenge = Self.challengeCookie.value(in: call.request) ?? ""
            let signedIn =
                if let passkey = call.body.credential {
                    try await completeSignIn(
                        challenge: challenge, passkey: passkey, on: device, origin: origin, by: call.actor)
                } else {
                    try await completeSignIn(
                        challenge: challenge, code: call.body["code"], on: device, by: call.actor)
                }
            var response = Self.enter(signedIn, from: device, origin: origin, to: call.body["next"])
            response.headers.append(Self.challengeCookie.clear(origin: origin))
            return response
        }
    }

    private static func secondStepPage(
        _ call: Call<NoBody>, _ state: FormState, in tx: any Transaction
    ) throws -> PageView {
        let next = state.value("next", default: call.query("next") ?? "")
        let challenge = challengeCookie.value(in: call.request).flatMap { Token.hash($0, .once) }
        let user = try challenge.flatMap { try OneTimeTokenStore.user(.secondFactor, hash: $0, in: tx) }
        // Whoever has no program is shown the passkey first.
        let hasProgram = try user.map { try SecondFactorStore.isConfirmed(of: $0, in: tx) } ?? true
        let passkey = try user.map {
            try passkeyButton(
                .secondStep, of: $0, action: "/sign-in/code", style: hasProgram ? .plain : .primary,
                origin: call.request.origin, next: next, in: tx)
        }
        let form = HTML.form(
            action: "/sign-in/code", submit: "Sign in", state: state, style: hasProgram ? .primary : .plain,
            "\(codeField(state, hasProgram: hasProgram))\(HTML.hidden("next", next))")
        return PageView(
            "Second step", isPlain: true,
            HTML.card(
                "Second step", lead: "The first step is done. Now the second factor.",
                aside: HTML.link("Back to sign-in", href: "/sign-in"),
                hasProgram ? "\(form)\(passkey)" : "\(passkey)\(form)"))
    }

    /// The field for a code; whoever has only passkeys has recovery codes beside them.
    private static func codeField(_ state: FormState, hasProgram: Bool = true) -> HTML {
        HTML.textField(
            "code", label: hasProgram ? "Code" : "Recovery code", state: state,
            hint: hasProgram
                ? "Six digits of your authenticator, or one of your recovery codes."
                : "For when you have lost your passkey.",
            autocomplete: "one-time-code")
    }

    func addSecondFactor(to pages: inout Pages, shell: @escaping Shell) {
        pages.formAct("/account/second-factor", "secondFactorPage", allow: .signedIn) { call, state, tx in
            try secondFactorPage(call, state, in: tx)
        } submit: { call in
            try call.requireFresh(at: database.clock.now)
            let made = try await confirmFactor(
                of: try call.user(), with: call.body["code"], session: try call.session(), by: call.actor)
            var response = try database.read(in: .instance) { tx in
                let call = call.with(NoBody())
                return Response.html(try shell(Self.codesPage(made.recoveryCodes), call, tx))
            }
            response.headers.append(SessionCookie.set(made.token, origin: call.request.origin))
            return response
        }
        pages.action("/account/second-factor/begin", "beginSecondFactorPage", allow: .signedIn) { call, tx in
            if call.isFresh(at: tx.now) {
                _ = try beginFactor(of: try call.user(), origin: call.request.origin, in: tx)
            }
            return .redirect(to: "/account/second-factor")
        }
        pages.action("/account/second-factor/remove", "removeSecondFactorPage", allow: .signedIn) { call, tx in
            try call.requireFresh(at: tx.now)
            try Self.removeFactor(of: try call.user(), in: tx)
            return .redirect(to: "/account/second-factor", flash: "The second factor is removed.")
        }
        pages.action("/account/second-factor/codes", "renewRecoveryCodesPage", allow: .signedIn) { call, tx in
            try call.requireFresh(at: tx.now)
            let codes = try Self.renewCodes(of: try call.user(), in: tx)
            return .html(try shell(Self.codesPage(codes.recoveryCodes), call.with(NoBody()), tx))
        }
        addConfirmation(to: &pages)
    }

    private func addConfirmation(to pages: inout Pages) {
        pages.formAct("/account/confirm", "confirmPage", allow: .signedIn) { call, state, tx in
            try confirmPage(call, state, next: state.value("next", default: call.query("next") ?? ""), in: tx)
        } submit: { call in
            let (form, origin, device) = (call.body, call.request.origin, Device(call.request))
            let (session, user) = (try call.session(), try call.user())
            let signedIn =
                if let passkey = form.credential {
                    try await stepUp(session, of: user, passkey: passkey, on: device, origin: origin, by: call.actor)
                } else {
                    try await stepUp(
                        session, of: user, password: form.exact("password"), code: form["code"], on: device,
                        by: call.actor)
                }
            return Self.enter(signedIn, origin: call.request.origin, to: form["next"])
        }
    }

    /// The form that asks for a credential again before a page of weight is shown.
    package func confirmPage(
        _ call: Call<NoBody>, _ state: FormState, next: String, in tx: any Transaction
    ) throws -> PageView {
        let user = try call.user()
        let hasCode = try SecondFactorStore.isConfirmed(of: user, in: tx)
        let field = hasCode ? Self.codeField(state) : HTML.passwordField(state: state)
        let passkey = try Self.passkeyButton(
            .stepUp, of: user, action: "/account/confirm", origin: call.request.origin, next: next, in: tx)
        let hasForm = try hasCode || IdentityStore.passwordHash(of: user, in: tx) != nil
        let form =
            hasForm
            ? HTML.form(
                action: "/account/confirm", submit: "Go on", state: state, "\(field)\(HTML.hidden("next", next))")
            : try Self.passwordless(user, in: tx)
        let others = try Self.isProtected(user, in: tx) ? .empty : confirmButtons(of: user, next: next, in: tx)
        return Self.accountPage(
            "Confirm that it is you", "Second factor",
            HTML.panel(
                """
                <p>This is about the account itself, and you did not confirm that it is you in the last 10 minutes.</p>\
                \(form)\(passkey)\(others)
                """))
    }

    private func secondFactorPage(
        _ call: Call<NoBody>, _ state: FormState, in tx: any Transaction
    ) throws -> PageView {
        let user = try call.user()
        guard call.isFresh(at: tx.now) else {
            return try confirmPage(call, FormState(), next: "/account/second-factor", in: tx)
        }
        let factor = try Self.secondFactor(of: user, in: tx)
        if factor.isEnabled { return Self.factorPage(factor) }
        guard let waiting = try waitingFactor(of: user, origin: call.request.origin, in: tx) else {
            return Self.accountPage("Second factor", "Second factor", HTML.panel(Self.invitation))
        }
        let form = HTML.form(
            action: "/account/second-factor", submit: "Turn it on", state: state,
            HTML.textField(
                "code", label: "Code", state: state, hint: "The six digits that your authenticator shows now.",
                autocomplete: "one-time-code"))
        let picture: HTML = QRCode(waiting.uri)?.image(label: "QR code for your authenticator") ?? .empty
        return Self.accountPage(
            "Add a second factor", "Second factor",
            HTML.columns(
                main: HTML.panel("1. Scan this with your authenticator", "\(picture)\(Self.secret(waiting))"),
                aside: HTML.panel("2. Type the code it shows", form)))
    }

    private static func secret(_ enrolment: Enrolment) -> HTML {
        """
        <p>No camera? Type this secret: it is time-based, six digits.</p>\(HTML.copyable(enrolment.secret))
        """
    }

    private static let invitation: HTML = """
        <p>A second factor is a code that an authenticator program on your phone shows, new every 30 seconds. Signing \
        in then asks for your password and the code: a stolen password alone opens nothing. \
        \(HTML.link("A passkey", href: "/account/passkeys")) is a second factor too, and easier.</p>\
        \(HTML.postButton("Add an authenticator", action: "/account/second-factor/begin", style: .primary))
        """

    private static func factorPage(_ factor: SecondFactor) -> PageView {
        let since: HTML = factor.confirmedAt.map { HTML.time($0) } ?? "—"
        let facts = HTML.details([
            ("Authenticator", HTML.badge("On", .good)), ("Since", since),
            ("Recovery codes left", "\(factor.recoveryCodesLeft) of \(RecoveryCode.count)"),
        ])
        let renew = HTML.confirm(
            id: "renew", button: "New recovery codes", title: "Make new recovery codes?",
            text: "The ten codes that you have work no longer.", action: "/account/second-factor/codes")
        let remove = HTML.confirm(
            id: "remove", button: "Remove", title: "Remove the second factor?",
            text: factor.passkeys > 0
                ? "Signing in with the password asks for a passkey then."
                : "Signing in asks for the password only. Organisations that ask for a second factor shut you out.",
            action: "/account/second-factor/remove")
        return accountPage(
            "Second factor", "Second factor", HTML.panel("\(facts)<div class=\"actions\">\(renew)\(remove)</div>"))
    }

    static func codesPage(
        _ codes: [String], of tab: String = "Second factor", back: String = "/account/second-factor"
    ) -> PageView {
        let body: HTML = """
            <p>Keep these where you find them without your phone. Each works once, in place of a code. They are shown \
            this one time.</p>\(HTML.codeBlock(codes.joined(separator: "\n"), label: "Recovery codes"))\
            \(HTML.linkButton("I have kept them", href: back, style: .primary))
            """
        return accountPage("Your recovery codes", tab, HTML.panel(body))
    }
}
