// Acting for a user, as those who help them have to: with a reason, for an hour at most, and in every log.
import Audit
import Core
import Identity
import Storage
import Web

struct ImpersonationRequest: RequestBody {
    let reason: String
    let minutes: Int?

    static let rules: [String: Rule] = [
        "reason": .all([.length(5...500), .note("The user reads it, and so do their organisations.")]),
        "minutes": .all([.range(1...60), .note("How long at most; 60 unless given.")]),
    ]
}

extension Organizations {
    /// Begins to act for a user; it stands in the instance's log and in those of the user's organisations.
    ///
    /// Throws what `Identity.impersonate` throws, and `step_up_required` (403). Scope: instance.
    func impersonate<Body>(
        _ user: UserID, because reason: String, minutes: Int, by call: Call<Body>, in tx: any Transaction
    ) throws -> SignedIn {
        try call.requireFresh(at: tx.now)
        guard let principal = call.principal, case .session(let own, let `operator`) = principal.credential else {
            throw Problem.unauthenticated
        }
        let signedIn = try identity.impersonate(
            user, by: `operator`, in: own, because: reason, for: .minutes(Int64(minutes)),
            on: Identity.Device(call.request), in: tx)
        let details = JSONValue.object([
            "user_name": .string(signedIn.user.name), "reason": .string(reason),
            "until": .string(signedIn.session.expiresAt.description),
        ])
        try Self.tellAll("impersonation.started", user, details, in: tx)
        return signedIn
    }

    /// Ends it. Throws 404 when the caller acts for nobody. Scope: instance.
    static func endImpersonation<Body>(by call: Call<Body>, in tx: any Transaction) throws {
        guard let principal = call.principal, principal.impersonator != nil,
            case .session(let session, let user) = principal.credential
        else { throw Problem.notFound("impersonation") }
        try Identity.endImpersonation(session, of: user, in: tx)
        try tellAll("impersonation.ended", user, .object([]), in: tx)
    }

    private static func tellAll(
        _ what: String, _ user: UserID, _ details: JSONValue, in tx: any Transaction
    ) throws {
        try Audit.record(what, on: .init("user", user), details, in: tx)
        for membership in try memberships(of: user, in: tx) {
            try tx.scoped(to: .organization(membership.organization.id)) { tx in
                try Audit.record(what, on: .init("member", user), details, in: tx)
            }
        }
    }

    func addImpersonation(to routes: inout Routes) {
        routes.post(
            "/v1/operator/users/{user}/impersonate", "impersonateUser",
            "Act for a user: a session that ends within the hour", tag: "operator", allow: .operators,
            body: ImpersonationRequest.self, returns: SignedIn.self, status: 201,
            problems: ["step_up_required", "impersonation_off", "not_impersonable"]
        ) { call, tx in
            try impersonate(
                try call.id("user"), because: call.body.reason, minutes: call.body.minutes ?? 60, by: call, in: tx)
        }
        routes.post(
            "/v1/auth/impersonation/end", "endImpersonation", "Stop acting for a user", tag: "auth", allow: .signedIn,
            body: NoBody.self, returns: NoBody.self, status: 204, endsImpersonation: true, problems: ["not_found"]
        ) { call, tx in
            try Self.endImpersonation(by: call, in: tx)
            return NoBody()
        }
    }

    func addImpersonation(to pages: inout Pages) {
        pages.form("/operator/users/{user}/impersonate", "impersonatePage", allow: .operators) { call, state, tx in
            let id: UserID = try call.id("user")
            let path = "/operator/users/\(id)/impersonate"
            guard call.isFresh(at: tx.now) else {
                return try identity.confirmPage(call, FormState(), next: path, in: tx)
            }
            guard let user = try Identity.find(id, in: tx) else { throw Problem.notFound("account") }
            return Self.impersonatePage(user, path: path, state)
        } submit: { call, tx in
            let reason = call.body["reason"]
            guard (5...500).contains(reason.count) else {
                throw Problem.invalid([FieldProblem("/reason", "length", "Say why, in 5 to 500 characters.")])
            }
            guard let minutes = Int(call.body["minutes"]), (1...60).contains(minutes) else {
                throw Problem.invalid([FieldProblem("/minutes", "out_of_range", "Choose how long.")])
            }
            let signedIn = try impersonate(
                try call.id("user"), because: reason, minutes: minutes, by: call, in: tx)
            var response = Identity.enter(signedIn, origin: call.request.origin, to: "/")
            if let own = call.request.cookieToken {
                response.headers.append(Identity.ownSessionCookie.set(own, origin: call.request.origin))
            }
            return response
        }
        // Open to anyone, because an impersonation whose time is over is nobody's session any more.
        pages.action("/impersonation/end", "endImpersonationPage", allow: .anyone, endsImpersonation: true) {
            call, tx in
            if call.principal?.impersonator != nil { try Self.endImpersonation(by: call, in: tx) }
            return Identity.returning(
                to: try identity.ownToken(in: call.request, in: tx), origin: call.request.origin)
        }
    }

    private static func impersonatePage(_ user: User, path: String, _ state: FormState) -> PageView {
        let lengths = [Choice("15", "15 minutes"), Choice("30", "30 minutes"), Choice("60", "60 minutes")]
        let fields: HTML = """
            \(HTML.textField(
                "reason", label: "Why", state: state, hint: "\(user.name) and their organisations read it.",
                autocomplete: "off"))\
            \(HTML.select("minutes", label: "How long at most", options: lengths, state: state, default: "30"))
            """
        return PageView(
            "Act for \(user.name)", section: "operator", crumbs: [Link("Instance", "/operator")],
            lead: """
                You see what they see. What you do stands in the audit logs under both names, and a mail tells them. \
                Accounts, members, keys and what only owners may do are out of reach.
                """,
            HTML.panel(
                HTML.form(
                    action: path, submit: "Act for \(user.name)", state: state, cancel: "/operator", style: .danger,
                    fields)))
    }
}
