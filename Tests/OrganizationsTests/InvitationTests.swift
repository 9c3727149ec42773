// Invitations: for one mailbox, once, for seven days.
import Core
import Identity
import Storage
import Testing

@testable import Organizations

struct InvitationTests {
    @Test func `RST-8 an invitation is accepted only with the e-mail address it was sent to`() async throws {
        let company = try await Company()
        let token = try await company.invite("OWNER@globex.example")
        #expect(
            await refusal { try await company.accept(token, by: company.id(.viewer)) } == "invitation_for_somebody_else"
        )
        let membership = try await company.accept(token, by: company.stranger.id)
        #expect(membership.role == .editor)
        #expect(membership.organization.id == company.acme.id)
        #expect(try company.role(of: company.stranger.id) == .editor)
        #expect(try company.role(of: company.stranger.id, in: company.globex) == .owner)
        #expect(await refusal { try await company.accept(token, by: company.stranger.id) } == "invitation_unusable")
        let user = try company.database.read(in: .instance) { try Identity.find(company.stranger.id, in: $0) }
        #expect(user?.verifiedAt != nil)
    }

    @Test func `an invitation ends after seven days, and a new one can be sent then`() async throws {
        let company = try await Company()
        let old = try await company.invite("owner@globex.example")
        #expect(await refusal { try await company.invite("owner@globex.example") } == "already_invited")
        company.time.advance(by: .days(7))
        #expect(await refusal { try await company.accept(old, by: company.stranger.id) } == "invitation_unusable")
        let new = try await company.invite("owner@globex.example")
        _ = try await company.accept(new, by: company.stranger.id)
    }

    @Test func `a withdrawn invitation is refused`() async throws {
        let company = try await Company()
        let token = try await company.invite("owner@globex.example")
        let open = try company.database.read(in: .organization(company.acme.id)) { tx in
            try InvitationsStore.page(.pending, limit: 10, in: tx)
        }
        let id = try #require(open.first?.id)
        try await company.act { try Organizations.revoke(id, by: .owner, in: $0) }
        #expect(await refusal { try await company.accept(token, by: company.stranger.id) } == "invitation_unusable")
        #expect(
            await refusal { try await company.act { try Organizations.revoke(id, by: .owner, in: $0) } } == "not_found")
    }

    @Test func `nobody invites above their own role, or who is a member already`() async throws {
        let company = try await Company()
        #expect(
            await refusal { try await company.invite("new@example.com", as: .owner, by: .admin) } == "above_own_role")
        #expect(await refusal { try await company.invite("Viewer@acme.example") } == "already_member")
    }

    @Test func `RST-9 an invitation ends when whoever sent it may not send it any more`() async throws {
        let company = try await Company()
        let token = try await company.invite("owner@globex.example", as: .admin, from: .admin)
        let admin = company.id(.admin)
        try await company.act { _ = try Organizations.setRole(.editor, of: admin, by: .owner, in: $0) }
        #expect(await refusal { try await company.accept(token, by: company.stranger.id) } == "invitation_unusable")
        try await company.act { _ = try Organizations.setRole(.admin, of: admin, by: .owner, in: $0) }
        let open = try company.database.read(in: .instance) { try Organizations.open(token, in: $0) }
        #expect(open.invitation.role == .admin && open.organization.id == company.acme.id)
        try await company.act { try Organizations.remove(admin, by: .owner, in: $0) }
        #expect(await refusal { try await company.accept(token, by: company.stranger.id) } == "invitation_unusable")
    }

    @Test func `RST-9 whoever sends an invitation again stands behind it from then on`() async throws {
        let company = try await Company()
        _ = try await company.invite("owner@globex.example", as: .viewer, from: .admin)
        company.time.advance(by: .minutes(6))
        let id = try #require(
            try company.database.read(in: .organization(company.acme.id)) {
                try InvitationsStore.page(.pending, limit: 1, in: $0).first?.id
            })
        try await company.act { tx in
            _ = try Organizations.resend(id, by: .owner, origin: "https://app.example.com", in: tx)
        }
        let token = try company.newestInvitation()
        try await company.act { try Organizations.remove(company.id(.admin), by: .owner, in: $0) }
        #expect(try await company.accept(token, by: company.stranger.id).role == .viewer)
    }

    @Test func `a link that makes an owner is not in the outbox that admins read`() async throws {
        let company = try await Company()
        _ = try await company.invite("new@example.com", as: .owner)
        _ = try await company.invite("other@example.com", as: .admin)
        let seen = try company.database.read(in: .organization(company.acme.id)) { tx in
            try tx.rows("SELECT recipient FROM messages") { try $0.text(0) }
        }
        #expect(seen == ["other@example.com"])
    }

    @Test func `somebody without an account makes one by the invitation, for the invited address`() async throws {
        let company = try await Company()
        let token = try await company.invite("new@example.com", as: .admin)
        let signUp = { (token: String, password: String) in
            try await company.organizations.signUp(
                token: token, name: "New Person", password: password, on: .init(named: "Test"), by: Company.caller)
        }
        #expect(await refusal { try await signUp("rft_wrong", Company.password) } == "invitation_unusable")
        #expect(await refusal { try await signUp(token, "short") } == "validation_failed")
        let signedIn = try await signUp(token, Company.password)
        #expect(signedIn.user.email == "new@example.com")
        #expect(signedIn.user.verifiedAt != nil)
        #expect(!signedIn.user.isOperator)
        #expect(try company.role(of: signedIn.user.id) == .admin)
        #expect(await refusal { try await signUp(token, Company.password) } == "invitation_unusable")
        let other = try await company.invite("owner@globex.example")
        #expect(await refusal { try await signUp(other, Company.password) } == "account_exists")
    }
}

struct OrganizationTests {
    @Test(arguments: [
        ("Acme GmbH & Co.", "acme-gmbh-co"), ("  ", "org"), ("Ärzte", "rzte"), ("---", "org"), ("A", "org"),
    ])
    func `a short name is made of the name`(name: String, slug: String) { #expect(Slug.made(of: name) == slug) }

    @Test(arguments: ["a", "-ab", "ab-", "AB", "a b", "ä-b", String(repeating: "a", count: 41), ""])
    func `a short name with other characters is refused`(slug: String) { #expect(!Slug.isValid(slug)) }

    @Test func `a second organisation of the same name gets another short name`() async throws {
        let company = try await Company()
        #expect(company.acme.slug == "acme-gmbh-co")
        let second = try await company.database.write(in: .instance, by: .system("test")) { tx in
            try Organizations.create(name: "Acme GmbH & Co.", owner: company.stranger.id, in: tx)
        }
        #expect(second.slug == "acme-gmbh-co-2")
    }

    @Test func `a change gives a new version and refuses a taken short name`() async throws {
        let company = try await Company()
        let changed = try await company.act { tx in
            try Organizations.update(company.acme, name: "Acme", slug: "acme", in: tx)
        }
        #expect(changed.version == 2)
        #expect(changed.entityTag == "\"2\"")
        let code = await refusal {
            try await company.act { try Organizations.update(changed, name: nil, slug: "globex", in: $0) }
        }
        #expect(code == "slug_taken")
    }

    @Test func `owners' mail addresses are found for bills`() async throws {
        let company = try await Company()
        let addresses = try company.database.read(in: .organization(company.acme.id)) { tx in
            try Organizations.ownerAddresses(of: company.acme.id, in: tx).map(\.text)
        }
        #expect(addresses == ["owner@acme.example"])
    }
}
