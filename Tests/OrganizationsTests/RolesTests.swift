// The table of roles, and who may give what to whom.
import Audit
import Core
import Storage
import Testing
import Web

@testable import Organizations

struct RolesTests {
    /// The table as people were told it, written out on its own.
    static let told: [Permission: Set<Role>] = {
        let all: Set<Role> = [.viewer, .editor, .admin, .owner]
        let editors: Set<Role> = [.editor, .admin, .owner]
        let admins: Set<Role> = [.admin, .owner]
        return [
            .organizationRead: all, .membersRead: all, .eventsRead: all, .jobsRead: all, .billingRead: all,
            .ledgerRead: all, .jobsWrite: editors, .usageWrite: editors, .ledgerPost: editors,
            .organizationManage: admins, .membersManage: admins, .keysRead: admins, .keysManage: admins,
            .auditRead: admins, .jobsManage: admins, .outboxRead: admins, .ledgerManage: admins,
            .billingManage: [.owner], .organizationDelete: [.owner],
        ]
    }()

    @Test(arguments: Permission.allCases)
    func `each role holds exactly the permissions of the table`(permission: Permission) throws {
        let told = try #require(Self.told[permission])
        for role in Role.allCases { #expect(role.allows(permission) == told.contains(role), "\(role) \(permission)") }
    }

    @Test(arguments: Role.allCases)
    func `the navigation shows a role only what it may see`(role: Role) {
        let shown = ConsoleShell.navigation(of: "org_1", for: role).flatMap(\.items).map(\.section)
        let admins = ["api-keys", "outbox", "audit", "settings"]
        for section in admins { #expect(shown.contains(section) == Role.admin.isWithin(role), "\(section)") }
        for section in ["overview", "members", "roles", "billing", "ledger", "jobs"] {
            #expect(shown.contains(section))
        }
    }

    @Test(arguments: Role.allCases)
    func `nobody gives a role above their own or touches somebody above them`(own: Role) async throws {
        let company = try await Company()
        for wanted in Role.allCases {
            for subject in Role.allCases where subject != own {
                let code = await refusal {
                    try await company.act(as: own) { tx in
                        try Organizations.setRole(wanted, of: company.id(subject), by: own, in: tx)
                    }
                }
                #expect(
                    code == (wanted.isWithin(own) && subject.isWithin(own) ? nil : "above_own_role"),
                    "\(subject) to \(wanted)")
                #expect(try company.role(of: company.id(subject)) == (code == nil ? wanted : subject))
                try await company.act { tx in
                    _ = try Organizations.setRole(subject, of: company.id(subject), by: .owner, in: tx)
                }
            }
        }
    }

    @Test func `the last owner can't leave, be demoted or be removed`() async throws {
        let company = try await Company()
        let owner = company.id(.owner)
        let leave = { try await company.act { try Organizations.leave(owner, in: $0) } }
        #expect(await refusal { try await leave() } == "last_owner")
        let demote = await refusal {
            try await company.act { try Organizations.setRole(.viewer, of: owner, by: .owner, in: $0) }
        }
        #expect(demote == "last_owner")
        #expect(
            await refusal { try await company.act { try Organizations.remove(owner, by: .owner, in: $0) } }
                == "last_owner")
        try await company.act { _ = try Organizations.setRole(.owner, of: company.id(.admin), by: .owner, in: $0) }
        try await leave()
        #expect(try company.role(of: owner) == nil)
        let next = await refusal { try await company.act { try Organizations.leave(company.id(.admin), in: $0) } }
        #expect(next == "last_owner")
    }

    @Test func `two owners who leave at once leave one behind`() async throws {
        let company = try await Company()
        try await company.act { _ = try Organizations.setRole(.owner, of: company.id(.admin), by: .owner, in: $0) }
        async let one = refusal { try await company.act { try Organizations.leave(company.id(.owner), in: $0) } }
        async let two = refusal { try await company.act { try Organizations.leave(company.id(.admin), in: $0) } }
        #expect(await [one, two].filter { $0 == "last_owner" }.count == 1)
    }

    @Test func `every change of members is in the audit log and in the events`() async throws {
        let company = try await Company()
        try await company.act { tx in
            _ = try Organizations.setRole(.viewer, of: company.id(.editor), by: .owner, in: tx)
            try Organizations.remove(company.id(.viewer), by: .owner, in: tx)
        }
        let (audited, published) = try company.database.read(in: .organization(company.acme.id)) { tx in
            (
                try tx.rows("SELECT action FROM audit_events ORDER BY sequence") { try $0.text(0) },
                try tx.rows("SELECT type FROM events ORDER BY id") { try $0.text(0) }
            )
        }
        #expect(audited.suffix(2) == ["member.role_changed", "member.removed"])
        #expect(Set(published) == Set(audited))
        #expect(try company.database.read(in: .instance) { try Audit.verify(in: $0) }.firstProblem == nil)
    }
}
