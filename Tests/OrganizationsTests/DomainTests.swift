// Domains: who may claim one, what proves it, and who may join by it.
import Core
import Identity
import Storage
import Synchronization
import Testing
import Web

@testable import Organizations

/// The records that a test's resolver knows; nil: it does not answer.
private final class Records: Sendable {
    private let texts = Mutex<[String: [String]]?>([:])

    func set(_ domain: Domain) { texts.withLock { $0?[domain.record.name] = ["other", domain.record.value] } }
    func clear() { texts.withLock { $0 = [:] } }
    func fail() { texts.withLock { $0 = nil } }

    var resolver: TextResolver {
        TextResolver { name in
            guard let known = self.texts.withLock({ $0 }) else {
                throw OrganizationsProblem.dnsUnavailable(.noAnswer)
            }
            return known[name] ?? []
        }
    }
}

struct DomainTests {
    private let company: Company
    private let records = Records()
    private let organizations: Organizations

    init() async throws {
        company = try await Company()
        organizations = Organizations(
            database: company.database, identity: company.identity, resolver: records.resolver)
    }

    private func claim(
        _ name: String = "corp.example", role: Role = .viewer, by own: Role = .owner,
        in organization: Organization? = nil
    ) async throws -> Domain {
        try await company.act(in: organization) { try Organizations.addDomain(name, role: role, by: own, in: $0) }
    }

    private func verify(_ domain: Domain, in organization: Organization? = nil) async throws -> Domain {
        try await organizations.verifyDomain(
            domain.id, of: (organization ?? company.acme).id, by: .system("test"))
    }

    private func proven(_ name: String = "corp.example", role: Role = .viewer) async throws -> Domain {
        let domain = try await claim(name, role: role)
        records.set(domain)
        return try await verify(domain)
    }

    private func person(_ email: String, isVerified: Bool = true) async throws -> UserID {
        try await company.database.write(in: .instance, by: .system("test")) { tx in
            let person = try Person(email: email, name: "Somebody")
            return try Identity.create(
                NewUser(email: person.email, name: person.name, passwordHash: nil, isVerified: isVerified), in: tx
            ).id
        }
    }

    private func join(_ user: UserID, _ organization: Organization? = nil) async throws -> Membership {
        let id = (organization ?? company.acme).id
        let actor = Actor(.user, id: user.text, display: "Somebody")
        return try await company.database.write(in: .instance, by: actor) { tx in
            try Organizations.join(id, by: user, in: tx)
        }
    }

    @Test func `whoever has a confirmed address of a proven domain may join`() async throws {
        let domain = try await proven(role: .editor)
        #expect(domain.state == .verified)
        let user = try await person("Ada@Corp.Example")
        #expect(try await join(user).role == .editor)
        #expect(try company.role(of: user) == .editor)
        #expect(await refusal { try await join(user) } == "not_found")
    }

    @Test func `an address that nobody confirmed joins nothing`() async throws {
        _ = try await proven()
        let user = try await person("ada@corp.example", isVerified: false)
        #expect(await refusal { try await join(user) } == "not_found")
    }

    @Test(arguments: ["ada@sub.corp.example", "ada@corp.example.org", "ada@xcorp.example", "ada@example"])
    func `only the domain itself counts, none below or beside it`(email: String) async throws {
        _ = try await proven()
        guard EmailAddress(email) != nil else { return }
        let user = try await person(email)
        #expect(await refusal { try await join(user) } == "not_found")
    }

    @Test func `a claim alone, or a record of another claim, lets nobody in`() async throws {
        let domain = try await claim()
        let user = try await person("ada@corp.example")
        #expect(await refusal { try await verify(domain) } == "record_not_found")
        #expect(await refusal { try await join(user) } == "not_found")
        records.set(try await claim("other.example"))
        #expect(await refusal { try await verify(domain) } == "record_not_found")
    }

    @Test(arguments: ["gmail.com", "GMAIL.com", "outlook.com", "web.de"])
    func `a domain where anybody can have a mailbox is refused`(name: String) async throws {
        #expect(await refusal { try await claim(name) } == "validation_failed")
    }

    @Test(arguments: [
        "", "com", "-a.example", "a..example", "a b.example", "a.example.", "*.example", "bücher.example",
        String(repeating: "a", count: 64) + ".example", String(repeating: "a.", count: 130) + "example",
    ])
    func `what no mail address ends in is no domain`(name: String) async throws {
        #expect(await refusal { try await claim(name) } == "validation_failed")
    }

    @Test func `TEN-8 nobody lets people join as more than an editor, or than their own role`() async throws {
        #expect(await refusal { try await claim(role: .admin) } == "validation_failed")
        #expect(await refusal { try await claim(role: .owner) } == "validation_failed")
        let manager = try await company.act { tx in
            try Organizations.createRole(name: "Manager", permissions: [.membersManage], by: .owner, in: tx)
        }.role
        #expect(await refusal { try await claim(role: .viewer, by: manager) } == "above_own_role")
        #expect(await refusal { try await claim(role: manager) } == "validation_failed")
        let domain = try await claim()
        let raise = await refusal {
            try await company.act { try Organizations.updateDomain(domain.id, role: .admin, by: .owner, in: $0) }
        }
        #expect(raise == "validation_failed")
    }

    @Test func `a role that grew beyond an editor's is not given to who joins`() async throws {
        let role = try await company.act { tx in
            try Organizations.createRole(name: "Reader", permissions: [.jobsRead], by: .owner, in: tx)
        }
        _ = try await proven(role: role.role)
        try await company.act { tx in
            _ = try Organizations.updateRole(
                RoleID(stored: role.id), name: nil, permissions: [.membersManage], by: .owner, in: tx)
        }
        #expect(try await join(person("ada@corp.example")).role == .viewer)
    }

    @Test func `a domain is one organisation's`() async throws {
        _ = try await proven()
        let theirs = try await claim(in: company.globex)
        records.set(theirs)
        #expect(await refusal { try await verify(theirs, in: company.globex) } == "domain_taken")
        #expect(await refusal { try await claim() } == "domain_claimed")
    }

    @Test func `who was removed comes back by invitation only, also with a new account`() async throws {
        _ = try await proven()
        let user = try await person("ada@corp.example")
        _ = try await join(user)
        try await company.act { try Organizations.remove(user, by: .owner, in: $0) }
        #expect(await refusal { try await join(user) } == "not_found")
        try await company.database.write(in: .instance, by: .system("test")) { try Identity.delete(user, in: $0) }
        let again = try await person("ADA@corp.example")
        #expect(await refusal { try await join(again) } == "not_found")
        let token = try await company.invite("ada@corp.example")
        _ = try await company.accept(token, by: again)
        // Whoever was let in again and left by themselves may come back.
        try await company.act { try Organizations.leave(again, in: $0) }
        #expect(try await join(again).role == .viewer)
    }

    @Test func `nobody joins an organisation that is suspended or about to go`() async throws {
        _ = try await proven()
        let user = try await person("ada@corp.example")
        let acme = company.acme.id
        _ = try await company.database.write(in: .instance, by: .system("test")) { tx in
            try Organizations.suspend(acme, because: "test", in: tx)
        }
        #expect(await refusal { try await join(user) } == "not_found")
        _ = try await company.database.write(in: .instance, by: .system("test")) { tx in
            try Organizations.resume(acme, in: tx)
        }
        let organizations = organizations
        try await company.act { tx in
            try organizations.requestDeletion(try Organizations.required(acme, in: tx), in: tx)
        }
        #expect(await refusal { try await join(user) } == "not_found")
    }

    @Test func `a record that is gone stops joining at once, and loses the domain after three checks`() async throws {
        let domain = try await proven()
        records.clear()
        let check = {
            company.time.advance(by: .days(1))
            _ = try await organizations.checkDomains(by: .system("test"))
            return try company.database.read(in: .organization(company.acme.id)) { tx in
                try Organizations.requireDomain(domain.id, in: tx).state
            }
        }
        #expect(try await check() == .missing)
        let user = try await person("ada@corp.example")
        #expect(await refusal { try await join(user) } == "not_found")
        records.set(domain)
        #expect(try await check() == .verified)
        records.clear()
        #expect(try await check() == .missing)
        #expect(try await check() == .missing)
        #expect(try await check() == .pending)
        let mails = try company.database.read(in: .instance) { tx in
            try tx.rows("SELECT recipient FROM messages WHERE subject LIKE '%not verified any more'") {
                try $0.text(0)
            }
        }
        #expect(mails == ["owner@acme.example"])
        // It can be proven by somebody else now.
        let theirs = try await claim(in: company.globex)
        records.set(theirs)
        #expect(try await verify(theirs, in: company.globex).state == .verified)
    }

    @Test func `asking for a check again and again loses no domain, but stops joining`() async throws {
        let domain = try await proven()
        records.clear()
        for _ in 0..<5 { #expect(await refusal { try await verify(domain) } == "record_not_found") }
        let state = try company.database.read(in: .organization(company.acme.id)) { tx in
            try Organizations.requireDomain(domain.id, in: tx).state
        }
        #expect(state == .missing)
        let user = try await person("ada@corp.example")
        #expect(await refusal { try await join(user) } == "not_found")
    }

    @Test func `a resolver that does not answer changes nothing`() async throws {
        let domain = try await proven()
        records.fail()
        for _ in 0..<5 {
            company.time.advance(by: .days(1))
            _ = try await organizations.checkDomains(by: .system("test"))
        }
        #expect(await refusal { try await verify(domain) } == "dns_unavailable")
        #expect(try await join(person("ada@corp.example")).role == .viewer)
    }

    @Test func `a domain checked today is not checked again`() async throws {
        _ = try await proven()
        #expect(try await organizations.checkDomains(by: .system("test")) == 0)
        company.time.advance(by: .hours(24))
        #expect(try await organizations.checkDomains(by: .system("test")) == 1)
    }

    @Test func `a custom role that people join with is in use`() async throws {
        let role = try await company.act { tx in
            try Organizations.createRole(name: "Reader", permissions: [.jobsRead], by: .owner, in: tx)
        }
        let domain = try await claim(role: role.role)
        let id = RoleID(stored: role.id)
        let plain = await refusal {
            try await company.act { try Organizations.deleteRole(id, replacement: nil, by: .owner, in: $0) }
        }
        #expect(plain == "role_in_use")
        try await company.act { try Organizations.deleteRole(id, replacement: .admin, by: .owner, in: $0) }
        let now = try company.database.read(in: .organization(company.acme.id)) { tx in
            try Organizations.requireDomain(domain.id, in: tx).role
        }
        #expect(now == .viewer)
    }
}
