// An operator acts for a user: a session of the user's that says whose it is, and ends within the hour.
import Audit
package import Core
package import Storage
package import Web

extension Identity {
    /// How long an operator may act for somebody at most: 60 minutes.
    package static let impersonationLimit = Milliseconds.minutes(60)

    /// Where a browser keeps the operator's own session meanwhile.
    package static let ownSessionCookie = HostCookie("raptorflow-own", seconds: 3600)

    /// Opens a session of a user for an operator, and tells the user by mail. What the operator was acting in before
    /// ends. Scope: instance; the actor is the operator.
    ///
    /// Throws `impersonation_off` (403), 404, `not_impersonable` (409) for operators, oneself and suspended accounts.
    package func impersonate(
        _ id: UserID, by `operator`: UserID, in own: SessionID, because reason: String, for duration: Milliseconds,
        on device: Device, in tx: any Transaction
    ) throws -> SignedIn {
        guard policy.allowsImpersonation else { throw IdentityProblem.impersonationOff }
        guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.notFound("account") }
        guard !user.isOperator, id != `operator`, try IdentityStore.suspendedAt(id, in: tx) == nil else {
            throw IdentityProblem.notImpersonable
        }
        for before in try SessionStore.deleteImpersonations(by: own, in: tx) {
            try Audit.record("session.revoked", on: .init("session", before.session), .object([]), in: tx)
        }
        let token = Token(.session)
        let end = tx.now.adding(min(duration, Self.impersonationLimit))
        let session = Session(
            id: SessionID(at: tx.now), userAgent: device.userAgent, address: device.address, createdAt: tx.now,
            lastSeenAt: tx.now, expiresAt: end, methods: [], isCurrent: true, impersonatedBy: tx.actor.display)
        guard
            try SessionStore.insertImpersonation(
                session, of: id, hash: token.hash, by: `operator`, in: own, because: reason, in: tx)
        else { throw Problem.unauthenticated }
        try IdentityMail.tell(
            user, "Somebody who runs this instance acts for you",
            """
            \(tx.actor.display), who runs this instance, acts in your account until \(end) at the latest. The reason:

            \(reason)

            What they do stands in the audit logs under both names. They can't change your password, your factors, your
            address or your keys. You can end it at any time: sign that session out, under Sessions in your account.
            """, in: tx)
        return SignedIn(token: token.text, session: session, user: user)
    }

    /// Ends the impersonation that a session is. Scope: instance.
    package static func endImpersonation(_ session: SessionID, of user: UserID, in tx: any Transaction) throws {
        _ = try SessionStore.delete(session, of: user, in: tx)
    }

    /// The operator's own session that the browser kept, if it still is one of theirs.
    package func ownToken(in request: RequestFacts, in tx: any Transaction) throws -> String? {
        guard let token = Self.ownSessionCookie.value(in: request), let found = try principal(token: token, in: tx),
            found.isOperator
        else { return nil }
        return token
    }

    /// Sends a browser back to the operator's own session, or to the sign-in page when that has ended.
    package static func returning(to own: String?, origin: String) -> Response {
        var response = Response.redirect(
            to: own == nil ? "/sign-in" : "/operator", flash: "You are yourself again.")
        response.headers += own.map { [SessionCookie.set($0, origin: origin)] } ?? SessionCookie.leave(origin: origin)
        response.headers.append(ownSessionCookie.clear(origin: origin))
        return response
    }
}
