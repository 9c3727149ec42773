// Passkeys: adding and removing them, signing in with them, and everything that must not get around them.
import Core
import Crypto
import Foundation
import Storage
import Testing
import Web

@testable import Identity

/// One after the other: each has a file, threads and hashes of its own.
@Suite(.serialized) struct PasskeyTests {
    @Test func `a passkey alone opens a session with both factors, and its use is noted`() async throws {
        let holder = try await KeyHolder(Instance())
        let signedIn = try await holder.signIn()
        #expect(signedIn.user.id == holder.user.id)
        #expect(signedIn.session.methods == ["passkey"])
        #expect(try holder.instance.principal(signedIn.token)?.hasSecondFactor == true)
        let listed = try await holder.instance.act { try Identity.passkeys(of: holder.user.id, in: $0) }
        #expect(listed.map(\.name) == ["phone"])
        #expect(listed.first?.lastUsedAt != nil)
        #expect(try holder.records("passkey.added") == 1)
    }

    @Test func `the first one brings recovery codes and ends the sessions from before, a second one does not`()
        async throws
    {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let (here, there) = (try await instance.signIn(), try await instance.signIn())
        let made = try await KeyHolder.add(Authenticator(), named: "phone", to: user.id, here.session.id, instance)
        #expect(made.recoveryCodes.count == 10)
        #expect(made.sessionsRevoked == 1)
        // SES-1: the token from before is not the one after.
        #expect(try instance.principalID(here.token) == nil && instance.principalID(there.token) == nil)
        #expect(try instance.principal(made.token)?.hasSecondFactor == true)
        #expect(try instance.newestMail()?.contains("the passkey “phone” was added") == true)
        let more = try await KeyHolder.add(Authenticator(), named: "", to: user.id, here.session.id, instance)
        #expect(more.recoveryCodes.isEmpty && more.sessionsRevoked == 0)
        #expect(more.passkey.name == "Test")
    }

    @Test func `a right password alone opens nothing then, and a passkey completes it without a PIN`() async throws {
        let holder = try await KeyHolder(Instance())
        #expect(await refusal { try await holder.instance.signIn() } == "second_factor_required")
        let challenge = try await holder.instance.challenge()
        var key = holder.key
        key.flags = 0x01
        let signedIn = try await holder.complete(challenge, key)
        #expect(signedIn.session.methods == ["pwd", "passkey"])
        #expect(await refusal { try await holder.complete(challenge) } == "challenge_unusable")
        #expect(await refusal { try await holder.signIn(key) } == "passkey_unverified")
    }

    @Test func `MFA-7 a mailed link does not get around a passkey`() async throws {
        let holder = try await KeyHolder(Instance())
        let outcome = try await holder.instance.act { tx in
            try Identity.enter(holder.user, by: .link, on: Instance.device, in: tx)
        }
        guard case .needsCode(let challenge) = outcome else {
            Issue.record("a link alone opened a session")
            return
        }
        #expect(try await holder.complete(challenge.token).session.methods == ["link", "passkey"])
    }

    @Test func `MFA-3 a recovery code stands in for a lost passkey once, a code of no program never`() async throws {
        let holder = try await KeyHolder(Instance())
        func complete(_ code: String) async -> String? {
            await refusal {
                try await holder.instance.identity.completeSignIn(
                    challenge: try await holder.instance.challenge(), code: code, on: Instance.device,
                    by: Instance.actor)
            }
        }
        #expect(await complete("123456") == "wrong_code")
        #expect(await complete(holder.codes[0]) == nil)
        #expect(await complete(holder.codes[0]) == "wrong_code")
        #expect(try holder.instance.newestMail()?.contains("9 of them are left") == true)
        // A program that was begun and never confirmed changes nothing.
        _ = try await holder.instance.act { tx in
            try holder.instance.identity.beginFactor(of: holder.user.id, origin: Authenticator.origin, in: tx)
        }
        #expect(
            await complete(try holder.instance.seed(of: holder.user.id).code(at: holder.instance.step)) == "wrong_code")
        #expect(await complete(holder.codes[1]) == nil)
    }

    @Test func `MFA-2 guesses at recovery codes from one place are stopped, and the passkey still works elsewhere`()
        async throws
    {
        let holder = try await KeyHolder(Instance())
        let challenge = try await holder.instance.challenge()
        var answers: [String?] = []
        for _ in 0..<12 {
            answers.append(
                await refusal {
                    try await holder.instance.identity.completeSignIn(
                        challenge: challenge, code: "000000", on: Instance.device, by: Instance.actor)
                })
        }
        #expect(answers.prefix(10).allSatisfy { $0 == "wrong_code" })
        #expect(answers.dropFirst(10).allSatisfy { $0 == "too_many_attempts" })
        #expect(await refusal { try await holder.complete(challenge) } == "too_many_attempts")
        let elsewhere = try await holder.instance.identity.signIn(
            passkey: try holder.key.get(try holder.options()), on: .init(named: "Test", address: "198.51.100.7"),
            origin: Authenticator.origin, by: Instance.actor)
        #expect(elsewhere.user.id == holder.user.id)
    }

    @Test func `RST-7 a new password opens nothing and does not take a passkey away`() async throws {
        let holder = try await KeyHolder(Instance())
        try await holder.instance.act { tx in
            try Identity.forgotPassword(holder.user.email, origin: Authenticator.origin, in: tx)
        }
        let token = Instance.token(in: try holder.instance.newestMail())
        try await holder.instance.identity.resetPassword(token: token, to: "another four words", by: Instance.actor)
        #expect(try holder.instance.principalID(holder.token) == nil)
        let alone = await refusal { try await holder.instance.signIn(password: "another four words") }
        #expect(alone == "second_factor_required")
        _ = try await holder.signIn()
    }

    @Test func `MFA-6 a challenge is answered once, by one of nine at once`() async throws {
        let holder = try await KeyHolder(Instance())
        let credential = try holder.key.get(try holder.options())
        let codes = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<9 { group.addTask { await refusal { try await holder.signIn(credential) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1)
        #expect(codes.count { $0 == "challenge_unusable" } == 8)
        // A wrong answer uses it up as well.
        let options = try holder.options()
        var wrong = holder.key
        wrong.key = .p256(P256.Signing.PrivateKey())
        #expect(await refusal { try await holder.signIn(try wrong.get(options)) } == "passkey_refused")
        #expect(await refusal { try await holder.signIn(try holder.key.get(options)) } == "challenge_unusable")
    }

    @Test func `MFA-6 a challenge is good for five minutes, and for what it was made for only`() async throws {
        let holder = try await KeyHolder(Instance(isStill: true))
        let time = holder.instance.time
        let (early, late) = (try holder.options(), try holder.options())
        time.advance(by: Milliseconds(PasskeyChallenges.lifetime.count - 1))
        _ = try await holder.signIn(try holder.key.get(early))
        time.advance(by: Milliseconds(1))
        #expect(await refusal { try await holder.signIn(try holder.key.get(late)) } == "challenge_unusable")
        #expect(
            await refusal { try await holder.signIn(try holder.key.get(challenge: "AAAA")) } == "challenge_unusable")
        let session = try await holder.signIn().session.id
        let other = try await holder.signIn().session.id
        let confirming = try await holder.stepUpOptions(session)
        #expect(await refusal { try await holder.signIn(try holder.key.get(confirming)) } == "challenge_unusable")
        let again = try await holder.stepUpOptions(session)
        #expect(await refusal { try await holder.stepUp(other, try holder.key.get(again)) } == "challenge_unusable")
        let open = try holder.options()
        #expect(await refusal { try await holder.stepUp(session, try holder.key.get(open)) } == "challenge_unusable")
        let options = try await KeyHolder.begin(for: holder.user.id, session, holder.instance)
        let elsewhere = await refusal {
            try await holder.instance.identity.addPasskey(
                Authenticator().create(options), named: "x", of: holder.user.id, session: other, on: Instance.device,
                origin: Authenticator.origin, by: Instance.actor)
        }
        #expect(elsewhere == "challenge_unusable")
    }

    @Test func `MFA-6 an authenticator that does not count on is refused, recorded, and its owner told`() async throws {
        var key = Authenticator()
        key.count = 5
        let holder = try await KeyHolder(Instance(), key: key)
        key = holder.key
        for (count, answer) in [
            (6, nil), (6, "passkey_refused"), (3, "passkey_refused"), (0, "passkey_refused"), (9, nil),
        ]
            as [(UInt32, String?)]
        {
            key.count = count
            let current = key
            #expect(await refusal { try await holder.signIn(current) } == answer, "\(count)")
        }
        #expect(try holder.records("passkey.refused") == 3)
        let mails = try holder.instance.database.read(in: .instance) { tx in
            try tx.rows("SELECT text FROM messages") { try $0.text(0) }
        }
        #expect(mails.count { $0.contains("has a copy of it") } == 3)
        // One that never counts is as good.
        let other = try await KeyHolder(holder.instance, "arjun@example.com")
        for _ in 0..<2 { _ = try await other.signIn() }
    }

    @Test func `MFA-6 a passkey of somebody else is no second step and confirms nothing`() async throws {
        let instance = try Instance()
        let holder = try await KeyHolder(instance)
        let other = try await KeyHolder(instance, "arjun@example.com")
        for handle in [other.key.handle, holder.key.handle, nil] {
            var key = other.key
            key.handle = handle
            let wrong = key
            let challenge = try await instance.challenge()
            #expect(await refusal { try await holder.complete(challenge, wrong) } == "passkey_refused")
            let options = try await holder.stepUpOptions(holder.session)
            #expect(
                await refusal { try await holder.stepUp(holder.session, try wrong.get(options)) } == "passkey_refused")
        }
        // Nor does it sign somebody else in by saying so.
        var liar = other.key
        liar.handle = holder.key.handle
        let lying = liar
        #expect(await refusal { try await holder.signIn(lying) } == "passkey_refused")
        #expect(try await holder.signIn(other.key).user.id == other.user.id)
    }

    @Test func `MFA-6 a credential is taken once in the whole instance`() async throws {
        let instance = try Instance()
        let holder = try await KeyHolder(instance)
        let user = try await instance.makeUser("arjun@example.com")
        let session = try await instance.signIn("arjun@example.com").session.id
        let twice = await refusal {
            try await KeyHolder.add(holder.key, named: "mine", to: user.id, session, instance)
        }
        #expect(twice == "passkey_exists")
        let own = await refusal {
            try await KeyHolder.add(holder.key, named: "again", to: holder.user.id, holder.session, instance)
        }
        #expect(own == "passkey_exists")
        #expect(try await holder.signIn().user.id == holder.user.id)
    }

    @Test func `confirming with a passkey gives the session another token, and both factors`() async throws {
        let holder = try await KeyHolder(Instance(isStill: true))
        holder.instance.time.advance(by: .minutes(11))
        #expect(try holder.instance.principalID(holder.token) != nil)
        let options = try await holder.stepUpOptions(holder.session)
        #expect(options.allowCredentials.map(\.id) == [Base64URL.encode(holder.key.id)])
        let renewed = try await holder.stepUp(holder.session, try holder.key.get(options))
        #expect(try holder.instance.principalID(holder.token) == nil)
        let principal = try #require(try holder.instance.principal(renewed.token))
        #expect(principal.authenticatedAt == holder.instance.time.clock.now)
        #expect(renewed.session.methods == ["pwd", "passkey"])
    }

    @Test func `removing the last factor opens the account to the password, and shuts organisations that ask for one`()
        async throws
    {
        let holder = try await KeyHolder(Instance())
        let alone = try await holder.signIn()
        try await holder.instance.act { tx in
            try Identity.removePasskey(holder.passkey.id, of: holder.user.id, keeping: holder.session, in: tx)
        }
        // Sessions of the passkey end, but for the one that removed it: that has only the password left.
        #expect(try holder.instance.principalID(alone.token) == nil)
        #expect(try holder.instance.principal(holder.token)?.hasSecondFactor == false)
        #expect(await refusal { try await holder.signIn() } == "passkey_refused")
        #expect(try holder.instance.newestMail()?.contains("asks for the password only") == true)
        _ = try await holder.instance.signIn()
        let factor = try await holder.instance.act { try Identity.secondFactor(of: holder.user.id, in: $0) }
        #expect(factor.recoveryCodesLeft == 0 && factor.passkeys == 0 && !factor.isEnabled)
        #expect(try holder.records("passkey.removed") == 1)
    }

    @Test func `a session of a passkey that removes it has no factor left`() async throws {
        let holder = try await KeyHolder(Instance())
        let alone = try await holder.signIn()
        try await holder.instance.act { tx in
            try Identity.removePasskey(holder.passkey.id, of: holder.user.id, keeping: alone.session.id, in: tx)
        }
        #expect(try holder.instance.principal(alone.token)?.hasSecondFactor == false)
        let sessions = try await holder.instance.act { tx in
            try Identity.sessions(of: holder.user.id, current: nil, in: tx)
        }
        #expect(sessions.map(\.methods) == [[]])
    }

    @Test func `a program beside a passkey: whichever is removed, the other and the recovery codes stay`() async throws
    {
        for removesPasskey in [true, false] {
            let holder = try await KeyHolder(Instance())
            let (instance, id) = (holder.instance, holder.user.id)
            _ = try await instance.act { try instance.identity.beginFactor(of: id, origin: "https://a.b", in: $0) }
            let made = try await instance.identity.confirmFactor(
                of: id, with: try instance.seed(of: id).code(at: instance.step), session: holder.session,
                by: Instance.actor)
            try await instance.act { tx in
                if removesPasskey {
                    try Identity.removePasskey(holder.passkey.id, of: id, keeping: holder.session, in: tx)
                } else {
                    try Identity.removeFactor(of: id, in: tx)
                }
            }
            #expect(try instance.newestMail()?.contains("asks for the other factors") == true)
            #expect(await refusal { try await instance.signIn() } == "second_factor_required")
            _ = try await instance.identity.completeSignIn(
                challenge: try await instance.challenge(), code: made.recoveryCodes[0], on: Instance.device,
                by: Instance.actor)
            #expect(await refusal { try await holder.signIn() } == (removesPasskey ? "passkey_refused" : nil))
        }
    }

    @Test func `a suspended account signs in with no passkey, a deleted one has none`() async throws {
        let holder = try await KeyHolder(Instance())
        try await holder.instance.act { try Identity.suspend(holder.user.id, because: "test", in: $0) }
        #expect(await refusal { try await holder.signIn() } == "account_suspended")
        try await holder.instance.act { try Identity.resume(holder.user.id, in: $0) }
        _ = try await holder.signIn()
        try await holder.instance.act { try Identity.delete(holder.user.id, in: $0) }
        #expect(await refusal { try await holder.signIn() } == "passkey_refused")
    }

    @Test func `the command line takes passkeys away with the program, and undoing a change of address does too`()
        async throws
    {
        let holder = try await KeyHolder(Instance())
        let bare = Identity(database: holder.instance.database)
        try await bare.disableSecondFactor(email: holder.user.email, by: .system("command line"))
        #expect(try holder.instance.principalID(holder.token) == nil)
        #expect(await refusal { try await holder.signIn() } == "passkey_refused")
        _ = try await holder.instance.signIn()
        let other = try await KeyHolder(holder.instance, "arjun@example.com")
        let (instance, id) = (other.instance, other.user.id)
        try await instance.act { tx in
            try instance.identity.requestEmailChange(of: id, to: "evil@example.com", origin: "https://a.b", in: tx)
        }
        let change = Instance.token(in: try instance.newestMail(to: "evil@example.com"))
        try await instance.act { try Identity.changeEmail(change, origin: "https://a.b", in: $0) }
        let undo = Instance.token(in: try instance.newestMail(to: "arjun@example.com"))
        try await instance.act { try Identity.undoEmail(undo, origin: "https://a.b", in: $0) }
        #expect(await refusal { try await other.signIn() } == "passkey_refused")
    }

    @Test func `wrong answers are counted as wrong passwords are`() async throws {
        let holder = try await KeyHolder(Instance())
        var wrong = holder.key
        wrong.forge = { _ in [] }
        let forger = wrong
        for _ in 0..<10 { #expect(await refusal { try await holder.signIn(forger) } == "passkey_refused") }
        #expect(await refusal { try await holder.signIn() } == "too_many_attempts")
        #expect(try holder.records("passkey.refused") == 10)
    }

    @Test func `an account has twenty passkeys at most, under names on one line, and nobody touches another's`()
        async throws
    {
        let instance = try Instance()
        let holder = try await KeyHolder(instance)
        for number in 2...Passkey.limit {
            _ = try await KeyHolder.add(
                Authenticator(), named: "key \(number)", to: holder.user.id, holder.session, instance)
        }
        let many = await refusal { try await KeyHolder.begin(for: holder.user.id, holder.session, instance) }
        #expect(many == "limit_reached")
        let other = try await instance.makeUser("arjun@example.com")
        func rename(to name: String, by user: UserID) async -> String? {
            await refusal {
                try await instance.act { try Identity.renamePasskey(holder.passkey.id, to: name, of: user, in: $0) }
            }
        }
        #expect(await rename(to: "tablet", by: other.id) == "not_found")
        #expect(await rename(to: "two\nlines", by: holder.user.id) == "validation_failed")
        #expect(await rename(to: "tablet", by: holder.user.id) == nil)
        let gone = await refusal {
            try await instance.act { try Identity.removePasskey(holder.passkey.id, of: other.id, in: $0) }
        }
        #expect(gone == "not_found")
    }

    @Test func `open challenges are bounded, for a network and in all`() throws {
        let (start, size) = (Timestamp(milliseconds: 1_800_000_000_000), 500)
        let challenges = PasskeyChallenges(capacity: size)
        for _ in 0..<PasskeyChallenges.perNetwork { _ = try challenges.issue(.signIn, to: "192.0.2.1", at: start) }
        #expect(throws: IdentityProblem.self) { try challenges.issue(.signIn, to: "192.0.2.1", at: start) }
        for number in 0..<5 * size {
            let now = start.adding(Milliseconds(Int64(number)))
            let address = "198.51.\(number / 250).\(number % 250)"
            let challenge = try challenges.issue(.signIn, to: address, at: now)
            #expect(challenges.count <= size)
            if number.isMultiple(of: 7) { #expect(challenges.use(challenge, for: .signIn, at: now)) }
        }
        // The oldest made room, so the first network has some again.
        _ = try challenges.issue(.signIn, to: "192.0.2.1", at: start.adding(PasskeyChallenges.lifetime))
        let later = start.adding(.minutes(20))
        for _ in 0..<PasskeyChallenges.perNetwork { _ = try challenges.issue(.signIn, to: "2001:db8::1", at: later) }
        #expect(throws: IdentityProblem.self) { try challenges.issue(.signIn, to: "2001:db8::2", at: later) }
    }
}
