// What one organisation sees and changes of another: nothing, whatever the store is asked.
import Core
import Identity
import Storage
import Testing

@testable import Organizations

struct IsolationTests {
    /// Runs in Globex's scope with Acme's identifiers.
    private func asGlobex<Value: Sendable>(
        _ company: Company, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await company.act(in: company.globex, body)
    }

    @Test func `another organisation and its people are not there`() async throws {
        let company = try await Company()
        let (acme, viewer, stranger) = (company.acme.id, company.id(.viewer), company.stranger.id)
        let seen = try await asGlobex(company) { tx in
            [
                try OrganizationsStore.find(acme, in: tx)?.name,
                try MembersStore.page(of: acme, limit: 10, in: tx).first?.name,
                try MembersStore.role(of: viewer, in: acme, in: tx)?.rawValue,
                try Organizations.owners(of: acme, in: tx).first?.name,
                try Identity.find(viewer, in: tx)?.name,
                try tx.rows("SELECT id FROM sessions") { try $0.text(0) }.first,
                try tx.rows("SELECT purpose FROM one_time_tokens") { try $0.text(0) }.first,
            ]
        }
        #expect(seen == [String?](repeating: nil, count: 7))
        let own = try await asGlobex(company) { tx in
            (
                users: try tx.rows("SELECT id FROM users") { try $0.text(0) },
                organizations: try tx.rows("SELECT id FROM organizations") { try $0.text(0) }
            )
        }
        #expect(own.users == [stranger.text])
        #expect(own.organizations == [company.globex.id.text])
    }

    @Test func `RST-11 another organisation's members, invitations and keys can't be changed`() async throws {
        let company = try await Company()
        _ = try await company.invite("new@example.com")
        let key = try await company.act { tx in
            try Organizations.createKey(name: "Importer", role: .viewer, by: .owner, in: tx)
        }
        let open = try company.database.read(in: .organization(company.acme.id)) { tx in
            try InvitationsStore.page(nil, limit: 10, in: tx)
        }
        let invitation = try #require(open.first)
        let editor = company.id(.editor)
        #expect(
            await refusal {
                try await asGlobex(company) { try Organizations.revokeKey(key.key.id, by: .owner, in: $0) }
            } == "not_found")
        #expect(
            await refusal {
                try await asGlobex(company) { try Organizations.revoke(invitation.id, by: .owner, in: $0) }
            }
                == "not_found")
        #expect(
            await refusal { try await asGlobex(company) { try Organizations.remove(editor, by: .owner, in: $0) } }
                == "not_found")
        let change = await refusal {
            try await asGlobex(company) { try Organizations.setRole(.owner, of: editor, by: .owner, in: $0) }
        }
        #expect(change == "not_found")
        let left = try await asGlobex(company) { tx in
            try tx.run("UPDATE members SET role = 'viewer' WHERE organization_id = \(company.acme.id)")
            try tx.run("DELETE FROM api_keys")
            try tx.run("DELETE FROM invitations")
            return try APIKeysStore.page(limit: 10, in: tx).count + InvitationsStore.page(nil, limit: 10, in: tx).count
        }
        #expect(left == 0)
        #expect(try company.role(of: editor) == .editor)
        let (kept, still) = try company.database.read(in: .organization(company.acme.id)) { tx in
            (try APIKeysStore.find(key.key.id, in: tx), try InvitationsStore.find(invitation.id, in: tx))
        }
        #expect(kept?.id == key.key.id)
        #expect(kept?.revokedAt == nil)
        #expect(still?.state == .pending)
    }

    @Test func `an organisation can't add a member to another, nor write accounts and organisations`() async throws {
        let company = try await Company()
        for statement in [
            """
            INSERT INTO members (organization_id, user_id, role, created_at, updated_at)
            VALUES ('\(company.acme.id)', '\(company.stranger.id)', 'owner', 0, 0)
            """,
            "UPDATE users SET is_operator = 1", "UPDATE organizations SET name = 'x'", "DELETE FROM sessions",
        ] {
            let code = await refusal { try await asGlobex(company) { try $0.run(SQL(unchecked: statement)) } }
            // A delete in a table whose rows are hidden finds nothing to refuse.
            #expect(code == "conflict" || statement.hasPrefix("DELETE"), "\(statement)")
        }
        #expect(try company.role(of: company.stranger.id) == nil)
    }
}
