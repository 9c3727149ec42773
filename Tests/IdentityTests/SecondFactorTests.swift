// Second factors: adding one, signing in with it, and everything that must not get around it.
import Core
import Foundation
import Storage
import Testing
import Web

@testable import Identity

struct SecondFactorTests {
    /// An account with a second factor, and what its owner holds.
    private struct Owner {
        let instance: Instance
        let user: User
        let seed: CodeSeed
        let codes: [String]
        let session: SignedIn

        init(_ instance: Instance, _ email: String = "meera@example.com") async throws {
            self.instance = instance
            user = try await instance.makeUser(email)
            session = try await instance.signIn(email)
            let id = user.id
            _ = try await instance.database.write(in: .instance, by: .system("test")) { tx in
                try instance.identity.beginFactor(of: id, origin: "https://app.example.com", in: tx)
            }
            seed = try instance.seed(of: id)
            let made = try await instance.identity.confirmFactor(
                of: id, with: seed.code(at: instance.step), session: session.session.id, by: Instance.actor)
            codes = made.recoveryCodes
            // The code that turned it on is used up.
            instance.time.advance(by: .seconds(60))
        }

        func challenge() async throws -> String { try await instance.challenge(user.email) }

        func complete(_ challenge: String, _ code: String) async throws -> SignedIn {
            try await instance.identity.completeSignIn(
                challenge: challenge, code: code, on: Instance.device, by: Instance.actor)
        }

        var code: String { seed.code(at: instance.step) }
    }

    @Test func `a right password alone opens nothing, and its challenge is no credential`() async throws {
        let owner = try await Owner(Instance())
        #expect(await refusal { try await owner.instance.signIn() } == "second_factor_required")
        let challenge = try await owner.challenge()
        #expect(try owner.instance.principalID(challenge) == nil)
        #expect(await refusal { try await owner.complete(challenge, "000000") } == "wrong_code")
        let signedIn = try await owner.complete(challenge, owner.code)
        #expect(signedIn.session.methods == ["pwd", "otp"])
        #expect(try owner.instance.principal(signedIn.token)?.hasSecondFactor == true)
        #expect(await refusal { try await owner.complete(challenge, owner.codes[0]) } == "challenge_unusable")
    }

    @Test func `a challenge ends after five minutes to the second`() async throws {
        let owner = try await Owner(Instance(isStill: true))
        let (early, late) = (try await owner.challenge(), try await owner.challenge())
        owner.instance.time.advance(by: Milliseconds(Challenge.lifetime.count - 1000))
        _ = try await owner.complete(early, owner.code)
        owner.instance.time.advance(by: .seconds(1))
        #expect(await refusal { try await owner.complete(late, owner.codes[0]) } == "challenge_unusable")
    }

    @Test func `MFA-1 one code used by nine sign-ins at once lets in one`() async throws {
        let owner = try await Owner(Instance(hasher: PasswordHasher(width: 2)))
        var challenges: [String] = []
        for _ in 0..<9 { challenges.append(try await owner.challenge()) }
        let (all, code) = (challenges, owner.code)
        let codes = await withTaskGroup(of: String?.self) { group in
            for challenge in all { group.addTask { await refusal { try await owner.complete(challenge, code) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1)
        #expect(codes.count { $0 == "wrong_code" } == 8)
        // Nor does it work in the other place where codes are taken.
        let again = await refusal {
            try await owner.instance.identity.stepUp(
                owner.session.session.id, of: owner.user.id, password: nil, code: code, on: Instance.device,
                by: Instance.actor)
        }
        #expect(again == "wrong_code")
    }

    @Test func `MFA-2 wrong codes from many addresses are stopped for the account, and its owner is told`() async throws
    {
        let owner = try await Owner(Instance())
        let challenge = try await owner.challenge()
        var answers: [String?] = []
        for number in 0..<1000 {
            let device = Identity.Device(named: "Guess", address: "198.51.\(number % 250).\(number / 250)")
            answers.append(
                await refusal {
                    try await owner.instance.identity.completeSignIn(
                        challenge: challenge, code: "000000", on: device, by: Instance.actor)
                })
        }
        #expect(answers.prefix(10).allSatisfy { $0 == "wrong_code" })
        #expect(answers.dropFirst(10).allSatisfy { $0 == "too_many_codes" })
        #expect(await refusal { try await owner.complete(challenge, owner.code) } == "too_many_codes")
        #expect(await refusal { try await owner.complete(challenge, owner.codes[0]) } == "too_many_codes")
        #expect(try owner.instance.newestMail()?.contains("ten wrong codes") == true)
        owner.instance.time.advance(by: Identity.codeWait)
        _ = try await owner.complete(try await owner.challenge(), owner.code)
    }

    @Test func `MFA-3 a recovery code works once, for its owner only, and is stored as a hash`() async throws {
        let instance = try Instance()
        let owner = try await Owner(instance)
        let other = try await Owner(instance, "arjun@example.com")
        #expect(owner.codes.count == 10)
        #expect(Set(owner.codes).count == 10)
        #expect(await refusal { try await other.complete(try await other.challenge(), owner.codes[0]) } == "wrong_code")
        _ = try await owner.complete(try await owner.challenge(), owner.codes[0])
        #expect(try instance.newestMail()?.contains("9 of them are left") == true)
        #expect(await refusal { try await owner.complete(try await owner.challenge(), owner.codes[0]) } == "wrong_code")
        for file in [instance.path, instance.path + "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: file))
            for code in owner.codes { #expect(bytes.range(of: Data(code.filter { $0 != "-" }.utf8)) == nil) }
            #expect(bytes.range(of: Data(owner.seed.bytes)) == nil)
        }
        let new = try await instance.database.write(in: .instance, by: .system("test")) { tx in
            try Identity.renewCodes(of: owner.user.id, in: tx)
        }
        #expect(await refusal { try await owner.complete(try await owner.challenge(), owner.codes[1]) } == "wrong_code")
        _ = try await owner.complete(try await owner.challenge(), new.recoveryCodes[1])
    }

    @Test func `MFA-4 a factor counts after its first right code only, and ends the other sessions`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let (here, there) = (try await instance.signIn(), try await instance.signIn())
        _ = try await instance.database.write(in: .instance, by: .system("test")) { tx in
            try instance.identity.beginFactor(of: user.id, origin: "https://app.example.com", in: tx)
        }
        let confirm = { (code: String) in
            try await instance.identity.confirmFactor(
                of: user.id, with: code, session: here.session.id, by: Instance.actor)
        }
        #expect(await refusal { try await confirm("123") } == "wrong_code")
        _ = try await instance.signIn()
        let made = try await confirm(try instance.seed(of: user.id).code(at: instance.step))
        #expect(made.sessionsRevoked == 2)
        #expect(try instance.principalID(there.token) == nil)
        #expect(await refusal { try await confirm("123") } == "second_factor_exists")
        let again = await refusal {
            try await instance.database.write(in: .instance, by: .system("test")) { tx in
                try instance.identity.beginFactor(of: user.id, origin: "https://app.example.com", in: tx)
            }
        }
        #expect(again == "second_factor_exists")
    }

    @Test func `SES-1 a token from before the second factor or a confirmation is not the one after`() async throws {
        let owner = try await Owner(Instance(isStill: true))
        #expect(try owner.instance.principalID(owner.session.token) == nil)
        let signedIn = try await owner.complete(try await owner.challenge(), owner.code)
        owner.instance.time.advance(by: .minutes(11))
        let last = try owner.instance.principal(signedIn.token)?.authenticatedAt
        #expect(owner.instance.time.clock.now.since(try #require(last)) > Identity.freshness)
        let renewed = try await owner.instance.identity.stepUp(
            signedIn.session.id, of: owner.user.id, password: Instance.password, code: nil, on: Instance.device,
            by: Instance.actor)
        #expect(try owner.instance.principalID(signedIn.token) == nil)
        let then = try #require(try owner.instance.principal(renewed.token)?.authenticatedAt)
        #expect(owner.instance.time.clock.now == then)
        #expect(renewed.session.methods == ["pwd", "otp"])
    }

    @Test func `confirming with a wrong password changes nothing`() async throws {
        let owner = try await Owner(Instance())
        let signedIn = try await owner.complete(try await owner.challenge(), owner.code)
        let wrong = await refusal {
            try await owner.instance.identity.stepUp(
                signedIn.session.id, of: owner.user.id, password: "not my password", code: nil, on: Instance.device,
                by: Instance.actor)
        }
        #expect(wrong == "validation_failed")
        #expect(try owner.instance.principalID(signedIn.token) != nil)
    }

    @Test func `RST-7 a new password opens nothing and does not take the second factor away`() async throws {
        let owner = try await Owner(Instance())
        try await owner.instance.database.write(in: .instance, by: Instance.actor) { tx in
            try Identity.forgotPassword("meera@example.com", origin: "https://app.example.com", in: tx)
        }
        let token = Instance.token(in: try owner.instance.newestMail())
        try await owner.instance.identity.resetPassword(token: token, to: "another four words", by: Instance.actor)
        #expect(try owner.instance.principalID(owner.session.token) == nil)
        #expect(
            await refusal { try await owner.instance.signIn(password: "another four words") }
                == "second_factor_required")
    }

    @Test func `the command line takes a second factor away, ends the sessions and tells the owner`() async throws {
        let owner = try await Owner(Instance())
        let signedIn = try await owner.complete(try await owner.challenge(), owner.code)
        // As the command does: without the instance's keys.
        let bare = Identity(database: owner.instance.database)
        try await bare.disableSecondFactor(email: "MEERA@example.com", by: .system("command line"))
        #expect(try owner.instance.principalID(signedIn.token) == nil)
        #expect(try owner.instance.newestMail()?.contains("asks for the password only") == true)
        _ = try await owner.instance.signIn()
        let again = await refusal {
            try await bare.disableSecondFactor(email: "meera@example.com", by: .system("command line"))
        }
        #expect(again == "second_factor_absent")
    }

    @Test func `a seed sealed for one account does not open for another`() throws {
        let seal = FactorSeal(key: [UInt8](repeating: 1, count: 32))
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let (meera, arjun) = (UserID(at: now), UserID(at: now))
        let seed = CodeSeed()
        let sealed = try seal.close(seed, of: meera)
        #expect(try seal.open(sealed, of: meera).bytes == seed.bytes)
        #expect(throws: (any Error).self) { try seal.open(sealed, of: arjun) }
        #expect(throws: (any Error).self) {
            try FactorSeal(key: [UInt8](repeating: 2, count: 32)).open(sealed, of: meera)
        }
    }
}
