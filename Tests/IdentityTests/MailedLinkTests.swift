// Links in mails: each works once, for as long as it says, for whom it was mailed to.
import Core
import Foundation
import Storage
import Testing
import Web

@testable import Identity

struct MailedLinkTests {
    private static let origin = "https://app.example.com"

    private func instance(
        isStill: Bool = false, _ change: (inout AccountPolicy) -> Void = { _ in }
    ) throws -> Instance {
        var policy = AccountPolicy()
        policy.signUp = .open
        policy.hasMagicLinks = true
        change(&policy)
        return try Instance(policy: policy, isStill: isStill)
    }

    private func mail(_ link: LinkRequest, _ email: String, _ instance: Instance) async throws -> String {
        try await instance.act { tx in
            try instance.identity.mail(link, to: email, origin: Self.origin, in: tx)
        }
        return Instance.token(in: try instance.newestMail(to: email))
    }

    private func redeem(_ token: String, _ instance: Instance) async throws -> SignedIn {
        try await instance.identity.redeemMagicLink(token, on: Instance.device, by: Instance.actor).session()
    }

    @Test func `RST-1 a sign-in link used twenty times at once opens one session`() async throws {
        let instance = try instance()
        let user = try await instance.makeUser()
        let token = try await mail(.magicLink, "meera@example.com", instance)
        let codes = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { await refusal { try await redeem(token, instance) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1)
        #expect(codes.count { $0 == "link_unusable" } == 19)
        #expect(try instance.find(user.id)?.verifiedAt != nil)
    }

    @Test func `RST-1 a reset link used eight times at once sets one password`() async throws {
        let instance = try instance()
        _ = try await instance.makeUser()
        let token = try await mail(.passwordReset, "meera@example.com", instance)
        let codes = await withTaskGroup(of: String?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    await refusal {
                        try await instance.identity.resetPassword(
                            token: token, to: "another four words \(number)", by: Instance.actor)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1)
        #expect(codes.count { $0 == "link_unusable" } == 7)
    }

    @Test func `RST-2 a newer link, a sign-in, a new password and a new address each end the links before`()
        async throws
    {
        let instance = try instance()
        let user = try await instance.makeUser()
        let steps: [(String, @Sendable () async throws -> Void)] = [
            ("newer", { _ = try await self.mail(.magicLink, "meera@example.com", instance) }),
            ("sign-in", { _ = try await instance.signIn() }),
            (
                "password",
                {
                    _ = try await instance.identity.changePassword(
                        of: user.id, from: Instance.password, to: Instance.password + "!", keeping: nil,
                        on: Instance.device, by: Instance.actor)
                }
            ),
            ("address", { try await self.change(user.id, to: "meera@new.example", instance) }),
        ]
        for (name, step) in steps {
            instance.time.advance(by: .minutes(2))
            let token = try await mail(.magicLink, "meera@example.com", instance)
            instance.time.advance(by: .minutes(2))
            try await step()
            #expect(await refusal { try await redeem(token, instance) } == "link_unusable", "\(name)")
        }
    }

    @Test func `RST-3 each kind of link ends to the second`() async throws {
        let kinds: [(LinkRequest, Milliseconds)] = [
            (.magicLink, Identity.magicLinkLifetime), (.passwordReset, Identity.resetLifetime),
            (.signUp, Identity.signUpLifetime),
        ]
        for (kind, lifetime) in kinds {
            for isLate in [false, true] {
                let instance = try instance(isStill: true)
                _ = try await instance.makeUser(kind == .signUp ? "owner@example.com" : "meera@example.com")
                let token = try await mail(kind, "meera@example.com", instance)
                instance.time.advance(by: Milliseconds(lifetime.count + (isLate ? 0 : -1000)))
                let code = await refusal { try await use(kind, token, instance) }
                #expect(code == (isLate ? "link_unusable" : nil), "\(kind) \(isLate)")
            }
        }
    }

    private func use(_ kind: LinkRequest, _ token: String, _ instance: Instance) async throws {
        switch kind {
        case .magicLink: _ = try await redeem(token, instance)
        case .passwordReset:
            try await instance.identity.resetPassword(token: token, to: "another four words", by: Instance.actor)
        case .signUp:
            _ = try await instance.identity.signUp(
                token: token, name: "Meera", password: Instance.password, on: Instance.device, by: Instance.actor)
        }
    }

    @Test func `RST-4 no token of a mail can be found in the tables that check it`() async throws {
        let instance = try instance()
        _ = try await instance.makeUser()
        for kind in [LinkRequest.magicLink, .passwordReset] {
            let token = try await mail(kind, "meera@example.com", instance)
            let stored = try instance.database.read(in: .instance) { tx in
                try tx.rows("SELECT hex(token_hash) || coalesce(subject, '') FROM one_time_tokens") { try $0.text(0) }
            }
            #expect(!stored.isEmpty)
            #expect(!stored.contains { $0.contains(token) || $0.lowercased().contains(Hex.encode(Array(token.utf8))) })
        }
    }

    @Test func `a sign-in link of an account with a second factor gives the challenge only`() async throws {
        let instance = try instance()
        let user = try await instance.makeUser()
        _ = try await instance.addFactor(to: user)
        let token = try await mail(.magicLink, "meera@example.com", instance)
        #expect(await refusal { try await redeem(token, instance) } == "second_factor_required")
    }

    @Test func `without the option there are no sign-in links`() async throws {
        let instance = try instance { $0.hasMagicLinks = false }
        let code = await refusal {
            try await instance.act { tx in
                try instance.identity.request(.magicLink, email: "a@example.com", origin: Self.origin, in: tx)
            }
        }
        #expect(code == "magic_links_off")
        #expect(await refusal { try await redeem(Token(.once).text, instance) } == "magic_links_off")
    }

    private func change(_ id: UserID, to email: String, _ instance: Instance) async throws {
        try await instance.act { tx in
            try instance.identity.requestEmailChange(of: id, to: email, origin: Self.origin, in: tx)
        }
        let token = Instance.token(in: try instance.newestMail(to: email))
        try await instance.act { tx in try Identity.changeEmail(token, origin: Self.origin, in: tx) }
    }

    @Test func `RST-13 a change of address is told to both, and the old one takes the account back`() async throws {
        let instance = try instance()
        let user = try await instance.makeUser()
        let thief = try await instance.signIn()
        try await change(user.id, to: "thief@evil.example", instance)
        #expect(try instance.find(user.id)?.email == "thief@evil.example")
        #expect(await refusal { try await instance.signIn() } == "wrong_credentials")
        instance.time.advance(by: .minutes(2))
        // A second change does not cut the first way back.
        try await change(user.id, to: "thief@other.example", instance)
        let told = try #require(try instance.newestMail(to: "meera@example.com"))
        #expect(told.contains("thief@evil.example") && told.contains("\(Self.origin)/undo-email#token="))
        instance.time.advance(by: .days(6))
        let token = Instance.token(in: told)
        try await instance.act { tx in try Identity.undoEmail(token, origin: Self.origin, in: tx) }
        #expect(try instance.find(user.id)?.email == "meera@example.com")
        #expect(try instance.principalID(thief.token) == nil)
        #expect(await refusal { try await instance.signIn() } == "wrong_credentials")
        let reset = Instance.token(in: try instance.newestMail(to: "meera@example.com"))
        try await use(.passwordReset, reset, instance)
        _ = try await instance.signIn(password: "another four words")
        #expect(
            await refusal { try await instance.act { try Identity.undoEmail(token, origin: Self.origin, in: $0) } }
                == "link_unusable")
    }

    @Test func `an address that is taken answers the same, and its owner is told`() async throws {
        let instance = try instance()
        let user = try await instance.makeUser()
        _ = try await instance.makeUser("arjun@example.com", name: "Arjun")
        try await instance.act { tx in
            try instance.identity.requestEmailChange(of: user.id, to: "ARJUN@example.com", origin: Self.origin, in: tx)
        }
        let mail = try #require(try instance.newestMail(to: "arjun@example.com"))
        #expect(mail.contains("Nothing has changed") && !mail.contains("#token="))
    }

    @Test func `a mailbox is confirmed by its own link, not by one for an address before`() async throws {
        let instance = try instance()
        let user = try await instance.makeUser()
        try await instance.act { tx in
            try Identity.mailVerification(of: user.id, origin: Self.origin, in: tx)
        }
        let token = Instance.token(in: try instance.newestMail())
        #expect(await refusal { try await instance.act { try Identity.verifyEmail("x", in: $0) } } == "link_unusable")
        try await instance.act { tx in try Identity.verifyEmail(token, in: tx) }
        #expect(try instance.find(user.id)?.verifiedAt != nil)
        #expect(await refusal { try await instance.act { try Identity.verifyEmail(token, in: $0) } } == "link_unusable")
    }

    @Test func `open sign-up makes an account for the mailbox only, and tells who has one`() async throws {
        let instance = try instance()
        _ = try await instance.makeUser()
        let token = try await mail(.signUp, "new@example.com", instance)
        let made = try await instance.identity.signUp(
            token: token, name: "New", password: Instance.password, on: Instance.device, by: Instance.actor)
        #expect(made.user.email == "new@example.com" && made.user.verifiedAt != nil)
        #expect(await refusal { try await use(.signUp, token, instance) } == "link_unusable")
        #expect(try await mail(.signUp, "MEERA@example.com", instance) == "")
        #expect(try instance.newestMail(to: "meera@example.com")?.contains("There is one already") == true)
    }

    @Test func `nobody signs up before the instance is set up, or they would take the set-up link's place`()
        async throws
    {
        let instance = try instance()
        #expect(try await mail(.signUp, "early@example.com", instance) == "")
        #expect(try instance.newestMail(to: "early@example.com") == nil)
        #expect(await refusal { try await use(.signUp, Token(.once).text, instance) } == "sign_up_closed")
    }

    @Test(arguments: [AccountPolicy.SignUp.closed, .invite])
    func `nobody signs up where that is not open`(mode: AccountPolicy.SignUp) async throws {
        let instance = try instance { $0.signUp = mode }
        let code = await refusal {
            try await instance.act { tx in
                try instance.identity.request(.signUp, email: "a@example.com", origin: Self.origin, in: tx)
            }
        }
        #expect(code == "sign_up_closed")
        #expect(await refusal { try await use(.signUp, Token(.once).text, instance) } == "sign_up_closed")
    }

    @Test(arguments: [
        "a@evil.example", "a@allowed.example.evil.com", "a@notallowed.example", "a@sub.allowed.example",
        "a@b@allowed.example", "a@allowed.example.", "a@аllowed.example", "a@allowed.example\u{0}",
        "a@allowed.example ",
    ])
    func `PWD-10 an address outside the allowed domains is refused, however it is spelled`(email: String) async throws {
        let instance = try instance { $0.domains = ["allowed.example"] }
        let ask = { (email: String) in
            await refusal {
                try await instance.act { tx in
                    try instance.identity.request(.signUp, email: email, origin: Self.origin, in: tx)
                }
            }
        }
        #expect(await ask(email) == "validation_failed")
        #expect(await ask("A@ALLOWED.example") == nil)
    }

    @Test func `a new device is told by mail, a known one and the first one are not`() async throws {
        let instance = try Instance()
        let user = try await instance.makeUser()
        _ = try await instance.signIn()
        #expect(try instance.newestMail() == nil)
        _ = try await instance.signIn(from: "198.51.100.7")
        #expect(try instance.newestMail()?.contains("198.51.100.7") == true)
        for _ in 0..<3 { _ = try await instance.signIn(from: "198.51.100.7") }
        for number in 0..<30 { _ = try await instance.signIn(from: "203.0.113.\(number)") }
        let counts = try instance.database.read(in: .instance) { tx in
            (
                try tx.first("SELECT count(*) FROM messages") { try $0.int(0) } ?? 0,
                try KnownDevicesStore.count(of: user.id, in: tx)
            )
        }
        #expect(counts.0 == 31)
        #expect(counts.1 <= KnownDevices.limit + 1)
    }
}
