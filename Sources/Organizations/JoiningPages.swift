// The ways in: set-up of a new instance, and accepting an invitation.
import Core
import Identity
import Storage
import Web

extension Organizations {
    func addSetUp(to pages: inout Pages) {
        pages.formAct("/setup", "setUpPage", allow: .anyone) { _, state, tx in
            try Identity.isWaitingForSetUp(in: tx) ? Self.setUpPage(state) : Self.doneWithSetUp
        } submit: { call in
            let form = call.body
            let person = try Person(email: form["email"], name: form["name"])
            let organization = try Person.name(form["organization"], at: "/organization")
            let device = Identity.Device(call.request)
            let signedIn = try await identity.setUp(
                form["token"], person, password: form.exact("password"), context: [organization], on: device,
                by: call.actor
            ) { user, tx in try Self.create(name: organization, owner: user.id, in: tx) }
            return Identity.enter(signedIn, from: device, origin: call.request.origin, to: "/")
        }
    }

    private static func setUpPage(_ state: FormState) -> PageView {
        let fields: HTML = """
            \(Identity.tokenField(state))\
            \(HTML.textField("name", label: "Your name", state: state, autocomplete: "name"))\
            \(HTML.textField("email", label: "E-mail", type: .email, state: state, autocomplete: "username"))\
            \(HTML.passwordField(isNew: true, state: state, hint: Identity.passwordHint))\
            \(HTML.textField(
                "organization", label: "Organisation", state: state, hint: "You will be its owner.",
                autocomplete: "organization"))
            """
        return PageView(
            "Set up", isPlain: true,
            HTML.card(
                "Set up", lead: "The first account runs this instance.",
                HTML.form(action: "/setup", submit: "Make the account", state: state, fields)))
    }

    private static let doneWithSetUp = PageView(
        "Set up", isPlain: true,
        HTML.card(
            "Set-up is done", lead: "This instance has its first account.",
            HTML.linkButton("Sign in", href: "/sign-in", style: .primary)))

    func addAcceptance(to pages: inout Pages) {
        pages.formAct("/invitations/accept", "acceptInvitationPage", allow: .anyone) { call, state, tx in
            try acceptancePage(call, state, in: tx)
        } submit: { call in
            let origin = call.request.origin
            let token = call.body["token"]
            if let user = call.principal?.user {
                let membership = try await database.write(in: .instance, by: call.actor) { tx in
                    try Self.accept(token, by: user, in: tx)
                }
                let organization = membership.organization
                return .redirect(to: "/orgs/\(organization.id)", flash: "You have joined \(organization.name).")
            }
            let open = try database.read(in: .instance) { try Self.open(token, in: $0) }
            // The first step sends the token alone: the form comes back with what is missing.
            guard call.body.values["password"] != nil else { throw Self.moreIsNeeded }
            let device = Identity.Device(call.request)
            let signedIn =
                open.hasAccount
                ? try await join(open, token, password: call.body.exact("password"), on: device, by: call)
                : try await signUp(
                    token: token, name: call.body["name"], password: call.body.exact("password"),
                    on: device, by: call.actor)
            return Identity.enter(signedIn, from: device, origin: origin, to: "/orgs/\(open.organization.id)")
        }
    }

    private static let moreIsNeeded = Problem("more_is_needed", status: 422, "")

    /// Signs the invited person in and joins, in one transaction after the password was checked.
    private func join(
        _ open: Open, _ token: String, password: String, on device: Identity.Device, by call: Call<Form>
    ) async throws -> SignedIn {
        let user = try await identity.check(email: open.invitation.email, password: password, on: device)
        return try await database.write(in: .instance, by: user.actor(like: call.actor)) { tx in
            _ = try Self.accept(token, by: user.id, in: tx)
            // Someone with a second factor signs in first: there is no code on this page.
            return try Identity.enter(user, by: .password, on: device, in: tx).session()
        }
    }

    private func acceptancePage(
        _ call: Call<NoBody>, _ state: FormState, in tx: any Transaction
    ) throws -> PageView {
        var state = state
        if state.message?.isEmpty == true { state.message = nil }
        let token = state.value("token")
        let open = token.isEmpty ? nil : try? Self.open(token, in: tx)
        guard let open, call.principal == nil else {
            let lead: HTML? = call.principal.map { "You are signed in as \($0.display)." }
            let form = HTML.form(
                action: "/invitations/accept", submit: call.principal == nil ? "Continue" : "Accept", state: state,
                Identity.tokenField(state))
            return PageView("Invitation", isPlain: true, HTML.card("You are invited", lead: lead, form))
        }
        let name: HTML =
            open.hasAccount
            ? .empty : HTML.textField("name", label: "Your name", state: state, autocomplete: "name")
        let password = HTML.passwordField(
            label: open.hasAccount ? "Your password" : "Choose a password", isNew: !open.hasAccount, state: state,
            hint: open.hasAccount ? nil : Identity.passwordHint)
        let form = HTML.form(
            action: "/invitations/accept", submit: "Join \(open.organization.name)", state: state,
            "\(HTML.hidden("token", token))\(name)\(password)")
        return PageView(
            "Invitation", isPlain: true,
            HTML.card(
                "Join \(open.organization.name)",
                lead: """
                    \(open.invitation.invitedBy) invites \(open.invitation.email) as \(open.invitation.role.title).
                    """, form + identity.providerButtons(invitation: token)))
    }
}
