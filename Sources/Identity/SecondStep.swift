// The second step of a sign-in: a code of the authenticator program, or a recovery code (or a passkey: Passkeys).
import Audit
package import Core
package import Storage
import Web

extension Identity {
    /// How many wrong codes an account takes before it has to wait, wherever they come from.
    static let codeLimit: Int64 = 10
    static let codeWait = Milliseconds.minutes(15)

    /// Opens a session for somebody whose first credential was right; with a second factor, only the challenge for it.
    /// Scope: instance; the actor should be the person.
    package static func enter(
        _ user: User, by method: SignInMethod, on device: Device, authenticatedAt: Timestamp? = nil,
        in tx: any Transaction
    ) throws -> SignInOutcome {
        guard try isProtected(user.id, in: tx) else {
            return .signedIn(
                try openSession(for: user, by: [method], on: device, authenticatedAt: authenticatedAt, in: tx))
        }
        let token = Token(.once)
        try OneTimeTokenStore.insert(
            .secondFactor, of: user.id, subject: method.rawValue, hash: token.hash, lifetime: Challenge.lifetime,
            in: tx)
        return .needsCode(Challenge(token: token.text, expiresAt: tx.now.adding(Challenge.lifetime)))
    }

    /// Completes a sign-in with a code.
    ///
    /// Throws `challenge_unusable` (422), `wrong_code` (422), `too_many_codes` (429).
    package func completeSignIn(
        challenge: String, code: String, on device: Device, by caller: Actor
    ) async throws -> SignedIn {
        guard let hash = Token.hash(challenge, .once) else { throw IdentityProblem.challengeUnusable }
        let user = try database.read(in: .instance) { tx -> User in
            guard let id = try OneTimeTokenStore.user(.secondFactor, hash: hash, in: tx),
                let user = try IdentityStore.find(id, in: tx)
            else { throw IdentityProblem.challengeUnusable }
            return user
        }
        return try await withCode(code, of: user.id, challenge: hash, by: user.actor(like: caller)) { user, way, tx in
            guard try OneTimeTokenStore.use(hash, in: tx) else { throw IdentityProblem.challengeUnusable }
            return try Self.openSession(for: user, by: [way, .code], on: device, in: tx)
        }
    }

    /// Does something in the unit of work in which a code was right; a wrong one is counted, and that is kept.
    ///
    /// - Parameters:
    ///   - isFirst: whether the code is to turn the second factor on.
    ///   - challenge: what has to be open still, when this is the second step of a sign-in.
    func withCode<Value: Sendable>(
        _ code: String, of id: UserID, isFirst: Bool = false, challenge: [UInt8]? = nil, by actor: Actor,
        _ body: @escaping @Sendable (User, SignInMethod, any Transaction) throws -> Value
    ) async throws -> Value {
        if !isFirst, try !database.read(in: .instance, { try SecondFactorStore.isConfirmed(of: id, in: $0) }) {
            // Beside passkeys only recovery codes can be right, and there is no counter of wrong ones.
            try throttle.begin(id.text, from: actor.address ?? "", at: database.clock.now)
        }
        let outcome = try await database.write(in: .instance, by: actor) { tx -> Result<Value, IdentityProblem> in
            guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.unauthenticated }
            var way = SignInMethod.password
            if let challenge {
                // It may have been used up since it was looked at: then the code must not be.
                guard let subject = try OneTimeTokenStore.subject(.secondFactor, hash: challenge, in: tx) else {
                    throw IdentityProblem.challengeUnusable
                }
                way = subject.text.flatMap(SignInMethod.init) ?? .password
            }
            if let refusal = try refuse(code, of: user, isFirst: isFirst, in: tx) { return .failure(refusal) }
            return .success(try body(user, way, tx))
        }
        return try outcome.get()
    }

    /// Uses a code up; what is wrong with it, if anything. The unit of work has to commit either way.
    private func refuse(
        _ code: String, of user: User, isFirst: Bool, in tx: any Transaction
    ) throws -> IdentityProblem? {
        let stored = try SecondFactorStore.find(of: user.id, in: tx)
        guard let stored, (stored.confirmedAt == nil) == isFirst else {
            if isFirst { return stored == nil ? .secondFactorAbsent : .secondFactorExists }
            return try refuseBesidePasskeys(code, of: user, in: tx)
        }
        if let failedAt = stored.failedAt {
            let opensAt = failedAt.adding(Self.codeWait)
            if opensAt <= tx.now {
                try SecondFactorStore.clearFailures(of: user.id, in: tx)
            } else if stored.failures >= Self.codeLimit {
                return .tooManyCodes(retryAfter: Int(opensAt.since(tx.now).count / 1000) + 1)
            }
        }
        if try isRight(code, of: user, stored, allowsRecovery: !isFirst, in: tx) { return nil }
        try SecondFactorStore.countFailure(of: user.id, in: tx)
        try Audit.record("second_factor.refused", on: .init("user", user.id), .object([]), in: tx)
        if stored.failures + 1 == Self.codeLimit { try IdentityMail.codesTried(on: user, in: tx) }
        return .wrongCode
    }

    /// Where there is no authenticator program only recovery codes can be right, for whoever has lost a passkey. They
    /// are too long to be guessed, so wrong ones are not counted for the account.
    private func refuseBesidePasskeys(
        _ code: String, of user: User, in tx: any Transaction
    ) throws -> IdentityProblem? {
        guard try PasskeyStore.exists(of: user.id, in: tx) else { return .secondFactorAbsent }
        if let hash = RecoveryCode.hash(of: code), try Self.useRecoveryCode(hash, of: user, in: tx) { return nil }
        try Audit.record("second_factor.refused", on: .init("user", user.id), .object([]), in: tx)
        return .wrongCode
    }

    private static func useRecoveryCode(
        _ hash: [UInt8], of user: User, in tx: any Transaction
    ) throws -> Bool {
        guard try SecondFactorStore.useCode(hash, of: user.id, in: tx) else { return false }
        try SecondFactorStore.clearFailures(of: user.id, in: tx)
        let left = try SecondFactorStore.codesLeft(of: user.id, in: tx)
        try Audit.record(
            "recovery_code.used", on: .init("user", user.id), .object(["left": .integer(Int64(left))]), in: tx)
        try IdentityMail.recoveryCodeUsed(by: user, left: left, in: tx)
        return true
    }

    private func isRight(
        _ code: String, of user: User, _ stored: SecondFactorStore.Stored, allowsRecovery: Bool,
        in tx: any Transaction
    ) throws -> Bool {
        if allowsRecovery, let hash = RecoveryCode.hash(of: code) {
            return try Self.useRecoveryCode(hash, of: user, in: tx)
        }
        let seed = try opened(seal).open(stored.sealedSeed, of: user.id)
        let digits = String(code.filter { $0 != " " })
        guard let step = seed.step(of: digits, at: tx.now, after: stored.lastStep) else { return false }
        return try SecondFactorStore.use(step, of: user.id, in: tx)
    }
}

extension SignInOutcome {
    /// The session; throws `second_factor_required` (401) where there is no way to ask for a code.
    package func session() throws -> SignedIn {
        switch self {
        case .signedIn(let signedIn): signedIn
        case .needsCode: throw IdentityProblem.secondFactorRequired
        }
    }
}
