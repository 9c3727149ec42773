// What passwords may be, how they are checked, and what slows guessing down.
import Core
import Crypto
import Storage
import Testing

@testable import Identity

struct PasswordTests {
    @Test(arguments: [
        ("eleven char", "too_short"), ("aaaaaaaaaaaa", "too_easy"), ("123456789012", "too_easy"),
        ("abcdefghijklmn", "too_easy"), ("password1234!", "too_easy"), ("abcabcabcabcabc", "too_easy"),
        ("meera@example.com", "too_easy"), ("Meera.Iyer2026!", "too_easy"), ("MeeraIyer-1987", "too_easy"),
        (String(repeating: "word ", count: 60), "too_long"),
    ])
    func `a password that is short, well known or about its owner is refused`(password: String, code: String) {
        do throws(Problem) {
            try PasswordPolicy.check(password, email: "meera@example.com", name: "Meera Iyer")
            Issue.record("\(password) was accepted")
        } catch {
            #expect(error.fields.map(\.code) == [code])
            #expect(error.fields.map(\.pointer) == ["/password"])
        }
    }

    @Test(arguments: ["four words in a row", "кириллица тоже годится", "8c1f-77aa-9e02", "no symbols needed here"])
    func `a long password of any kind is accepted`(password: String) throws {
        try PasswordPolicy.check(password, email: "meera@example.com", name: "Meera Iyer")
    }

    @Test(arguments: [
        "password1234!", "P@ssw0rd2026", "monkeydragon12", "monkey dragon 12", "sunshine_sunshine", "Football2026!!",
        "123qwe123qwe", "iloveyou-iloveyou-iloveyou", "1qaz2wsx3edc4rfv", "example.2026!!", "raptorflow1!!",
        "AcmeGmbH2026!", "acme-password1",
    ])
    func `a listed password, two listed words, or the names of product and organisation are refused`(password: String) {
        do throws(Problem) {
            try PasswordPolicy.check(
                password, email: "meera@example.com", name: "Meera Iyer", context: ["Acme GmbH & Co."])
            Issue.record("\(password) was accepted")
        } catch {
            #expect(error.fields.map(\.code) == ["too_easy"])
        }
    }

    @Test func `random passwords are accepted`() throws {
        // The same ones in every run: the filter takes a few words in a million for listed ones.
        for number in 0..<2000 {
            let randomness = Randomness { count in Array(SHA256.hash(data: Array("\(number)".utf8)).prefix(count)) }
            let password = Base62.random(20, from: randomness)
            try PasswordPolicy.check(password, email: "meera@example.com", name: "Meera Iyer")
        }
    }

    @Test func `PWD-6 a stored hash that asks for four gigabytes is refused without being computed`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let greedy = "$argon2id$v=19$m=4194304,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"
        try await instance.act { tx in _ = try IdentityStore.setPassword(greedy, of: user.id, in: tx) }
        #expect(PasswordHash(greedy) == nil)
        #expect(await refusal { try await instance.signIn() } == "wrong_credentials")
    }

    @Test func `PWD-7 wrong passwords from an attacker do not lock the owner out elsewhere`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        for _ in 0..<10 {
            _ = await refusal { try await instance.signIn(password: "not my password", from: "198.51.100.7") }
        }
        #expect(await refusal { try await instance.signIn(from: "198.51.100.7") } == "too_many_attempts")
        _ = try await instance.signIn(from: "192.0.2.1")
    }

    @Test func `PWD-8 every spelling of an address counts as one account`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        for spelling in ["meera@example.com", "MEERA@example.com", "Meera@Example.COM"] {
            for _ in 0..<3 { _ = await refusal { try await instance.signIn(spelling, password: "not my password") } }
        }
        _ = await refusal { try await instance.signIn("mEERA@example.com", password: "not my password") }
        #expect(await refusal { try await instance.signIn() } == "too_many_attempts")
    }

    @Test func `a wrong password and an unknown e-mail address get the same answer`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        #expect(await refusal { try await instance.signIn(password: "four words in a line") } == "wrong_credentials")
        #expect(await refusal { try await instance.signIn("nobody@example.com") } == "wrong_credentials")
        #expect(await refusal { try await instance.signIn("not an address") } == "wrong_credentials")
        #expect(try await instance.signIn("MEERA@example.COM").user.name == "Meera Iyer")
    }

    @Test func `an unknown e-mail address costs a whole hash too`() async throws {
        let hasher = PasswordHasher(width: 1)
        let started = ContinuousClock.now
        let verdict = try await hasher.check(Instance.password, against: nil)
        #expect(!verdict.isRight)
        // Load only makes it slower, and without a hash it would take microseconds.
        #expect(ContinuousClock.now - started > .milliseconds(5))
    }

    @Test func `PWD-3 more hashes than may wait are refused at once with 503`() async throws {
        let hasher = PasswordHasher(width: 1, waitingLimit: 2)
        let codes = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<12 { group.addTask { await refusal { try await hasher.hash(Instance.password) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.contains("overloaded"))
        #expect(codes.contains(nil))
        #expect(try await hasher.check(Instance.password, against: hasher.hash(Instance.password)).isRight)
    }

    @Test func `a hash with another cost is renewed at sign-in`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let salt = [UInt8](repeating: 7, count: 16)
        let cost = Argon2.Cost(memory: 1024, passes: 1, lanes: 1)
        let tag = try Argon2.tag(of: Array(Instance.password.utf8), salt: salt, cost: cost)
        let old = PasswordHash(cost: cost, salt: salt, tag: tag).text
        try await instance.database.write(in: .instance, by: .system("test")) { tx in
            _ = try IdentityStore.setPassword(old, of: user.id, in: tx)
        }
        _ = try await instance.signIn()
        let stored = try instance.database.read(in: .instance) { try IdentityStore.passwordHash(of: user.id, in: $0) }
        #expect(stored?.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$") == true)
        _ = try await instance.signIn()
    }
}

struct SignInThrottleTests {
    let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch { return (error as? any ProblemConvertible)?.problem.code }
    }

    @Test func `after ten attempts a network waits, and the owner elsewhere does not`() throws {
        let throttle = SignInThrottle()
        for _ in 0..<10 { try throttle.begin("meera@example.com", from: "192.0.2.1", at: now) }
        #expect(code { try throttle.begin("meera@example.com", from: "192.0.2.1", at: now) } == "too_many_attempts")
        try throttle.begin("meera@example.com", from: "198.51.100.7", at: now)
        // In the same network, the owner's own browser still gets in, for as many attempts.
        for _ in 0..<10 { try throttle.begin("meera@example.com", from: "192.0.2.1", device: [1], at: now) }
        #expect(
            code { try throttle.begin("meera@example.com", from: "192.0.2.1", device: [1], at: now) }
                == "too_many_attempts")
        try throttle.begin("meera@example.com", from: "192.0.2.1", at: now.adding(SignInThrottle.window))
    }

    @Test func `one network can't try many accounts`() throws {
        let throttle = SignInThrottle()
        for number in 0..<100 { try throttle.begin("user\(number)", from: "2001:db8::1", at: now) }
        #expect(code { try throttle.begin("another", from: "2001:db8::ffff:2", at: now) } == "too_many_attempts")
        try throttle.begin("another", from: "2001:db8:0:1::1", at: now)
    }

    @Test func `a right password clears the count`() throws {
        let throttle = SignInThrottle()
        for _ in 0..<200 {
            try throttle.begin("meera@example.com", from: "192.0.2.1", at: now)
            throttle.succeeded("meera@example.com", from: "192.0.2.1")
        }
    }

    @Test func `memory stays bounded whatever comes`() throws {
        let throttle = SignInThrottle(capacity: 64)
        for number in 0..<10_000 {
            try throttle.begin("a\(number)", from: "10.0.\(number / 256).\(number % 256)", at: now)
        }
        #expect(throttle.size <= 65)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8:0:0::/64"), ("::1", "0:0:0:0::/64"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2:3::", "2001:db8:1:2::/64"), ("", ""),
        (":", "0:0:0:0::/64"),
    ])
    func `an IPv6 network is its first 64 bits`(address: String, network: String) {
        #expect(SignInThrottle.network(of: address) == network)
    }
}
