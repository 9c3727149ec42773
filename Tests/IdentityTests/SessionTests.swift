// Sessions, set-up and new passwords.
import Audit
import Core
import Foundation
import Storage
import Testing

@testable import Identity

struct SessionTests {
    @Test func `a token signs in, is stored as a hash only, and ends after 30 days`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let signedIn = try await instance.signIn()
        #expect(signedIn.token.hasPrefix("rfs_"))
        #expect(signedIn.token.utf8.count == 47)
        #expect(try instance.principalID(signedIn.token) == user.id.text)
        #expect(try instance.principalID(signedIn.token + "x") == nil)
        #expect(try instance.principalID("rfs_" + String(repeating: "a", count: 43)) == nil)
        for file in [instance.path, instance.path + "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: file))
            #expect(bytes.range(of: Data(signedIn.token.dropFirst(4).utf8)) == nil)
        }
        instance.time.advance(by: .days(30))
        #expect(try instance.principalID(signedIn.token) == nil)
        let pruned = try await instance.database.write(in: .instance, by: .system("test")) {
            try Identity.prune(in: $0)
        }
        #expect(pruned == 1)
    }

    @Test func `a changed password ends every other session and not this one`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let (here, there) = (try await instance.signIn(), try await instance.signIn())
        let change = { (current: String, new: String) in
            try await instance.identity.changePassword(
                of: user.id, from: current, to: new, keeping: here.session.id, on: Instance.device, by: Instance.actor)
        }
        #expect(await refusal { try await change("not my password", "another four words") } == "validation_failed")
        #expect(await refusal { try await change(Instance.password, "short") } == "validation_failed")
        #expect(try instance.principalID(there.token) != nil)
        #expect(try await change(Instance.password, "another four words") == 1)
        #expect(try instance.principalID(here.token) != nil)
        #expect(try instance.principalID(there.token) == nil)
        #expect(await refusal { try await instance.signIn() } == "wrong_credentials")
        _ = try await instance.signIn(password: "another four words")
    }

    @Test func `somebody ends their own sessions and nobody else's`() async throws {
        let instance = try Instance()
        let meera = try await instance.makeUser()
        let arjun = try await instance.makeUser("arjun@example.com", name: "Arjun Rao")
        let session = try await instance.signIn()
        let end = { (user: UserID) in
            try await instance.database.write(in: .instance, by: .system("test")) { tx in
                try Identity.endSession(session.session.id, of: user, in: tx)
            }
        }
        #expect(await refusal { try await end(arjun.id) } == "not_found")
        #expect(try instance.principalID(session.token) != nil)
        try await end(meera.id)
        #expect(try instance.principalID(session.token) == nil)
        #expect(await refusal { try await end(meera.id) } == "not_found")
    }

    @Test func `the last use is written once a minute, together`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        let signedIn = try await instance.signIn()
        let seen = {
            try instance.database.read(in: .instance) { tx in
                try SessionStore.page(of: signedIn.user.id, current: nil, limit: 1, in: tx).first?.lastSeenAt
            }
        }
        _ = try instance.principalID(signedIn.token)
        try await instance.identity.flushLastUse()
        #expect(try seen() == signedIn.session.lastSeenAt)
        instance.time.advance(by: .minutes(5))
        _ = try instance.principalID(signedIn.token)
        #expect(try seen() == signedIn.session.lastSeenAt)
        try await instance.identity.flushLastUse()
        #expect(try #require(try seen()) >= signedIn.session.lastSeenAt.adding(.minutes(5)))
    }

    @Test func `what happened to accounts is in the instance's audit chain`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        _ = try await instance.signIn()
        _ = try await instance.identity.setOperator(true, email: "meera@example.com", by: .system("test"))
        let report = try instance.database.read(in: .instance) { try Audit.verify(in: $0) }
        #expect(report.firstProblem == nil)
        #expect(report.records == 3)
    }
}

struct SetUpTests {
    private func setUp(_ instance: Instance, _ token: String) async throws -> SignedIn {
        try await instance.identity.setUp(
            token, Person(email: "meera@example.com", name: "Meera Iyer"), password: Instance.password,
            on: Instance.device, by: Instance.actor
        ) { _, _ in }
    }

    @Test func `PWD-11 the first account runs the instance, and the link works once`() async throws {
        let instance = try Instance()
        let token = try #require(try await instance.identity.issueSetUpToken())
        let first = try await setUp(instance, token)
        #expect(first.user.isOperator)
        #expect(try instance.principalID(first.token) == first.user.id.text)
        #expect(await refusal { try await setUp(instance, token) } == "already_set_up")
        #expect(try await instance.identity.issueSetUpToken() == nil)
    }

    @Test func `the link ends after 30 minutes, and when a new one is printed`() async throws {
        let instance = try Instance()
        let old = try #require(try await instance.identity.issueSetUpToken())
        let new = try #require(try await instance.identity.issueSetUpToken())
        #expect(await refusal { try await setUp(instance, old) } == "link_unusable")
        instance.time.advance(by: .minutes(31))
        #expect(await refusal { try await setUp(instance, new) } == "link_unusable")
        #expect(await refusal { try await setUp(instance, "") } == "link_unusable")
    }
}

struct PasswordResetTests {
    private func forgot(_ instance: Instance, _ email: String) async throws {
        try await instance.database.write(in: .instance, by: Instance.actor) { tx in
            try Identity.forgotPassword(email, origin: "https://app.example.com", in: tx)
        }
    }

    @Test func `the mailed link sets a new password once, ends sessions and shows whose mailbox it is`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        let session = try await instance.signIn()
        try await forgot(instance, "MEERA@example.com")
        let mail = try #require(try instance.newestMail())
        #expect(mail.contains("https://app.example.com/reset-password#token=rft_"))
        let reset = { try await instance.identity.resetPassword(token: $0, to: $1, by: Instance.actor) }
        let token = Instance.token(in: mail)
        #expect(await refusal { try await reset(token, "short") } == "validation_failed")
        try await reset(token, "another four words")
        #expect(await refusal { try await reset(token, "yet another four words") } == "link_unusable")
        #expect(try instance.principalID(session.token) == nil)
        _ = try await instance.signIn(password: "another four words")
        #expect(try instance.database.read(in: .instance) { try Identity.find(user.id, in: $0) }?.verifiedAt != nil)
    }

    @Test func `nobody is mailed for an unknown address, and an account once a minute`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        let count = {
            try instance.database.read(in: .instance) { tx in
                try tx.first("SELECT count(*) FROM messages") { try $0.int(0) }
            }
        }
        try await forgot(instance, "nobody@example.com")
        #expect(try count() == 0)
        for _ in 0..<5 { try await forgot(instance, "meera@example.com") }
        #expect(try count() == 1)
        instance.time.advance(by: .minutes(2))
        try await forgot(instance, "meera@example.com")
        #expect(try count() == 2)
    }

    @Test func `a link ends after an hour`() async throws {
        let instance = try Instance()
        _ = try await instance.makeUser()
        try await forgot(instance, "meera@example.com")
        let token = Instance.token(in: try instance.newestMail())
        instance.time.advance(by: .minutes(61))
        let code = await refusal {
            try await instance.identity.resetPassword(token: token, to: "another four words", by: Instance.actor)
        }
        #expect(code == "link_unusable")
    }
}

struct NextTests {
    @Test(arguments: ["/", "/orgs/org_1", "/account?tab=1"])
    func `a path on this site is followed`(path: String) { #expect(Identity.isLocal(path)) }

    @Test(arguments: ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/a b", "javascript:x"])
    func `anything that leads to another site is not`(path: String) { #expect(!Identity.isLocal(path)) }
}
