// The end of an organisation, handing it over, stopping it and its people.
import Audit
import Core
import Foundation
import Identity
import Storage
import Testing
import Web

@testable import Organizations

struct EndingTests {
    private func organization(_ company: Company) throws -> Organization {
        try company.database.read(in: .instance) { try Organizations.required(company.acme.id, in: $0) }
    }

    private func role(_ company: Company, _ role: Role) throws -> Role? {
        let principal = Principal(
            .session(SessionID(at: company.time.clock.now), user: company.id(role)), display: "Test")
        return try company.database.read(in: .instance) {
            try company.organizations.role(of: principal, in: company.acme.id, in: $0)
        }
    }

    private func delete(_ company: Company) async throws {
        let organization = try organization(company)
        try await company.act { [organizations = company.organizations] in
            try organizations.requestDeletion(organization, in: $0)
        }
    }

    @Test func `after a deletion was asked for only owners get in, and undoing it lets everybody in`() async throws {
        let company = try await Company()
        let key = try await company.act { try Organizations.createKey(name: "K", role: .owner, by: .owner, in: $0) }
        try await delete(company)
        #expect(try role(company, .owner) == .owner)
        for other in [Role.viewer, .editor, .admin] {
            #expect(await refusal { try role(company, other) } == "organization_leaving")
        }
        func works() throws -> Bool {
            try company.database.read(in: .instance) {
                try company.organizations.principal(token: key.secret, in: $0) != nil
            }
        }
        #expect(try !works())
        let leaving = try organization(company)
        #expect(leaving.deletionAt != nil)
        _ = try await company.act { try Organizations.undoDeletion(leaving, in: $0) }
        #expect(try role(company, .viewer) == .viewer && works())
        company.time.advance(by: .days(40))
        #expect(try await company.organizations.deleteDue(by: .system("test")) == 0)
    }

    @Test func `after thirty days people, keys and events go, and books, audit log and other tenants stay`()
        async throws
    {
        let company = try await Company()
        _ = try await company.act { try Organizations.createKey(name: "K", role: .owner, by: .owner, in: $0) }
        _ = try await company.invite("new@acme.example")
        try await delete(company)
        company.time.advance(by: .days(29))
        #expect(try await company.organizations.deleteDue(by: .system("test")) == 0)
        #expect(try company.role(of: company.id(.owner)) == .owner)
        company.time.advance(by: .days(2))
        #expect(try await company.organizations.deleteDue(by: .system("test")) == 1)
        #expect(try await company.organizations.deleteDue(by: .system("test")) == 0)
        let left = try company.database.read(in: .instance) { tx in
            try ["members", "invitations", "api_keys", "audit_events"].map { table in
                let count: SQL =
                    SQL(unchecked: "SELECT count(*) FROM \(table) WHERE organization_id = ")
                    + "\(company.acme.id)"
                return try tx.first(count) { try $0.int(0) } ?? 0
            }
        }
        #expect(Array(left.prefix(3)) == [0, 0, 0] && left[3] > 5)
        #expect(try organization(company).name == "Deleted organisation")
        #expect(try role(company, .owner) == nil)
        #expect(try company.role(of: company.stranger.id, in: company.globex) == .owner)
        try await company.database.write(in: .instance, by: .system("test")) { [acme = company.acme] tx in
            _ = try Organizations.create(name: "Again", slug: acme.slug, owner: company.stranger.id, in: tx)
        }
        #expect(try company.database.read(in: .instance) { try Audit.verify(in: $0) }.firstProblem == nil)
    }

    @Test func `what another feature erases goes in pieces, and what it ends is ended at the request`() async throws {
        let company = try await Company()
        var departure = Organizations.Departure()
        departure.request = { tx in try Audit.record("thing.ended", on: .init("thing", "x"), in: tx) }
        departure.erase = { limit, tx in
            let left = try tx.first("SELECT count(*) FROM events") { try $0.int(0) } ?? 0
            try tx.run("DELETE FROM events WHERE id IN (SELECT id FROM events LIMIT \(limit))")
            return Int(min(left, Int64(limit)))
        }
        let organizations = Organizations(
            database: company.database, identity: company.identity, departures: [departure])
        let acme = try organization(company)
        try await company.act { try organizations.requestDeletion(acme, in: $0) }
        company.time.advance(by: .days(31))
        #expect(try await organizations.deleteDue(by: .system("test")) == 1)
        let (own, others) = try company.database.read(in: .instance) { tx in
            (
                try tx.first("SELECT count(*) FROM events WHERE organization_id = \(company.acme.id)") {
                    try $0.int(0)
                },
                try tx.first("SELECT count(*) FROM events WHERE organization_id = \(company.globex.id)") {
                    try $0.int(0)
                }
            )
        }
        #expect(own == 0 && others ?? 0 > 0)
    }

    @Test func `handing over makes the one an owner and the other an admin, together`() async throws {
        let company = try await Company()
        _ = try await company.act {
            try Organizations.transfer(to: company.id(.editor), from: company.id(.owner), in: $0)
        }
        #expect(try company.role(of: company.id(.editor)) == .owner)
        #expect(try company.role(of: company.id(.owner)) == .admin)
        for (next, code) in [(company.id(.editor), "validation_failed"), (company.stranger.id, "not_found")] {
            let found = await refusal {
                try await company.act { try Organizations.transfer(to: next, from: company.id(.editor), in: $0) }
            }
            #expect(found == code)
        }
    }

    @Test func `TEN-7 of two owners who go at once, whatever way, one stays`() async throws {
        for _ in 0..<10 {
            let company = try await Company()
            let (one, two) = (company.id(.owner), company.id(.admin))
            try await company.act { _ = try Organizations.setRole(.owner, of: two, by: .owner, in: $0) }
            let ways: [@Sendable (UserID) async throws -> Void] = [
                { user in try await company.act { try Organizations.leave(user, in: $0) } },
                { user in try await company.act { try Organizations.remove(user, by: .owner, in: $0) } },
                { user in
                    try await company.act { _ = try Organizations.setRole(.viewer, of: user, by: .owner, in: $0) }
                },
                { user in
                    try await company.database.write(in: .instance, by: .system("test")) { tx in
                        try Organizations.suspendUser(user, because: "test", in: tx)
                    }
                },
            ]
            let (first, second) = (ways.randomElement(), ways.randomElement())
            async let left = refusal { try await first?(one) }
            async let right = refusal { try await second?(two) }
            #expect(await [left, right].filter { $0 == "last_owner" }.count == 1)
        }
    }

    @Test func `TEN-8 nobody resends or withdraws an invitation above their own role`() async throws {
        let company = try await Company()
        _ = try await company.invite("boss@acme.example", as: .owner)
        let id = try company.database.read(in: .organization(company.acme.id)) { tx in
            try #require(try InvitationsStore.page(.pending, limit: 1, in: tx).first?.id)
        }
        company.time.advance(by: .minutes(6))
        for own in [Role.admin, .editor] {
            let codes = [
                await refusal { try await company.act { try Organizations.revoke(id, by: own, in: $0) } },
                await refusal {
                    try await company.act { try Organizations.resend(id, by: own, origin: "https://x", in: $0) }
                },
            ]
            #expect(codes == ["above_own_role", "above_own_role"])
        }
    }

    @Test func `TEN-8 promoted and demoted at once, nobody ends above what the last change said`() async throws {
        for _ in 0..<10 {
            let company = try await Company()
            async let up = refusal {
                try await company.act {
                    try Organizations.setRole(.owner, of: company.id(.admin), by: .owner, in: $0)
                }
            }
            async let down = refusal {
                try await company.act(as: .admin) {
                    try Organizations.setRole(.viewer, of: company.id(.admin), by: .admin, in: $0)
                }
            }
            let codes = await [up, down]
            let role = try company.role(of: company.id(.admin))
            // Either order of the two: an admin can't change an owner.
            #expect(codes == [nil, nil] ? role == .owner : codes == [nil, "above_own_role"] && role == .owner)
        }
    }

    @Test func `an invitation is sent again with a new link, and the old one ends`() async throws {
        let company = try await Company()
        let old = try await company.invite("new@acme.example")
        let id = try company.database.read(in: .organization(company.acme.id)) { tx in
            try #require(try InvitationsStore.page(.pending, limit: 1, in: tx).first?.id)
        }
        let resend = {
            try await company.act {
                try Organizations.resend(id, by: .owner, origin: "https://app.example.com", in: $0)
            }
        }
        #expect(await refusal { try await resend() } == "just_sent")
        company.time.advance(by: .days(8))
        let again = try await resend()
        #expect(again.state == .pending && again.expiresAt > company.time.clock.now.adding(.days(6)))
        let gone = await refusal { try await company.accept(old, by: company.stranger.id) }
        #expect(gone == "invitation_unusable")
        let mails = try company.database.read(in: .instance) { tx in
            try tx.rows("SELECT text FROM messages WHERE recipient = 'new@acme.example' ORDER BY id DESC") {
                try $0.text(0)
            }
        }
        #expect(mails.count == 2 && mails[0].contains("#token=") && !mails[0].contains(old))
        try await company.act { try Organizations.revoke(id, by: .owner, in: $0) }
        #expect(await refusal { try await resend() } == "not_found")
    }

    @Test func `SES-3 a suspended account has no session and no sign-in, and a suspended owner counts as none`()
        async throws
    {
        let company = try await Company()
        let device = Identity.Device(named: "test")
        let signedIn = try await company.identity.signIn(
            email: "editor@acme.example", password: Company.password, on: device, by: Company.caller
        ).session()
        let editor = company.id(.editor)
        try await company.database.write(in: .instance, by: .system("test")) { tx in
            try Organizations.suspendUser(editor, because: "test", in: tx)
        }
        #expect(
            try company.database.read(in: .instance) {
                try company.organizations.principal(token: signedIn.token, in: $0)
            }
                == nil)
        let refused = await refusal {
            try await company.identity.signIn(
                email: "editor@acme.example", password: Company.password, on: device, by: Company.caller)
        }
        #expect(refused == "account_suspended")
        try await company.act { _ = try Organizations.setRole(.owner, of: editor, by: .owner, in: $0) }
        #expect(
            await refusal { try await company.act { try Organizations.leave(company.id(.owner), in: $0) } }
                == "last_owner")
        let handed = await refusal {
            try await company.act { try Organizations.transfer(to: editor, from: company.id(.owner), in: $0) }
        }
        #expect(handed == "validation_failed")
    }
}
