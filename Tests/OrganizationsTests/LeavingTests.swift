// Deleting an account: what goes, what stays, and the owner that an organisation never loses.
import Core
import Identity
import Storage
import Testing

@testable import Organizations

struct LeavingTests {
    private func delete(_ user: UserID, _ company: Company) async throws {
        let actor = Actor(.user, id: user.text, display: "Test")
        try await company.database.write(in: .instance, by: actor) { tx in
            try Organizations.deleteAccount(user, in: tx)
        }
    }

    @Test func `the last owner of an organisation can't delete their account`() async throws {
        let company = try await Company()
        #expect(await refusal { try await delete(company.id(.owner), company) } == "last_owner")
        #expect(try company.role(of: company.id(.owner)) == .owner)
        try await company.act { tx in
            _ = try Organizations.setRole(.owner, of: company.id(.admin), by: .owner, in: tx)
        }
        try await delete(company.id(.owner), company)
        #expect(try company.role(of: company.id(.owner)) == nil)
        #expect(await refusal { try await delete(company.id(.admin), company) } == "last_owner")
    }

    @Test func `a deleted account leaves nothing but the audit log behind`() async throws {
        let company = try await Company()
        let id = company.id(.editor)
        let signedIn = try await company.identity.signIn(
            email: "editor@acme.example", password: Company.password, on: .init(named: "Test"), by: Company.caller
        ).session()
        try await delete(id, company)
        let found = try company.database.read(in: .instance) { tx in
            (
                try Identity.find(id, in: tx) == nil,
                try company.organizations.principal(token: signedIn.token, in: tx) == nil,
                try tx.first("SELECT count(*) FROM sessions WHERE user_id = \(id)") { try $0.int(0) },
                try tx.first("SELECT count(*) FROM known_devices WHERE user_id = \(id)") { try $0.int(0) },
                try tx.first("SELECT count(*) FROM audit_events WHERE target_id = \(id)") { try $0.int(0) }
            )
        }
        #expect(found.0 && found.1)
        #expect(found.2 == 0 && found.3 == 0)
        #expect((found.4 ?? 0) >= 2)
    }

    @Test func `an export holds the account, its sessions and its organisations, and no secret`() async throws {
        let company = try await Company()
        let signedIn = try await company.identity.signIn(
            email: "editor@acme.example", password: Company.password, on: .init(named: "Test"), by: Company.caller
        ).session()
        let export = try company.database.read(in: .instance) { tx in
            try Organizations.export(of: company.id(.editor), session: signedIn.session.id, in: tx)
        }
        #expect(export.account.email == "editor@acme.example")
        #expect(export.sessions.map(\.isCurrent) == [true])
        #expect(export.organizations.map(\.role) == [.editor])
    }

    @Test func `an invitation makes no account where sign-up is closed or the domain is another one`() async throws {
        let company = try await Company()
        for (policy, code) in [(closed, "sign_up_closed"), (elsewhere, "validation_failed")] {
            let identity = Identity(database: company.database, hasher: PasswordHasher(width: 1), policy: policy)
            let strict = Organizations(database: company.database, identity: identity)
            let token = try await company.invite("\(code.filter(\.isLetter))@acme.example")
            let answer = await refusal {
                try await strict.signUp(
                    token: token, name: "New", password: Company.password, on: .init(named: "Test"),
                    by: Company.caller)
            }
            #expect(answer == code)
        }
    }

    private var closed: AccountPolicy {
        var policy = AccountPolicy()
        policy.signUp = .closed
        return policy
    }

    private var elsewhere: AccountPolicy {
        var policy = AccountPolicy()
        policy.domains = ["elsewhere.example"]
        return policy
    }
}
