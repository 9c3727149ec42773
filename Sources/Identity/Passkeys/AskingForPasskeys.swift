// Signing in with a passkey: alone, as the second step, and to confirm that it is still the same person.
import Audit
import Core
import Storage
import Web

extension Identity {
    /// What a browser is asked with that does not say who sits there. Throws `passkeys_unavailable` (403),
    /// `too_many_attempts` (429).
    func beginPasskeySignIn(from address: String, origin: String) throws -> RequestOptions {
        let party = try RelyingParty.required(origin)
        let challenge = try challenges.issue(.signIn, to: address, at: database.clock.now)
        return RequestOptions(party, challenge: challenge, allowing: nil)
    }

    /// What is asked for the second step of a sign-in. Throws `challenge_unusable` (422), `passkey_absent` (409).
    func beginSecondStep(
        _ challenge: String, from address: String, origin: String, in tx: any Transaction
    ) throws -> RequestOptions {
        guard let hash = Token.hash(challenge, .once),
            let user = try OneTimeTokenStore.user(.secondFactor, hash: hash, in: tx)
        else { throw IdentityProblem.challengeUnusable }
        return try ask(user, for: .secondStep(hash), from: address, origin: origin, in: tx)
    }

    /// What is asked of somebody who is signed in. Throws `passkey_absent` (409).
    func beginStepUp(
        _ session: SessionID, of user: UserID, from address: String, origin: String, in tx: any Transaction
    ) throws -> RequestOptions {
        try ask(user, for: .stepUp(session), from: address, origin: origin, in: tx)
    }

    private func ask(
        _ user: UserID, for purpose: PasskeyChallenges.Purpose, from address: String, origin: String,
        in tx: any Transaction
    ) throws -> RequestOptions {
        let party = try RelyingParty.required(origin)
        let known = try PasskeyStore.descriptors(of: user, in: tx)
        guard !known.isEmpty else { throw IdentityProblem.passkeyAbsent }
        return RequestOptions(
            party, challenge: try challenges.issue(purpose, to: address, at: tx.now), allowing: known)
    }

    /// Opens a session for whoever holds a passkey and was verified by its authenticator: that is both factors.
    ///
    /// Throws `passkey_refused`, `passkey_unverified`, `challenge_unusable` (422), `too_many_attempts` (429).
    func signIn(
        passkey: JSONValue, on device: Device, origin: String, by caller: Actor
    ) async throws -> SignedIn {
        try await withPasskey(passkey, for: .signIn, on: device, origin: origin, by: caller) { user, tx in
            try Self.openSession(for: user, by: [.passkey], on: device, in: tx)
        }
    }

    /// Completes a sign-in with a passkey. Throws as `signIn` does.
    func completeSignIn(
        challenge: String, passkey: JSONValue, on device: Device, origin: String, by caller: Actor
    ) async throws -> SignedIn {
        guard let hash = Token.hash(challenge, .once) else { throw IdentityProblem.challengeUnusable }
        let owner = try database.read(in: .instance) { try OneTimeTokenStore.user(.secondFactor, hash: hash, in: $0) }
        guard let owner else { throw IdentityProblem.challengeUnusable }
        return try await withPasskey(
            passkey, for: .secondStep(hash), of: owner, on: device, origin: origin, by: caller
        ) { user, tx in
            guard let first = try OneTimeTokenStore.subject(.secondFactor, hash: hash, in: tx),
                try OneTimeTokenStore.use(hash, in: tx)
            else { throw IdentityProblem.challengeUnusable }
            let way = first.text.flatMap(SignInMethod.init) ?? .password
            return try Self.openSession(for: user, by: [way, .passkey], on: device, in: tx)
        }
    }

    /// Notes that somebody gave their passkey again. Throws as `signIn` does.
    func stepUp(
        _ session: SessionID, of owner: UserID, passkey: JSONValue, on device: Device, origin: String,
        by caller: Actor
    ) async throws -> SignedIn {
        try await withPasskey(
            passkey, for: .stepUp(session), of: owner, on: device, origin: origin, by: caller
        ) { user, tx in try Self.renew(session, of: user, adding: .passkey, in: tx) }
    }

    /// Does something in the unit of work in which a passkey was right; a wrong answer is counted and recorded.
    ///
    /// - Parameter owner: whose passkey it has to be; nil when the passkey says who it is.
    private func withPasskey<Value: Sendable>(
        _ credential: JSONValue, for purpose: PasskeyChallenges.Purpose, of owner: UserID? = nil, on device: Device,
        origin: String, by caller: Actor, _ body: @escaping @Sendable (User, any Transaction) throws -> Value
    ) async throws -> Value {
        let party = try RelyingParty.required(origin)
        let answer = try AssertedCredential(credential)
        let challenge = try party.challenge(in: answer.clientData, type: "webauthn.get")
        guard challenges.use(challenge, for: purpose, at: database.clock.now) else {
            throw IdentityProblem.challengeUnusable
        }
        let stored = try database.read(in: .instance) { try PasskeyStore.find(credential: answer.id, in: $0) }
        let account = owner ?? stored?.user
        try throttle.begin(account?.text ?? "?", from: device.address ?? "", at: database.clock.now)
        guard let stored, stored.user == account else { throw PasskeyRefusal.owner }
        let data: AuthenticatorData
        do {
            data = try party.check(answer, by: stored, isAlone: owner == nil)
        } catch {
            try await database.write(in: .instance, by: caller) { tx in try Self.refuse(stored, error, in: tx) }
            throw error
        }
        throttle.succeeded(stored.user.text, from: device.address ?? "")
        return try await use(stored, data, by: caller, body)
    }

    private func use<Value: Sendable>(
        _ stored: PasskeyStore.Stored, _ data: AuthenticatorData, by caller: Actor,
        _ body: @escaping @Sendable (User, any Transaction) throws -> Value
    ) async throws -> Value {
        let user = try database.read(in: .instance) { try IdentityStore.find(stored.user, in: $0) }
        guard let user else { throw PasskeyRefusal.owner }
        let value = try await database.write(in: .instance, by: user.actor(like: caller)) { tx -> Value? in
            // Account and passkey may have gone while the answer was being checked.
            guard let user = try IdentityStore.find(stored.user, in: tx),
                try PasskeyStore.find(stored.id, of: user.id, in: tx) != nil
            else { throw PasskeyRefusal.owner }
            guard try PasskeyStore.use(stored.id, count: data.signCount, isBackedUp: data.isBackedUp, in: tx) else {
                try Self.refuse(stored, .counter, in: tx)
                try IdentityMail.passkeyCopied(stored.name, of: user, in: tx)
                return nil
            }
            return try body(user, tx)
        }
        guard let value else { throw PasskeyRefusal.counter }
        return value
    }

    private static func refuse(
        _ stored: PasskeyStore.Stored, _ refusal: PasskeyRefusal, in tx: any Transaction
    ) throws {
        try Audit.record(
            "passkey.refused", on: .init("user", stored.user),
            .object(["id": .string(stored.id.text), "reason": .string(refusal.rawValue)]), in: tx)
    }
}
