// Adding, removing and renewing a second factor.
import Audit
package import Core
package import Storage
import Web

extension Identity {
    /// What the API and the pages say about somebody's second factor. Scope: instance.
    package static func secondFactor(of user: UserID, in tx: any Transaction) throws -> SecondFactor {
        let confirmedAt = try SecondFactorStore.find(of: user, in: tx)?.confirmedAt
        return SecondFactor(
            isEnabled: confirmedAt != nil, confirmedAt: confirmedAt,
            passkeys: try PasskeyStore.all(of: user, in: tx).count,
            recoveryCodesLeft: try SecondFactorStore.codesLeft(of: user, in: tx))
    }

    /// Makes a new seed. It counts after `confirmFactor` only, and takes the place of one that never was confirmed.
    ///
    /// Throws `second_factor_exists` (409).
    func beginFactor(of id: UserID, origin: String, in tx: any Transaction) throws -> Enrolment {
        guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.unauthenticated }
        let seed = CodeSeed()
        guard try SecondFactorStore.begin(try opened(seal).close(seed, of: id), of: id, in: tx) else {
            throw IdentityProblem.secondFactorExists
        }
        return Self.enrolment(seed, of: user, origin: origin)
    }

    /// The seed that waits for its first code; nil when there is none.
    func waitingFactor(of id: UserID, origin: String, in tx: any Transaction) throws -> Enrolment? {
        guard let stored = try SecondFactorStore.find(of: id, in: tx), stored.confirmedAt == nil,
            let user = try IdentityStore.find(id, in: tx)
        else { return nil }
        return Self.enrolment(try opened(seal).open(stored.sealedSeed, of: id), of: user, origin: origin)
    }

    private static func enrolment(_ seed: CodeSeed, of user: User, origin: String) -> Enrolment {
        let host = origin.split(separator: "/").last.map(String.init) ?? "RaptorFlow"
        let issuer = String(host.prefix { $0 != ":" })
        return Enrolment(secret: seed.text, uri: seed.address(account: user.email, issuer: issuer))
    }

    /// Turns the second factor on with its first code, ends the other sessions and gives this one another token.
    ///
    /// Throws `wrong_code` (422), `too_many_codes` (429), `second_factor_exists` (409).
    func confirmFactor(
        of id: UserID, with code: String, session: SessionID, by caller: Actor
    ) async throws -> FactorConfirmed {
        try await withCode(code, of: id, isFirst: true, by: caller) { user, _, tx in
            let codes = try Self.newCodes(of: id, in: tx)
            let ended = try SessionStore.deleteAll(of: id, except: session, in: tx)
            let signedIn = try Self.renew(session, of: user, adding: .code, in: tx)
            try Audit.record(
                "second_factor.added", on: .init("user", id), .object(["sessions_revoked": .integer(Int64(ended))]),
                in: tx)
            try IdentityMail.secondFactorChanged(.added, of: user, in: tx)
            return FactorConfirmed(recoveryCodes: codes, token: signedIn.token, sessionsRevoked: ended)
        }
    }

    /// Makes ten new recovery codes; those before work no longer. Throws `second_factor_absent` (409).
    static func renewCodes(of id: UserID, in tx: any Transaction) throws -> RecoveryCodes {
        guard let user = try IdentityStore.find(id, in: tx), try isProtected(id, in: tx) else {
            throw IdentityProblem.secondFactorAbsent
        }
        let codes = try newCodes(of: id, in: tx)
        try Audit.record("recovery_codes.renewed", on: .init("user", id), .object([]), in: tx)
        try IdentityMail.secondFactorChanged(.codesRenewed, of: user, in: tx)
        return RecoveryCodes(recoveryCodes: codes)
    }

    static func newCodes(of id: UserID, in tx: any Transaction) throws -> [String] {
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode() }
        try SecondFactorStore.replaceCodes(codes.map(\.hash), of: id, in: tx)
        return codes.map(\.text)
    }

    /// Takes the authenticator program away, and with the last factor the recovery codes. Throws
    /// `second_factor_absent` (409).
    static func removeFactor(of id: UserID, in tx: any Transaction) throws {
        let wasOn = try SecondFactorStore.isConfirmed(of: id, in: tx)
        guard let user = try IdentityStore.find(id, in: tx), try SecondFactorStore.delete(of: id, in: tx) else {
            throw IdentityProblem.secondFactorAbsent
        }
        let hasPasskey = try PasskeyStore.exists(of: id, in: tx)
        if !hasPasskey { try forgetProtection(of: id, in: tx) }
        guard wasOn else { return }
        try SessionStore.forget(.code, of: id, in: tx)
        try Audit.record("second_factor.removed", on: .init("user", id), .object([]), in: tx)
        try IdentityMail.secondFactorChanged(.removed(isLast: !hasPasskey), of: user, in: tx)
    }

    /// What goes with the last factor of an account: recovery codes, and sign-ins that wait for their second step.
    static func forgetProtection(of id: UserID, in tx: any Transaction) throws {
        try SecondFactorStore.replaceCodes([], of: id, in: tx)
        try OneTimeTokenStore.delete(.secondFactor, of: id, in: tx)
    }

    /// Takes somebody's authenticator program and passkeys away from the command line and ends all their sessions.
    /// Throws 404, `second_factor_absent` (409).
    package func disableSecondFactor(email: String, by actor: Actor) async throws {
        try await database.write(in: .instance, by: actor) { tx in
            let user = try Self.known(email, in: tx)
            let hadPasskeys = try PasskeyStore.exists(of: user.id, in: tx)
            try Self.removePasskeys(of: user.id, in: tx)
            let hasMore = try SecondFactorStore.find(of: user.id, in: tx) != nil
            if hasMore || !hadPasskeys { try Self.removeFactor(of: user.id, in: tx) }
            _ = try SessionStore.deleteAll(of: user.id, in: tx)
        }
    }

    func opened(_ seal: FactorSeal?) throws -> FactorSeal {
        guard let seal else {
            throw Problem("internal_error", status: 500, "Second factors can't be opened without the instance's key.")
        }
        return seal
    }
}
