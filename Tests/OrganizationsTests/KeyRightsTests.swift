// A key never can do more than it was made for: permissions, addresses, rotation, test keys.
import Core
import Foundation
import Storage
import Testing
import Web

@testable import Organizations

struct KeyRightsTests {
    private func make(
        _ company: Company, by own: Role = .owner, role: Role = .editor,
        _ change: @Sendable (inout Organizations.KeyRequest) -> Void = { _ in }
    ) async throws -> NewAPIKey {
        var request = Organizations.KeyRequest(name: "Importer", role: role)
        change(&request)
        return try await company.act(as: own) { [request] tx in
            try Organizations.createKey(request, by: own, in: tx)
        }
    }

    private func principal(_ company: Company, _ secret: String) throws -> Principal? {
        try company.database.read(in: .instance) { try company.organizations.principal(token: secret, in: $0) }
    }

    @Test(arguments: Permission.allCases)
    func `KEY-2 a key with one permission has no other, whatever its role holds`(permission: Permission) async throws {
        let company = try await Company()
        let code = await refusal { try await make(company, role: .owner) { $0.permissions = [permission] } }
        #expect(code == (permission.isForPeople ? "validation_failed" : nil))
        guard !permission.isForPeople else { return }
        let new = try await make(company, role: .owner) { $0.permissions = [permission] }
        let found = try #require(try principal(company, new.secret))
        for other in Permission.allCases { #expect(found.allows(other, as: .owner) == (other == permission)) }
    }

    @Test func `a permission that the role does not hold is refused, and so is none at all`() async throws {
        let company = try await Company()
        for (role, permissions) in [(Role.viewer, [Permission.ledgerPost]), (.editor, [.billingManage]), (.owner, [])] {
            let code = await refusal { try await make(company, role: role) { $0.permissions = permissions } }
            #expect(code == "validation_failed")
        }
    }

    @Test func `KEY-6 a key is the organisation's own and outlives the membership of who made it`() async throws {
        let company = try await Company()
        let new = try await make(company, by: .admin)
        try await company.act { try Organizations.remove(company.id(.admin), by: .owner, in: $0) }
        #expect(try principal(company, new.secret)?.id == new.key.id.text)
        try await company.act { try Organizations.revokeKey(new.key.id, by: .owner, in: $0) }
        #expect(try principal(company, new.secret) == nil)
    }

    @Test func `KEY-5 the log tells the last four characters of a key and no more`() async throws {
        let company = try await Company()
        let new = try await make(company)
        let details = try company.database.read(in: .organization(company.acme.id)) { tx in
            try tx.rows("SELECT details FROM audit_events WHERE target_id = \(new.key.id)") { try $0.text(0) }
        }
        #expect(details.count == 1 && details[0].contains(new.key.hint))
        #expect(!details[0].contains(new.secret.suffix(5)))
    }

    @Test func `a rotated key works for 24 hours beside its successor, which may do the same`() async throws {
        let company = try await Company()
        let old = try await make(company) { request in
            request.permissions = [.jobsRead, .ledgerPost]
            request.allowedAddresses = ["10.0.0.0/8"]
            request.expiresAt = company.time.clock.now.adding(.days(90))
        }
        let new = try await company.act { try Organizations.rotateKey(old.key.id, by: .owner, in: $0) }
        #expect(new.secret != old.secret && new.key.permissions == old.key.permissions)
        #expect(new.key.allowedAddresses == ["10.0.0.0/8"] && new.key.role == old.key.role)
        let life = try #require(new.key.expiresAt).since(new.key.createdAt)
        #expect(life.count > Milliseconds.days(90).count - 60_000 && life < .days(91))
        let again = await refusal {
            try await company.act { try Organizations.rotateKey(old.key.id, by: .owner, in: $0) }
        }
        #expect(again == "already_rotated")
        company.time.advance(by: .hours(23))
        #expect(try principal(company, old.secret) != nil)
        company.time.advance(by: .hours(2))
        #expect(try principal(company, old.secret) == nil)
        #expect(try principal(company, new.secret) != nil)
        let late = await refusal {
            try await company.act { try Organizations.rotateKey(old.key.id, by: .owner, in: $0) }
        }
        #expect(late == "not_found")
    }

    @Test func `rotation never makes a key live longer, nor one above the caller's role`() async throws {
        let company = try await Company()
        let old = try await make(company) { $0.expiresAt = company.time.clock.now.adding(.hours(1)) }
        _ = try await company.act { try Organizations.rotateKey(old.key.id, by: .owner, in: $0) }
        company.time.advance(by: .minutes(61))
        #expect(try principal(company, old.secret) == nil)
        let owners = try await make(company, role: .owner)
        let code = await refusal {
            try await company.act(as: .admin) { try Organizations.rotateKey(owners.key.id, by: .admin, in: $0) }
        }
        #expect(code == "above_own_role")
    }

    @Test func `a test key is refused where money is moved`() async throws {
        let company = try await Company()
        let new = try await make(company) { $0.isTest = true }
        #expect(new.secret.hasPrefix("rfk_test_") && new.key.isTest)
        #expect(try principal(company, new.secret) != nil)
        let production = Organizations(
            database: company.database, identity: company.identity, takesTestKeys: false)
        #expect(try company.database.read(in: .instance) { try production.principal(token: new.secret, in: $0) } == nil)
    }

    @Test func `addresses are kept in their canonical spelling, and what is none is refused`() async throws {
        let company = try await Company()
        let new = try await make(company) {
            $0.allowedAddresses = ["2001:0DB8:0:0::/32", "::ffff:192.0.2.1", "192.0.2.0/24"]
        }
        #expect(new.key.allowedAddresses == ["2001:db8::/32", "192.0.2.1", "192.0.2.0/24"])
        for text in [
            "", "localhost", "10.0.0.0/33", "10.0.0.0/", "1.2.3", "::/129", "10.0.0.0/-1", "a/8", "fe80::1%eth0",
        ] {
            let code = await refusal { try await make(company) { $0.allowedAddresses = [text] } }
            #expect(code == "validation_failed", "\(text)")
        }
    }
}
