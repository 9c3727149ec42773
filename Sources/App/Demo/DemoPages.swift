// The demo's page: sign in as anybody with one click, and move the clock.
import Core
import Identity
import Storage
import Web

/// Pages that exist only while the demo runs.
struct DemoPages: Sendable {
    let clock: DemoClock

    static let path = "/demo"

    /// The bar above every page.
    /// Says on every page what this is and what time it is here.
    static func ribbon(at now: Timestamp) -> Ribbon {
        Ribbon(.demo, "Demo data · clock at \(words(now))", actions: [HTML.link("People and clock", href: path)])
    }

    func add(to pages: inout Pages, _ parts: Application.Parts) {
        pages.page(Self.path, "demoPage", allow: .anyone) { call, tx in
            PageView(
                "Demo", isPlain: true,
                HTML.card(
                    "Demo", lead: "A made-up company. Look around as anybody; nothing here is real.",
                    """
                    \(Identity.flash(call))\(people)\(time(tx.now))
                    """))
        }
        pages.actionAct("\(Self.path)/sign-in", "demoSignIn", allow: .anyone) { call in
            try await signIn(call, parts)
        }
        pages.action("\(Self.path)/clock", "demoClock", allow: .anyone) { call, _ in
            guard let step = DemoClock.Step(rawValue: call.body["step"]) else { throw Problem.notFound("step") }
            try clock.move(by: step)
            return .redirect(to: Self.path, flash: "The clock is at \(Self.words(clock.clock.now)) now.")
        }
    }

    private func signIn(_ call: Call<Form>, _ parts: Application.Parts) async throws -> Response {
        // Only the people of the demo: an account that was made since has a password for a reason.
        guard let person = DemoCast.people.first(where: { $0.email == call.body["email"] }),
            let address = EmailAddress(person.email),
            let user = try parts.database.read(in: .instance, { try Identity.find(email: address, in: $0) })
        else { throw Problem.notFound("person") }
        let device = Identity.Device(call.request)
        let outcome = try await parts.database.write(in: .instance, by: user.actor(like: call.actor)) { tx in
            try Identity.enter(user, by: .password, on: device, in: tx)
        }
        return Identity.proceed(outcome, from: device, origin: call.request.origin, to: "/")
    }

    private var people: HTML {
        let parts = DemoCast.organizations.html { organization in
            let rows = organization.members.map { member -> [HTML] in
                [
                    "\(member.person.name)<br>\(HTML.muted(member.person.note))", HTML.label(member.role.title),
                    HTML.postButton(
                        "Sign in", action: "\(Self.path)/sign-in", fields: [("email", member.person.email)],
                        size: .small),
                ]
            }
            return HTML.section(
                organization.name, lead: "\(organization.note).",
                HTML.table(
                    "Members of \(organization.name)", columns: ["Person", "Role", .actions], rows: rows))
        }
        return "\(parts)"
    }

    private func time(_ now: Timestamp) -> HTML {
        let buttons = DemoClock.Step.allCases.html { step in
            HTML.postButton(step.title, action: "\(Self.path)/clock", fields: [("step", step.rawValue)], size: .small)
        }
        let lead: HTML = """
            It is \(HTML.time(now)) here. Trials end, invoices fall due and jobs run by this clock, a second or so \
            after it moves. It goes forward only; a sign-in lasts 30 days of it.
            """
        return HTML.section("Clock", lead: lead, HTML.actions(buttons))
    }

    /// `23 Nov 2026, 05:40 UTC` without markup.
    static func words(_ instant: Timestamp) -> String {
        "\(CivilDate(instant)), \(instant.description.dropFirst(11).prefix(5)) UTC"
    }
}
