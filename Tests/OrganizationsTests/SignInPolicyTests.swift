// An organisation that asks for a second factor lets nobody in without one, whichever way they signed in.
import Core
import Identity
import Storage
import Testing
import Web

@testable import Organizations

struct SignInPolicyTests {
    private func require(_ company: Company) async throws {
        try await company.act { tx in
            let acme = try Organizations.required(try tx.organization(), in: tx)
            _ = try Organizations.update(acme, name: nil, slug: nil, requiresSecondFactor: true, in: tx)
        }
    }

    private func role(_ principal: Principal, _ company: Company) async -> String? {
        await refusal {
            try company.database.read(in: .instance) { tx in
                try company.organizations.role(of: principal, in: company.acme.id, in: tx) ?? .viewer
            }
        }
    }

    @Test func `MFA-7 a session without a second factor is shut out, one with it is not`() async throws {
        let company = try await Company()
        var principal = Principal(
            .session(SessionID(at: company.time.clock.now), user: company.id(.editor)), display: "Editor")
        #expect(await role(principal, company) == nil)
        try await require(company)
        #expect(await role(principal, company) == "second_factor_missing")
        principal.hasSecondFactor = true
        #expect(await role(principal, company) == nil)
    }

    @Test func `a stranger still learns nothing about the organisation`() async throws {
        let company = try await Company()
        try await require(company)
        let stranger = Principal(
            .session(SessionID(at: company.time.clock.now), user: company.stranger.id), display: "Stranger")
        let role = try company.database.read(in: .instance) { tx in
            try company.organizations.role(of: stranger, in: company.acme.id, in: tx)
        }
        #expect(role == nil)
    }

    @Test func `OAU-9 sessions that a password, an invitation or a link opened are all without it`() async throws {
        let company = try await Company()
        try await require(company)
        let token = try await company.invite("new@acme.example")
        let joined = try await company.organizations.signUp(
            token: token, name: "New", password: Company.password, on: .init(named: "Test"), by: Company.caller)
        let signedIn = try await company.identity.signIn(
            email: "new@acme.example", password: Company.password, on: .init(named: "Test"), by: Company.caller
        ).session()
        for token in [joined.token, signedIn.token] {
            let principal = try company.database.read(in: .instance) { tx in
                try company.organizations.principal(token: token, in: tx)
            }
            #expect(await role(try #require(principal), company) == "second_factor_missing")
        }
    }
}
