// Acting for somebody: what ends it, what it can't do, and that it is told.
import Audit
import Core
import Identity
import Storage
import Testing
import Web

@testable import Organizations

struct ImpersonationTests {
    private let company: Company
    private let opal: User
    private let own: SignedIn

    init() async throws {
        company = try await Company()
        let hash = try await PasswordHasher(width: 1).hash(Company.password)
        opal = try await company.database.write(in: .instance, by: .system("test")) { tx in
            let person = try Person(email: "ops@host.example", name: "Opal")
            return try Identity.create(
                NewUser(email: person.email, name: person.name, passwordHash: hash, isOperator: true), in: tx)
        }
        own = try await company.identity.signIn(
            email: "ops@host.example", password: Company.password, on: .init(named: "Test"), by: Company.caller
        ).session()
    }

    private func act(
        for user: UserID, minutes: Int64 = 60, identity: Identity? = nil
    ) async throws -> SignedIn {
        let (identity, own, opal) = (identity ?? company.identity, own, opal)
        let actor = Actor(.user, id: opal.id.text, display: opal.name)
        return try await company.database.write(in: .instance, by: actor) { tx in
            try identity.impersonate(
                user, by: opal.id, in: own.session.id, because: "a ticket", for: .minutes(minutes),
                on: .init(named: "Test"), in: tx)
        }
    }

    private func principal(_ signedIn: SignedIn) throws -> Principal? {
        try company.database.read(in: .instance) { try company.identity.principal(token: signedIn.token, in: $0) }
    }

    @Test func `the session is the user's, names the operator, and is fresh for nothing`() async throws {
        let acting = try await act(for: company.id(.editor))
        let principal = try #require(try principal(acting))
        #expect(principal.user == company.id(.editor))
        #expect(principal.impersonator?.id == opal.id && principal.impersonator?.display == "Opal")
        #expect(principal.authenticatedAt == nil && !principal.isOperator)
        #expect(principal.id != company.id(.editor).text)
        #expect(try self.principal(own)?.impersonator == nil)
    }

    @Test func `it ends after the time that was asked for, and after an hour whatever was asked for`() async throws {
        let short = try await act(for: company.id(.editor), minutes: 15)
        company.time.advance(by: .minutes(16))
        #expect(try principal(short) == nil)
        let long = try await act(for: company.id(.editor), minutes: 600)
        company.time.advance(by: .minutes(59))
        #expect(try principal(long) != nil)
        company.time.advance(by: .minutes(2))
        #expect(try principal(long) == nil)
        #expect(try principal(own) != nil)
    }

    @Test func `it ends with the operator's own session, rights and account, and with the user's`() async throws {
        let ends: [@Sendable (Company, User, SignedIn, SignedIn, any Transaction) throws -> Void] = [
            { _, user, own, _, tx in try tx.run("DELETE FROM sessions WHERE id = \(own.session.id)") },
            { _, user, _, _, tx in try tx.run("UPDATE users SET is_operator = 0 WHERE id = \(user.id)") },
            { _, user, _, _, tx in try Identity.suspend(user.id, because: "test", in: tx) },
            { company, _, _, _, tx in try Identity.suspend(company.id(.editor), because: "test", in: tx) },
            { company, _, _, _, tx in
                try tx.run("UPDATE users SET is_operator = 1 WHERE id = \(company.id(.editor))")
            },
            { company, _, _, acting, tx in
                try Identity.endImpersonation(acting.session.id, of: company.id(.editor), in: tx)
            },
        ]
        for (index, end) in ends.enumerated() {
            let world = try await ImpersonationTests()
            let acting = try await world.act(for: world.company.id(.editor))
            let (company, user, own) = (world.company, world.opal, world.own)
            try await company.database.write(in: .instance, by: .system("test")) { tx in
                try end(company, user, own, acting, tx)
            }
            #expect(try world.principal(acting) == nil, "way \(index)")
        }
    }

    @Test func `nobody acts for an operator, for themselves or for a suspended account`() async throws {
        #expect(await refusal { try await act(for: opal.id) } == "not_impersonable")
        let (other, suspended) = (company.id(.admin), company.id(.viewer))
        try await company.database.write(in: .instance, by: .system("test")) { tx in
            try tx.run("UPDATE users SET is_operator = 1 WHERE id = \(other)")
            try Identity.suspend(suspended, because: "test", in: tx)
        }
        #expect(await refusal { try await act(for: other) } == "not_impersonable")
        #expect(await refusal { try await act(for: suspended) } == "not_impersonable")
        #expect(await refusal { try await act(for: UserID(at: company.time.clock.now)) } == "not_found")
    }

    @Test func `who acts for the next one has stopped acting for the last`() async throws {
        let first = try await act(for: company.id(.editor))
        let second = try await act(for: company.id(.viewer))
        #expect(try principal(first) == nil && principal(second) != nil)
    }

    @Test func `an instance can switch it off`() async throws {
        var policy = AccountPolicy()
        policy.allowsImpersonation = false
        let identity = Identity(database: company.database, policy: policy)
        #expect(await refusal { try await act(for: company.id(.editor), identity: identity) } == "impersonation_off")
    }

    @Test func `the user is told by mail, sees the session, and can end it`() async throws {
        let acting = try await act(for: company.id(.editor))
        let editor = company.id(.editor)
        let (mail, sessions) = try company.database.read(in: .instance) { tx in
            (
                try tx.first("SELECT text FROM messages ORDER BY id DESC LIMIT 1") { try $0.text(0) },
                try Identity.sessions(of: editor, current: nil, in: tx)
            )
        }
        #expect(mail?.contains("Opal") == true && mail?.contains("a ticket") == true)
        #expect(sessions.map(\.impersonatedBy) == ["Opal"])
        try await company.database.write(in: .instance, by: .system("test")) { tx in
            try Identity.suspend(editor, because: "test", in: tx)
            try Identity.resume(editor, in: tx)
        }
        #expect(try principal(acting) == nil)
    }

    @Test func `every record of what is done says in whose place and by whom`() async throws {
        let acting = try await act(for: company.id(.admin))
        let actor = try #require(try principal(acting)).actor(requestID: "req", address: nil)
        let acme = company.acme
        _ = try await company.database.write(in: .organization(acme.id), by: actor) { tx in
            try Organizations.update(acme, name: "Renamed", slug: nil, in: tx)
        }
        let told = try company.database.read(in: .organization(acme.id)) { tx in
            try Audit.timeline(of: .init("organization", acme.id), in: tx).first
        }
        let event = try #require(told)
        #expect(event.actor.id == company.id(.admin).text)
        let details = try JSONParser.parse(Array(event.details.utf8))
        #expect(details["impersonator"]?["id"]?.stringValue == opal.id.text)
        #expect(details["impersonator"]?["name"]?.stringValue == "Opal")
        #expect(try company.database.read(in: .instance) { try Audit.verify(in: $0) }.firstProblem == nil)
    }

    @Test func `the navigation shows an operator who acts for somebody only what is in reach`() {
        let shown = ConsoleShell.navigation(of: "org_1", for: Role.owner.impersonated).flatMap(\.items).map(\.section)
        #expect(!shown.contains("outbox") && !shown.contains("domains") && shown.contains("members"))
    }
}

struct InstanceSecondFactorTests {
    private func organizations(_ rule: AccountPolicy.SecondFactorRule, _ company: Company) -> Organizations {
        var policy = AccountPolicy()
        policy.secondFactor = rule
        return Organizations(
            database: company.database, identity: Identity(database: company.database, policy: policy))
    }

    @Test(arguments: [AccountPolicy.SecondFactorRule.optional, .operators, .everybody])
    func `MFA-7 the instance shuts out who signed in without a second factor`(
        rule: AccountPolicy.SecondFactorRule
    ) async throws {
        let company = try await Company()
        let organizations = organizations(rule, company)
        for hasFactor in [false, true] {
            var principal = Principal(
                .session(SessionID(at: company.time.clock.now), user: company.id(.owner)), display: "Owner",
                isOperator: true)
            principal.hasSecondFactor = hasFactor
            let member = await refusal {
                try company.database.read(in: .instance) { tx in
                    try organizations.role(of: principal, in: company.acme.id, in: tx) ?? .viewer
                }
            }
            let running = await refusal { try organizations.authentication.admitOperator(principal) }
            #expect(member == (rule == .everybody && !hasFactor ? "second_factor_missing" : nil))
            #expect(running == (rule != .optional && !hasFactor ? "second_factor_missing" : nil))
        }
    }

    @Test func `keys of programs are not asked for a second factor`() async throws {
        let company = try await Company()
        let new = try await company.act { try Organizations.createKey(name: "K", role: .viewer, by: .owner, in: $0) }
        let organizations = organizations(.everybody, company)
        let role = try company.database.read(in: .instance) { tx in
            let principal = try #require(try organizations.principal(token: new.secret, in: tx))
            return try organizations.role(of: principal, in: company.acme.id, in: tx)
        }
        #expect(role == .viewer)
    }
}
