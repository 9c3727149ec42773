// The settings for Google, Microsoft and GitHub, and what they believe.
import Core
import Testing
import Tokens
import Web

@testable import Identity

struct ProviderProfileTests {
    private static let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"

    private func microsoft(_ tenant: String) throws -> (provider: SignInProvider, settings: OpenIDSettings) {
        let made = try #require(SignInProvider.microsoft(id: "i", secret: "s", tenant: tenant))
        guard case .openID(let settings) = made.kind else { throw Problem.notFound() }
        return (made, settings)
    }

    @Test func `Microsoft's issuer is one for each tenant, or the tenant's own`() throws {
        let host = "https://login.microsoftonline.com"
        for word in ["common", "organizations"] {
            let (provider, settings) = try microsoft(word)
            #expect(settings.issuer == .perTenant("\(host)/{tenantid}/v2.0"))
            #expect(settings.discovery == "\(host)/\(word)/v2.0/.well-known/openid-configuration")
            #expect(provider.issuer == nil && provider.knows("\(host)/\(Self.tenant)/v2.0"))
            for wrong in ["\(host)/common/v2.0", "\(host)/\(Self.tenant)/v2.0/", "\(host)/\(Self.tenant)", ""] {
                #expect(!provider.knows(wrong))
            }
        }
        #expect(try microsoft(Self.tenant).settings.issuer == .exact("\(host)/\(Self.tenant)/v2.0"))
        #expect(try microsoft("consumers").provider.knows("\(host)/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"))
        for wrong in ["", "contoso.onmicrosoft.com", "../x", Self.tenant.uppercased(), "Common"] {
            #expect(SignInProvider.microsoft(id: "i", secret: "s", tenant: wrong) == nil)
        }
    }

    @Test func `OAU-2 Microsoft's address counts only where the domain's owner vouches for it`() throws {
        #expect(try microsoft("common").settings.emailProof == .domainOwner)
        #expect(try microsoft(Self.tenant).settings.emailProof == .domainOwner)
    }

    @Test func `Google's issuer is exact, and its addresses count when it says so`() throws {
        guard case .openID(let settings) = SignInProvider.google(id: "i", secret: "s").kind else {
            throw Problem.notFound()
        }
        #expect(settings.issuer == .exact("https://accounts.google.com") && settings.emailProof == .claim)
        #expect(settings.discovery == "https://accounts.google.com/.well-known/openid-configuration")
        #expect(settings.algorithms == [.rs256])
    }

    @Test func `an issuer that ends in a slash keeps it, and its metadata have one`() {
        let settings = OpenIDSettings("https://login.example/realm/")
        #expect(settings.issuer == .exact("https://login.example/realm/"))
        #expect(settings.discovery == "https://login.example/realm/.well-known/openid-configuration")
    }

    @Test func `GitHub's API is at a host of its own, an Enterprise Server's below its own address`() async throws {
        let flow = SignInFlow("github", .signIn, next: "/", at: Timestamp(milliseconds: 0))
        for (base, api) in [
            ("https://github.com", "https://api.github.com"),
            ("https://git.corp.example", "https://git.corp.example/api/v3"),
        ] {
            let asked = Asked()
            let github = GitHubProvider(.gitHub(id: "i", secret: "s", address: base), at: base) { request in
                await asked.note(request.address)
                let bodies = [
                    "\(base)/login/oauth/access_token": #"{"access_token":"gho_1"}"#, "\(api)/user": #"{"id":7}"#,
                    "\(api)/user/emails": "[]",
                ]
                return ProviderAnswer(status: 200, body: Array((bodies[request.address] ?? "").utf8))
            }
            let person = try await github.person(by: "c", of: flow, back: "b", at: Timestamp(milliseconds: 0))
            #expect((person.issuer, person.subject) == (base, "7") && person.email == nil)
            #expect(await asked.addresses == ["\(base)/login/oauth/access_token", "\(api)/user", "\(api)/user/emails"])
        }
    }
}

private actor Asked {
    var addresses: [String] = []
    func note(_ address: String) { addresses.append(address) }
}
