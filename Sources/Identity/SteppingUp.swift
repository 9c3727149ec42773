// Giving a credential anew: what changes to the account itself, and other things of weight, ask for.
import Audit
package import Core
import Storage
package import Web

extension Identity {
    /// How long after a credential was given the account itself may be changed: 10 minutes.
    package static let freshness = Milliseconds.minutes(10)

    /// Notes that somebody gave a credential again; the session goes on with another token.
    ///
    /// Throws `wrong_password` at `/password`, `wrong_code` (422), `too_many_attempts`, `too_many_codes` (429).
    func stepUp(
        _ session: SessionID, of id: UserID, password: String?, code: String?, on device: Device, by caller: Actor
    ) async throws -> SignedIn {
        if let code, !code.isEmpty {
            return try await withCode(code, of: id, by: caller) { user, _, tx in
                try Self.renew(session, of: user, adding: .code, in: tx)
            }
        }
        try throttle.begin(id.text, from: device.address ?? "", at: database.clock.now)
        let hash = try database.read(in: .instance) { try IdentityStore.passwordHash(of: id, in: $0) }
        guard try await hasher.check(String((password ?? "").prefix(1024)), against: hash).isRight else {
            throw Problem.invalid([FieldProblem("/password", "wrong_password", "This is not your password.")])
        }
        throttle.succeeded(id.text, from: device.address ?? "")
        return try await database.write(in: .instance, by: caller) { tx in
            // A password that was changed in between is none any more.
            guard let user = try IdentityStore.find(id, in: tx),
                try IdentityStore.passwordHash(of: id, in: tx) == hash
            else { throw Problem.unauthenticated }
            return try Self.renew(session, of: user, adding: nil, in: tx)
        }
    }

    /// Gives a session another token, fresh from now; with a second factor it counts as opened by both.
    static func renew(
        _ id: SessionID, of user: User, adding method: SignInMethod?, in tx: any Transaction
    ) throws -> SignedIn {
        let token = Token(.session)
        guard
            let session = try SessionStore.renew(id, of: user.id, hash: token.hash, adding: method, in: tx)
        else { throw Problem.unauthenticated }
        try Audit.record("session.confirmed", on: .init("session", id), .object([]), in: tx)
        return SignedIn(token: token.text, session: session, user: user)
    }
}

extension Call {
    /// Whether a credential was given in this session within the last 10 minutes.
    package func isFresh(at now: Timestamp) -> Bool {
        guard let last = principal?.authenticatedAt else { return false }
        return now.since(last) < Identity.freshness
    }

    /// Throws `step_up_required` (403) when the last credential is older than 10 minutes.
    package func requireFresh(at now: Timestamp) throws {
        try requireOwnHand()
        guard isFresh(at: now) else { throw IdentityProblem.stepUpRequired }
    }

    /// The session of the person who calls; throws `unauthenticated` for keys and strangers.
    func session() throws(Problem) -> SessionID {
        guard let sessionID else { throw .unauthenticated }
        return sessionID
    }
}
