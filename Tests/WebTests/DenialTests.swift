// What a key may not do, and what the audit log is told of refusals.
import Core
import Storage
import Synchronization
import TestSupport
import Testing
import Web

@Suite struct DenialTests {
    private static let organization = OrganizationID(stored: "org_01hrzaaaaaaaaaaaaaaaaaaaaa")

    /// What the gateway told of refusals.
    private final class Told: Sendable {
        let denials = Mutex<[Denial]>([])
        var codes: [String] { denials.withLock { $0.map(\.code) } }
    }

    private static func key(_ change: (inout Principal) -> Void = { _ in }) -> Principal {
        var principal = Principal(
            .apiKey(APIKeyID(at: Clock.system.now), organization: organization, role: .owner), display: "key")
        change(&principal)
        return principal
    }

    private static func endpoints() -> [Endpoint] {
        var routes = Routes()
        for permission in Permission.allCases {
            let path = "/v1/orgs/{org}/" + permission.rawValue.replacing(":", with: "-")
            routes.get(path, permission.rawValue, "Test", tag: "test", allow: .member(permission), returns: String.self)
            {
                _, _ in "yes"
            }
        }
        routes.get("/v1/me", "me", "Test", tag: "test", allow: .signedIn, returns: String.self) { _, _ in "yes" }
        routes.get("/v1/all", "all", "Test", tag: "test", allow: .operators, returns: String.self) { _, _ in "yes" }
        routes.get(
            "/v1/open", "open", "Test", tag: "test", allow: .anyone, query: [QueryParameter("q", "Anything.")],
            returns: String.self
        ) { _, _ in "yes" }
        var pages = Pages(shell: { view, _, _ in view.body })
        pages.page("/orgs/{org}", "page", allow: .member(.organizationRead)) { _, _ in PageView("Page", "yes") }
        return routes.endpoints + pages.endpoints
    }

    private func serve(
        _ principals: [String: Principal], role: Role? = .owner,
        _ body: @escaping @Sendable (TestServer, Told) async throws -> Void
    ) async throws {
        let told = Told()
        var settings = Gateway.Settings.testing(principals: principals, role: role)
        settings.onDenial = { denial in told.denials.withLock { $0.append(denial) } }
        let file = try TestDatabase()
        try await withServer(Self.endpoints(), on: file.database, settings: settings) { try await body($0, told) }
    }

    private func path(_ permission: Permission) -> String {
        "/v1/orgs/\(Self.organization)/" + permission.rawValue.replacing(":", with: "-")
    }

    @Test func `KEY-2 a route refuses every key that lacks its permission`() async throws {
        let principals = Dictionary(
            uniqueKeysWithValues: Permission.allCases.map { permission in
                (permission.rawValue, Self.key { $0.permissions = [permission] })
            })
        try await serve(principals) { server, told in
            for held in Permission.allCases {
                for asked in Permission.allCases {
                    let answer = try await server.send("GET", path(asked), token: held.rawValue)
                    let isAllowed = held == asked && !asked.isForPeople
                    #expect(answer.status == (isAllowed ? 200 : 403), "\(held) on \(asked)")
                }
            }
            #expect(Set(told.codes) == ["permission_denied", "session_required"])
        }
    }

    @Test func `KEY-3 a key of an owner reads and makes no keys, changes no members and opens no page`() async throws {
        try await serve(["key": Self.key()]) { server, told in
            for permission in Permission.allCases {
                let answer = try await server.send("GET", path(permission), token: "key")
                let isRefused = [.keysRead, .keysManage, .membersManage, .outboxRead, .organizationDelete]
                    .contains(permission)
                #expect(answer.status == (isRefused ? 403 : 200), "\(permission)")
                if isRefused { #expect(answer.problem == "session_required") }
            }
            for page in ["/orgs/\(Self.organization)", "/v1/me"] {
                let answer = try await server.send(
                    "GET", page, token: "key", headers: [(name: "Accept", value: "application/json")])
                #expect(answer.status == 403, "\(page)")
            }
            #expect(told.codes.count == 7)
        }
    }

    @Test func `a key is used from its addresses only`() async throws {
        let here = Self.key { $0.ranges = ["10.0.0.0/8", "127.0.0.0/24"].compactMap { AddressRange($0) } }
        let elsewhere = Self.key { $0.ranges = ["10.0.0.0/8", "::1"].compactMap { AddressRange($0) } }
        try await serve(["here": here, "elsewhere": elsewhere]) { server, told in
            #expect(try await server.send("GET", path(.jobsRead), token: "here").status == 200)
            let answer = try await server.send("GET", path(.jobsRead), token: "elsewhere")
            #expect(answer.status == 403 && answer.problem == "address_not_allowed")
            #expect(told.codes == ["address_not_allowed"])
            #expect(told.denials.withLock { $0.first?.actor.id } == elsewhere.id)
        }
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false), ("0.0.0.0/0", "8.8.8.8", true),
        ("0.0.0.0/0", "::1", false), ("2001:db8::/32", "2001:db8:ffff::1", true), ("::/0", "2001:db8::", true),
        ("2001:db8::/33", "2001:db8:8000::", false), ("::/0", "192.0.2.1", false), ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "::ffff:192.0.2.1", true), ("::1", "::2", false),
    ])
    func `a range holds the addresses that begin like it`(range: String, address: String, isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(ClientAddress(address))) == isIn)
    }

    @Test(arguments: ["rfk_live_", "rfk_test_", "rfs_", "rft_"])
    func `KEY-4 a key in the query is refused and told`(prefix: String) async throws {
        try await serve(["key": Self.key()]) { server, told in
            let secret = prefix + String(repeating: "a", count: 36)
            for (path, status) in [
                ("/v1/open?q=\(secret)", 400), ("/v1/open?api_key=\(secret)", 400),
                ("/v1/open?q=\(secret.replacing("_", with: "%5F"))", 400), ("/v1/open?q=rfk_live_", 200),
            ] {
                let answer = try await server.send("GET", path)
                #expect(answer.status == status, "\(path)")
                if status == 400 { #expect(answer.problem == "credential_in_query") }
                #expect(!answer.body.contains(secret))
            }
            #expect(told.codes == ["credential_in_query", "credential_in_query", "credential_in_query"])
        }
    }

    @Test func `AUD-3 refusals of rights are told, visitors and mistakes are not`() async throws {
        let user = Principal(
            .session(SessionID(at: Clock.system.now), user: UserID(at: Clock.system.now)), display: "Meera")
        try await serve(["user": user], role: .viewer) { server, told in
            for (path, token) in [
                (path(.jobsRead), "user"), ("/v1/open", "user"), ("/v1/nowhere", "user"), ("/v1/me", nil),
                (path(.jobsManage), nil),
            ] { _ = try await server.send("GET", path, token: token) }
            #expect(told.codes.isEmpty)
            _ = try await server.send("GET", path(.jobsManage), token: "user")
            _ = try await server.send("GET", "/v1/all", token: "user")
            _ = try await server.send("GET", "/v1/open", token: "unknown")
            #expect(told.codes == ["permission_denied", "not_found", "unauthenticated"])
            let first = try #require(told.denials.withLock { $0.first })
            #expect(first.permission == .jobsManage && first.actor.id == user.id)
            #expect(first.scope == .organization(Self.organization))
            #expect(first.route == "/v1/orgs/{org}/jobs-manage")
        }
        try await serve(["user": user], role: nil) { server, told in
            _ = try await server.send("GET", path(.jobsRead), token: "user")
            #expect(told.codes == ["not_found"])
            #expect(told.denials.withLock { $0.first?.scope } == .instance)
        }
    }
}
