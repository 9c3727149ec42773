// Adding, renaming and removing passkeys.
import Audit
package import Core
package import Storage
import Web

extension Identity {
    /// The passkeys of a person, newest first. Scope: instance.
    package static func passkeys(of user: UserID, in tx: any Transaction) throws -> [Passkey] {
        try PasskeyStore.all(of: user, in: tx)
    }

    /// Whether signing in asks for a second factor: a code, or a passkey.
    static func isProtected(_ user: UserID, in tx: any Transaction) throws -> Bool {
        try SecondFactorStore.isConfirmed(of: user, in: tx) || PasskeyStore.exists(of: user, in: tx)
    }

    /// What a browser makes a passkey with. Throws `passkeys_unavailable` (403), `limit_reached` (409).
    func beginPasskey(
        of id: UserID, session: SessionID, from address: String, origin: String, in tx: any Transaction
    ) throws -> CreationOptions {
        let party = try RelyingParty.required(origin)
        guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.unauthenticated }
        let present = try PasskeyStore.descriptors(of: id, in: tx)
        guard present.count < Passkey.limit else { throw IdentityProblem.tooManyPasskeys(Passkey.limit) }
        let challenge = try challenges.issue(.registration(session), to: address, at: tx.now)
        return CreationOptions(party, for: user, challenge: challenge, excluding: present)
    }

    /// Adds the passkey that a browser made, and gives the session another token, which counts as opened with it. The
    /// first factor of an account brings recovery codes, and ends the other sessions: they were opened without one.
    ///
    /// - Parameter name: what its owner calls it; empty names it after the browser.
    ///
    /// Throws `validation_failed` at `/name`, `passkey_refused`, `challenge_unusable` (422), `passkey_exists`,
    /// `limit_reached` (409).
    func addPasskey(
        _ credential: JSONValue, named name: String, of id: UserID, session: SessionID, on device: Device,
        origin: String, by caller: Actor
    ) async throws -> PasskeyAdded {
        let party = try RelyingParty.required(origin)
        let name = name.isEmpty ? Self.device(device.userAgent) : try Person.name(name)
        let made = try CreatedCredential(credential)
        let challenge = try party.challenge(in: made.clientData, type: "webauthn.create")
        guard challenges.use(challenge, for: .registration(session), at: database.clock.now) else {
            throw IdentityProblem.challengeUnusable
        }
        let new = try party.check(made)
        return try await database.write(in: .instance, by: caller) { tx in
            guard let user = try IdentityStore.find(id, in: tx) else { throw Problem.unauthenticated }
            guard try PasskeyStore.all(of: id, in: tx).count < Passkey.limit else {
                throw IdentityProblem.tooManyPasskeys(Passkey.limit)
            }
            let isFirst = try !Self.isProtected(id, in: tx)
            guard let passkey = try PasskeyStore.insert(new, named: name, of: id, in: tx) else {
                throw IdentityProblem.passkeyExists
            }
            let codes = isFirst ? try Self.newCodes(of: id, in: tx) : []
            let ended = isFirst ? try SessionStore.deleteAll(of: id, except: session, in: tx) : 0
            let signedIn = try Self.renew(session, of: user, adding: .passkey, in: tx)
            try Audit.record(
                "passkey.added", on: .init("user", id),
                .object([
                    "id": .string(passkey.id.text), "name": .string(name), "sessions_revoked": .integer(Int64(ended)),
                ]), in: tx)
            try IdentityMail.secondFactorChanged(.passkeyAdded(name), of: user, in: tx)
            return PasskeyAdded(
                passkey: passkey, recoveryCodes: codes, token: signedIn.token, sessionsRevoked: ended)
        }
    }

    /// Gives a passkey another name. Throws 404, `validation_failed` at `/name`.
    static func renamePasskey(
        _ id: PasskeyID, to raw: String, of user: UserID, in tx: any Transaction
    ) throws -> Passkey {
        let name = try Person.name(raw)
        guard let before = try PasskeyStore.find(id, of: user, in: tx) else { throw Problem.notFound("passkey") }
        guard name != before.name, let renamed = try PasskeyStore.rename(id, to: name, of: user, in: tx) else {
            return before
        }
        try Audit.record(
            "passkey.renamed", on: .init("user", user),
            .object([
                "id": .string(id.text), "name": .object(["from": .string(before.name), "to": .string(name)]),
            ]), in: tx)
        return renamed
    }

    /// Takes a passkey away, and ends the other sessions in which one was given: it may have been this one. With the
    /// last factor of an account its recovery codes go. Throws 404.
    static func removePasskey(
        _ id: PasskeyID, of owner: UserID, keeping session: SessionID? = nil, in tx: any Transaction
    ) throws {
        guard let user = try IdentityStore.find(owner, in: tx),
            let passkey = try PasskeyStore.find(id, of: owner, in: tx),
            try PasskeyStore.delete(id, of: owner, in: tx)
        else { throw Problem.notFound("passkey") }
        let ended = try SessionStore.deleteAll(of: owner, except: session, openedWith: .passkey, in: tx)
        if try !PasskeyStore.exists(of: owner, in: tx) { try SessionStore.forget(.passkey, of: owner, in: tx) }
        let isProtected = try isProtected(owner, in: tx)
        if !isProtected { try forgetProtection(of: owner, in: tx) }
        try Audit.record(
            "passkey.removed", on: .init("user", owner),
            .object([
                "id": .string(id.text), "name": .string(passkey.name), "sessions_revoked": .integer(Int64(ended)),
            ]), in: tx)
        try IdentityMail.secondFactorChanged(.passkeyRemoved(passkey.name, isLast: !isProtected), of: user, in: tx)
    }

    /// Takes all passkeys of a person away.
    static func removePasskeys(of user: UserID, in tx: any Transaction) throws {
        for passkey in try PasskeyStore.all(of: user, in: tx) { try removePasskey(passkey.id, of: user, in: tx) }
    }
}
