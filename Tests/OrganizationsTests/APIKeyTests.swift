// The form of API keys, and what a key may do.
import Core
import Foundation
import Storage
import Testing
import Web

@testable import Organizations

struct APIKeyTextTests {
    @Test func `the checksum is the one of GitHub's published sample`() {
        let sample = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"
        #expect(APIKeyText.checksum(of: String(sample.prefix(30))) == sample.suffix(6))
        #expect(APIKeyText.isWellFormed("rfk_live_" + sample))
    }

    @Test func `a new key is well formed, and any changed character is noticed`() {
        for _ in 0..<50 {
            let key = APIKeyText.make()
            #expect(key.utf8.count == 45)
            #expect(APIKeyText.isWellFormed(key))
            var characters = Array(key)
            let position = Int.random(in: 9..<45)
            characters[position] = characters[position] == "a" ? "b" : "a"
            #expect(!APIKeyText.isWellFormed(String(characters)))
        }
    }

    @Test func `a test key differs in its prefix only`() {
        let key = APIKeyText.make(isTest: true)
        #expect(key.hasPrefix("rfk_test_") && APIKeyText.isWellFormed(key))
    }

    @Test(arguments: [
        "", "rfk_live_", "rfk_live_abc", "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", "rfk_live_ééééééééééééééééééééé",
    ])
    func `anything else is refused before a read`(text: String) { #expect(!APIKeyText.isWellFormed(text)) }
}

struct APIKeyTests {
    private func make(
        _ company: Company, role: Role = .editor, by own: Role = .owner, expiresAt: Timestamp? = nil
    ) async throws -> NewAPIKey {
        try await company.act(as: own) { tx in
            try Organizations.createKey(name: "Importer", role: role, expiresAt: expiresAt, by: own, in: tx)
        }
    }

    private func principal(_ company: Company, _ secret: String) throws -> String? {
        try company.database.read(in: .instance) { try company.organizations.principal(token: secret, in: $0)?.id }
    }

    @Test func `a key acts with its role in its organisation and in no other`() async throws {
        let company = try await Company()
        let new = try await make(company)
        let roles = try company.database.read(in: .instance) { tx in
            let principal = try #require(try company.organizations.principal(token: new.secret, in: tx))
            return [company.acme, company.globex].map { organization in
                try? company.organizations.role(of: principal, in: organization.id, in: tx)
            }
        }
        #expect(roles == [Role.editor, nil])
    }

    @Test func `the secret is stored as a hash only`() async throws {
        let company = try await Company()
        let new = try await make(company)
        for file in [company.path, company.path + "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: file))
            #expect(bytes.range(of: Data(new.secret.dropFirst(9).utf8)) == nil)
        }
        #expect(new.key.hint == new.secret.suffix(4))
    }

    @Test func `a revoked key and an expired one are refused at once`() async throws {
        let company = try await Company()
        let (one, two) = (
            try await make(company), try await make(company, expiresAt: company.time.clock.now.adding(.hours(1)))
        )
        #expect(try principal(company, one.secret) == one.key.id.text)
        try await company.act { try Organizations.revokeKey(one.key.id, by: .owner, in: $0) }
        #expect(try principal(company, one.secret) == nil)
        #expect(
            await refusal { try await company.act { try Organizations.revokeKey(one.key.id, by: .owner, in: $0) } }
                == "not_found")
        #expect(try principal(company, two.secret) == two.key.id.text)
        company.time.advance(by: .minutes(61))
        #expect(try principal(company, two.secret) == nil)
    }

    @Test func `nobody makes or revokes a key above their own role`() async throws {
        let company = try await Company()
        #expect(await refusal { try await make(company, role: .owner, by: .admin) } == "above_own_role")
        let owners = try await make(company, role: .owner, by: .owner)
        let code = await refusal {
            try await company.act(as: .admin) { try Organizations.revokeKey(owners.key.id, by: .admin, in: $0) }
        }
        #expect(code == "above_own_role")
        let past = await refusal { try await make(company, expiresAt: Timestamp(milliseconds: 1)) }
        #expect(past == "validation_failed")
    }

    @Test func `the last use is written once a minute, not with each request`() async throws {
        let company = try await Company()
        let new = try await make(company)
        let used = {
            try company.database.read(in: .organization(company.acme.id)) { try APIKeysStore.find(new.key.id, in: $0) }?
                .lastUsedAt
        }
        for _ in 0..<10 { _ = try principal(company, new.secret) }
        #expect(try used() == nil)
        try await company.organizations.flushLastUse()
        let first = try #require(try used())
        _ = try principal(company, new.secret)
        try await company.organizations.flushLastUse()
        #expect(try used() == first)
        company.time.advance(by: .minutes(2))
        _ = try principal(company, new.secret)
        try await company.organizations.flushLastUse()
        #expect(try #require(try used()) > first)
    }

    @Test func `an organisation has a hundred keys at most`() async throws {
        let company = try await Company()
        try await company.act { tx in
            for _ in 0..<Organizations.keyLimit {
                _ = try Organizations.createKey(name: "Importer", role: .viewer, by: .owner, in: tx)
            }
        }
        #expect(await refusal { try await make(company) } == "limit_reached")
    }
}
