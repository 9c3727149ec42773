// Who calls, and whether they may: asked of every request before its body is looked at.
import Core
import HTTPTypes
import Storage

extension Gateway {
    /// The client's address: the socket's, or what the nearest untrusted hop of `X-Forwarded-For` says.
    func client(of head: HTTPRequest, from socket: ClientAddress?) -> ClientAddress? {
        guard let socket else { return nil }
        let header = head.headerFields[values: .forwardedFor].joined(separator: ",")
        return ClientAddress.client(
            of: socket, forwardedFor: header.isEmpty ? nil : header, behind: settings.trustedProxies)
    }

    /// The cookie of a browser from which somebody signed in before.
    func knownBrowser(_ head: HTTPRequest) throws -> String? {
        guard let browsers = settings.browsers,
            let cookie = browsers.cookie.value(in: head.headerFields, at: settings.origin)
        else { return nil }
        return try database.read(in: .instance) { tx in try browsers.isKnown(cookie, tx) } ? cookie : nil
    }

    /// Who calls, in which scope, with which role; throws when the route is not theirs to call.
    func admit(_ exchange: inout Exchange, to endpoint: Endpoint, in tx: any Transaction) throws -> Caller {
        let principal = try authenticate(&exchange, in: tx)
        exchange.principal = principal
        let scope = try exchange.scope(of: endpoint)
        let role = try authorise(principal, for: endpoint, scope: scope, &exchange, in: tx)
        exchange.isAdmitted = true
        try settings.limits.spend(for: endpoint, by: principal, &exchange.limits)
        if case .organization(let id) = scope {
            try settings.limits.spend(for: endpoint, by: id, &exchange.limits) { try settings.planRate(id, tx) }
            if endpoint.waitsForPayment, try settings.isLimited(id, tx) {
                throw Problem(
                    "payment_overdue", status: 402,
                    "An invoice is not paid, so only reading and billing work. Everything works again once it is.")
            }
        }
        return Caller(principal: principal, role: role, scope: scope)
    }

    /// The principal of the credential that came along; a credential that is no good is refused even where none is
    /// needed, so that a program notices. The console's cookie is the exception: it just ends.
    private func authenticate(_ exchange: inout Exchange, in tx: any Transaction) throws -> Principal? {
        guard let credential = try exchange.credential(settings) else { return nil }
        let principal = try settings.authentication.principal(credential.token, tx)
        if credential.isCookie {
            guard principal != nil, !exchange.isForeignRead(settings) else { return nil }
            try exchange.checkSameOrigin(settings)
            exchange.cookieToken = credential.token
        } else if principal == nil {
            throw Problem.unauthenticated
        }
        if let principal, !principal.mayCall(from: exchange.address) {
            exchange.principal = principal
            throw Problem(
                "address_not_allowed", status: 403, "This key may not be used from the address \(exchange.address).")
        }
        return principal
    }

    private func authorise(
        _ principal: Principal?, for endpoint: Endpoint, scope: Scope, _ exchange: inout Exchange,
        in tx: any Transaction
    ) throws -> Role? {
        if endpoint.access == .anyone {
            try requireOwnHand(principal, endpoint)
            return nil
        }
        guard let principal else { throw Problem.unauthenticated }
        switch (endpoint.access, scope) {
        case (.member(let permission), .organization(let organization)):
            guard let role = try settings.authentication.role(principal, organization, tx) else {
                throw Problem.notFound("organisation")
            }
            exchange.deniedScope = scope
            guard principal.user != nil || !(permission.isForPeople || endpoint.output.isPage) else {
                throw Problem.sessionRequired
            }
            try requireOwnHand(principal, endpoint)
            guard principal.allows(permission, as: role) else { throw Problem.forbidden(permission) }
            return principal.impersonator == nil ? role : role.impersonated
        case (.operators, _):
            guard principal.isOperator else { throw Problem.notFound() }
            try settings.authentication.admitOperator(principal)
        default:
            guard principal.user != nil else {
                throw Problem.sessionRequired
            }
            try requireOwnHand(principal, endpoint)
        }
        return nil
    }

    /// Refuses an operator who acts as somebody what only that person may.
    private func requireOwnHand(_ principal: Principal?, _ endpoint: Endpoint) throws(Problem) {
        if principal?.impersonator != nil, !endpoint.worksImpersonated { throw .impersonating }
    }
}

/// Who calls, after authentication and authorisation.
struct Caller: Sendable {
    let principal: Principal?
    let role: Role?
    let scope: Scope
}
