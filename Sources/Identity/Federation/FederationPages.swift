// The way to a provider and back, as pages.
import Core
import Storage
package import Web

extension Identity {
    /// What a browser holds of a sign-in that is under way.
    static let flowCookie = HostCookie("raptorflow-flow", seconds: 600)

    /// The buttons of all providers; nothing where there is none.
    ///
    /// - Parameters:
    ///   - next: the page to go on to, within this site.
    ///   - invitation: the token of an invitation that is to be accepted.
    package func providerButtons(next: String = "", invitation: String? = nil) -> HTML {
        let fields = [("next", next)] + (invitation.map { [("invitation", $0)] } ?? [])
        return Self.providerButtons("Continue with", federation.providers, fields: fields)
    }

    static func providerButtons(
        _ verb: String, _ providers: [SignInProvider], fields: [(String, String)]
    ) -> HTML {
        guard !providers.isEmpty else { return .empty }
        let buttons = providers.html { provider in
            HTML.postButton("\(verb) \(provider.title)", action: provider.path, fields: fields, size: .wide)
        }
        return "<div class=\"ways\">\(buttons)</div>"
    }

    func addFederation(to pages: inout Pages, shell: @escaping Shell) {
        guard !federation.providers.isEmpty else { return }
        let answers = ["code", "state", "error", "iss"].map { QueryParameter($0, "What the provider answers.") }
        pages.journey("/sign-in/with/{provider}", "signInThrough", allow: .anyone, answers: answers) { call in
            try await leave(call, shell: shell)
        } arrive: { call in
            try await arrive(call)
        } refused: { problem, call in
            refusedPage(problem, call)
        }
    }

    private func leave(_ call: Call<Form>, shell: Shell) async throws -> Response {
        let form = call.body
        let purpose = SignInFlow.Purpose(rawValue: form["purpose"]) ?? .signIn
        if purpose != .signIn { _ = try call.session() }
        // Another way in is a change to the account itself.
        if purpose == .connect { try call.requireFresh(at: database.clock.now) }
        let flow = SignInFlow(
            call.parameter("provider"), purpose, next: form["next"],
            invitation: purpose == .signIn ? form["invitation"] : nil,
            session: purpose == .signIn ? nil : call.sessionID, at: database.clock.now)
        let origin = call.request.origin
        let (address, cookie) = try await leave(flow, origin: origin)
        let title = try federation.find(flow.provider).provider.title
        let view = PageView(
            "On the way to \(title)", isPlain: true,
            HTML.card(
                "On the way to \(title)", lead: "Your browser goes there by itself in a moment.",
                HTML.linkButton("Go to \(title)", href: address, style: .primary, size: .wide)))
        var response = try database.read(in: .instance) { tx in
            Response.html(try shell(view, call.with(NoBody()), tx))
        }
        response.goOn(to: address)
        response.headers.append(Self.flowCookie.set(cookie, origin: origin))
        return response
    }

    private func arrive(_ call: Call<NoBody>) async throws -> Response {
        let (request, device) = (call.request, Device(call.request))
        let arrival = Arrival(
            provider: call.parameter("provider"), cookie: Self.flowCookie.value(in: request),
            state: call.query("state"), code: call.query("code"), error: call.query("error"),
            issuer: call.query("iss"))
        let (person, flow, provider) = try await arrive(arrival, origin: request.origin, from: request.address)
        var response: Response
        switch flow.purpose {
        case .signIn:
            let (outcome, next) = try await signIn(person, flow, through: provider, on: device, by: call.actor)
            response = Self.proceed(outcome, from: device, origin: request.origin, to: next)
        case .connect:
            _ = try sameSession(call, as: flow)
            try await connect(person, flow, through: provider, to: try call.user(), by: call.actor)
            response = .redirect(to: Self.connectedPath, flash: "\(provider.title) is connected.")
        case .confirm:
            let session = try sameSession(call, as: flow)
            let signedIn = try await confirm(
                person, flow, through: provider, session: session, of: try call.user(), by: call.actor)
            response = Self.enter(signedIn, origin: request.origin, to: flow.next)
        }
        response.headers.append(Self.flowCookie.clear(origin: request.origin))
        return response
    }

    /// The session that left; throws `sign_in_unusable` (422) when another one, or none, came back.
    private func sameSession(_ call: Call<NoBody>, as flow: SignInFlow) throws -> SessionID {
        guard let session = call.sessionID, session == flow.session else { throw FederationProblem.flowUnusable }
        return session
    }

    private func refusedPage(_ problem: Problem, _ call: Call<NoBody>) -> PageView {
        let provider = federation.providers.first { $0.name == call.parameter("provider") }
        let title = provider.map { "Sign-in with \($0.title)" } ?? "Sign-in"
        let isIn = call.principal != nil
        let back = HTML.linkButton(
            isIn ? "Back to your account" : "Back to sign-in", href: isIn ? Self.connectedPath : "/sign-in",
            style: .primary, size: .wide)
        return PageView(
            title, isPlain: true,
            HTML.card(
                title, aside: HTML.muted("\(problem.code) · \(call.request.id)"),
                "\(HTML.notice("\(problem.detail)", .bad))<div class=\"ways\">\(back)</div>"))
    }
}
