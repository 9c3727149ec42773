// Custom roles: what can be in them, who may give them, and that a change holds at once.
import Audit
import Core
import Identity
import Storage
import Testing
import Web

@testable import Organizations

struct CustomRoleTests {
    private func make(
        _ name: String, _ permissions: [Permission], by own: Role = .owner, in company: Company
    ) async throws -> RoleDescription {
        try await company.act { try Organizations.createRole(name: name, permissions: permissions, by: own, in: $0) }
    }

    private func give(_ role: Role, to holder: Role, by own: Role = .owner, in company: Company) async throws {
        try await company.act { tx in
            _ = try Organizations.setRole(role, of: company.id(holder), by: own, in: tx)
        }
    }

    /// What the gateway is told of somebody's role now.
    private func standing(_ holder: Role, in company: Company) throws -> Role? {
        let principal = Principal(
            .session(SessionID(at: company.time.clock.now), user: company.id(holder)), display: "Test")
        return try company.database.read(in: .instance) { tx in
            try company.organizations.role(of: principal, in: company.acme.id, in: tx)
        }
    }

    @Test func `a custom role holds what it was made of, to see the organisation, and nothing else`() async throws {
        let company = try await Company()
        let role = try await make("Support", [.membersRead, .jobsManage], in: company).role
        let held = Permission.allCases.filter { role.allows($0) }
        #expect(Set(held) == [.organizationRead, .membersRead, .jobsManage])
        try await give(role, to: .editor, in: company)
        #expect(try standing(.editor, in: company) == role)
        #expect(try company.role(of: company.id(.editor))?.title == "Support")
    }

    @Test(arguments: Permission.allCases)
    func `what is for owners alone, and the outbox, is in no custom role`(permission: Permission) async throws {
        let company = try await Company()
        let code = await refusal { try await make("Odd", [permission], in: company) }
        let isRefused: Set<Permission> = [.billingManage, .organizationDelete, .outboxRead]
        #expect(code == (isRefused.contains(permission) ? "validation_failed" : nil))
    }

    @Test func `a permission that stands in the table but is in no custom role gives nothing`() async throws {
        let company = try await Company()
        let made = try await make("Support", [.membersRead], in: company)
        _ = try await company.act { tx in
            try tx.run("UPDATE custom_roles SET permissions = 'billing:manage members:read' WHERE id = \(made.id)")
        }
        try await give(made.role, to: .viewer, in: company)
        let role = try #require(try standing(.viewer, in: company))
        #expect(!role.allows(.billingManage) && role.allows(.membersRead))
    }

    @Test func `TEN-8 nobody makes, changes, gives, takes or deletes a role that holds more than their own`()
        async throws
    {
        let company = try await Company()
        let manager = try await make("Manager", [.membersManage, .membersRead, .jobsRead], in: company)
        let beyond = try await make("Bookkeeper", [.ledgerPost], in: company)
        let within = try await make("Watcher", [.jobsRead], in: company)
        let own = manager.role
        let attempts: [@Sendable (any Transaction) throws -> Void] = [
            { _ = try Organizations.createRole(name: "More", permissions: [.auditRead], by: own, in: $0) },
            { tx in
                _ = try Organizations.updateRole(
                    RoleID(stored: within.id), name: nil, permissions: [.jobsRead, .auditRead], by: own, in: tx)
            },
            // Also not to take something away from it.
            { tx in
                _ = try Organizations.updateRole(
                    RoleID(stored: beyond.id), name: nil, permissions: [.jobsRead], by: own, in: tx)
            },
            { try Organizations.deleteRole(RoleID(stored: beyond.id), replacement: nil, by: own, in: $0) },
            { try Organizations.deleteRole(RoleID(stored: within.id), replacement: .viewer, by: own, in: $0) },
            { _ = try Organizations.setRole(beyond.role, of: company.id(.viewer), by: own, in: $0) },
            { _ = try Organizations.setRole(within.role, of: company.id(.viewer), by: own, in: $0) },
            { _ = try Organizations.setRole(.viewer, of: company.id(.editor), by: own, in: $0) },
            { try Organizations.remove(company.id(.admin), by: own, in: $0) },
            { tx in
                guard let email = EmailAddress("new@acme.example") else { return }
                try Organizations.invite(email, as: .viewer, by: own, origin: "https://app.example.com", in: tx)
            },
        ]
        for (index, attempt) in attempts.enumerated() {
            #expect(await refusal { try await company.act(attempt) } == "above_own_role", "attempt \(index)")
        }
        // What is within it works: the others were refused for the right they lack.
        try await give(within.role, to: .viewer, in: company)
        try await company.act { tx in
            _ = try Organizations.setRole(manager.role, of: company.id(.viewer), by: own, in: tx)
            _ = try Organizations.updateRole(
                RoleID(stored: within.id), name: "Onlooker", permissions: nil, by: own, in: tx)
        }
    }

    @Test func `a changed role holds at once for everybody who has it`() async throws {
        let company = try await Company()
        let made = try await make("Support", [.jobsRead], in: company)
        try await give(made.role, to: .editor, in: company)
        #expect(try standing(.editor, in: company)?.allows(.auditRead) == false)
        try await company.act { tx in
            _ = try Organizations.updateRole(
                RoleID(stored: made.id), name: nil, permissions: [.auditRead], by: .owner, in: tx)
        }
        let now = try #require(try standing(.editor, in: company))
        #expect(now.allows(.auditRead) && !now.allows(.jobsRead))
    }

    @Test func `a role in use is not deleted, unless another one takes its place`() async throws {
        let company = try await Company()
        let made = try await make("Support", [.jobsRead], in: company)
        let id = RoleID(stored: made.id)
        let token = try await company.invite("late@acme.example", as: made.role)
        let delete = { (replacement: Role?) in
            try await company.act { try Organizations.deleteRole(id, replacement: replacement, by: .owner, in: $0) }
        }
        #expect(await refusal { try await delete(nil) } == "role_in_use")
        try await give(made.role, to: .editor, in: company)
        #expect(await refusal { try await delete(nil) } == "role_in_use")
        #expect(await refusal { try await delete(made.role) } == "validation_failed")
        let other = try await make("Helper", [.membersRead], in: company)
        try await delete(other.role)
        #expect(try standing(.editor, in: company) == other.role)
        let joined = try await company.organizations.signUp(
            token: token, name: "Late", password: Company.password, on: .init(named: "Test"), by: Company.caller)
        #expect(try company.role(of: joined.user.id) == other.role)
        let naming = await refusal { try await company.act { try Organizations.role(named: made.id, in: $0) } }
        #expect(naming == "validation_failed")
    }

    @Test func `an accepted invitation does not keep a role in use, and still names it`() async throws {
        let company = try await Company()
        let made = try await make("Support", [.jobsRead], in: company)
        let token = try await company.invite("late@acme.example", as: made.role)
        let joined = try await company.organizations.signUp(
            token: token, name: "Late", password: Company.password, on: .init(named: "Test"), by: Company.caller)
        try await company.act { tx in
            _ = try Organizations.setRole(.viewer, of: joined.user.id, by: .owner, in: tx)
            try Organizations.deleteRole(RoleID(stored: made.id), replacement: nil, by: .owner, in: tx)
            #expect(try InvitationsStore.page(nil, limit: 10, in: tx).map(\.role.title) == ["Support"])
            #expect(try Organizations.roles(in: tx).count == 4)
        }
    }

    @Test func `TEN-3 a role of another organisation is none here`() async throws {
        let company = try await Company()
        let theirs = try await company.act(in: company.globex) {
            try Organizations.createRole(name: "Theirs", permissions: [.jobsRead], by: .owner, in: $0)
        }
        let naming = await refusal { try await company.act { try Organizations.role(named: theirs.id, in: $0) } }
        #expect(naming == "validation_failed")
        let id = RoleID(stored: theirs.id)
        let changing = await refusal {
            try await company.act {
                try Organizations.updateRole(id, name: "Mine", permissions: nil, by: .owner, in: $0)
            }
        }
        #expect(changing == "not_found")
        // Even written into the table by a mistake of ours, it counts as no role at all.
        _ = try await company.database.write(in: .instance, by: .system("test")) { tx in
            try tx.run(
                """
                UPDATE members SET role = 'viewer', custom_role_id = \(theirs.id)
                WHERE organization_id = \(company.acme.id) AND user_id = \(company.id(.editor))
                """)
        }
        #expect(throws: StorageError.self) { try standing(.editor, in: company) }
    }

    @Test func `names are unique whatever their case, and none of the four is taken`() async throws {
        let company = try await Company()
        _ = try await make("Support", [.jobsRead], in: company)
        #expect(await refusal { try await make(" SUPPORT ", [.jobsRead], in: company) } == "role_name_taken")
        #expect(await refusal { try await make("owner", [.jobsRead], in: company) } == "validation_failed")
        #expect(await refusal { try await make("", [.jobsRead], in: company) } == "validation_failed")
        #expect(await refusal { try await make("a\nb", [.jobsRead], in: company) } == "validation_failed")
    }

    @Test func `an organisation has 50 custom roles at most`() async throws {
        let company = try await Company()
        try await company.act { tx in
            for number in 1...50 {
                _ = try Organizations.createRole(name: "R\(number)", permissions: [.jobsRead], by: .owner, in: tx)
            }
        }
        #expect(await refusal { try await make("R51", [.jobsRead], in: company) } == "limit_reached")
    }

    @Test func `TEN-7 no custom role counts as an owner`() async throws {
        let company = try await Company()
        let everything = Permission.allCases.filter(\.isForCustomRoles)
        let role = try await make("Nearly all", everything, in: company).role
        try await give(role, to: .admin, in: company)
        #expect(!Role.owner.isWithin(role) && role.isWithin(.owner))
        #expect(
            await refusal { try await company.act { try Organizations.leave(company.id(.owner), in: $0) } }
                == "last_owner")
    }

    @Test func `TEN-8 a key made with a custom role does nothing that the role does not hold`() async throws {
        let company = try await Company()
        let own = try await make("Integrator", [.keysManage, .keysRead, .jobsWrite], in: company).role
        let key = { (role: Role, permissions: [Permission]?) in
            await refusal {
                try await company.act { tx in
                    var request = Organizations.KeyRequest(name: "K", role: role)
                    request.permissions = permissions
                    return try Organizations.createKey(request, by: own, in: tx)
                }
            }
        }
        #expect(await key(.viewer, nil) == "above_own_role")
        #expect(await key(.editor, [.jobsWrite, .ledgerPost]) == "above_own_role")
        #expect(await key(.editor, [.jobsWrite]) == nil)
    }

    @Test func `authorize answers for a custom role`() async throws {
        let company = try await Company()
        let role = try await make("Support", [.jobsManage], in: company).role
        try await give(role, to: .viewer, in: company)
        let user = company.id(.viewer)
        let (may, mayNot) = try company.database.read(in: .organization(company.acme.id)) { tx in
            (
                try Organizations.verdict(on: user, .jobsManage, in: tx),
                try Organizations.verdict(on: user, .ledgerRead, in: tx)
            )
        }
        #expect(may.allowed && may.role == role)
        #expect(!mayNot.allowed && mayNot.reason == .roleLacksPermission)
    }

    @Test func `making, changing and deleting a role is in the audit log`() async throws {
        let company = try await Company()
        let made = try await make("Support", [.jobsRead], in: company)
        let id = RoleID(stored: made.id)
        try await company.act { tx in
            _ = try Organizations.updateRole(id, name: "Help", permissions: nil, by: .owner, in: tx)
            try Organizations.deleteRole(id, replacement: nil, by: .owner, in: tx)
        }
        let told = try company.database.read(in: .organization(company.acme.id)) { tx in
            try Audit.timeline(of: .init("role", id), in: tx).map(\.action)
        }
        #expect(told == ["role.deleted", "role.updated", "role.created"])
    }
}
