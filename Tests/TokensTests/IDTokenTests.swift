// What an ID token has to say, beyond what every token has to.
import Core
import Crypto
import Foundation
import Testing
import Web

@testable import Tokens

struct IDTokenTests {
    private static let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    private let minter = Minter()

    private func refusal(
        _ changes: [String: JSONValue?], issuer: IDTokenRule.Issuer = .exact("https://issuer.example")
    ) throws -> TokenRefusal? {
        var usual: [String: JSONValue?] = ["nonce": .string("n-1")]
        usual.merge(changes) { $1 }
        let token = try CompactToken(try minter.token(claims: Minter.claims(usual)))
        let rule = IDTokenRule(issuer: issuer, clientID: "raptorflow", nonce: "n-1")
        do throws(TokenRefusal) {
            _ = try rule.claims(of: token, at: Minter.now)
            return nil
        } catch {
            return error
        }
    }

    @Test func `OAU-7 the nonce is that of the request, letter for letter`() throws {
        #expect(try refusal([:]) == nil)
        for wrong: JSONValue? in [nil, .null, .string(""), .string("n-1 "), .string("N-1"), .integer(1), .array([])] {
            #expect(try refusal(["nonce": wrong]) == .nonce)
        }
    }

    @Test func `the party is named when there are several audiences, and is always us`() throws {
        let both = JSONValue.array([.string("raptorflow"), .string("other")])
        #expect(try refusal(["aud": both]) == .authorizedParty)
        #expect(try refusal(["aud": both, "azp": .string("other")]) == .authorizedParty)
        #expect(try refusal(["azp": .string("other")]) == .authorizedParty)
        #expect(try refusal(["azp": .null]) == .authorizedParty)
        #expect(try refusal(["aud": both, "azp": .string("raptorflow")]) == nil)
        #expect(try refusal(["aud": .array([.string("raptorflow")])]) == nil)
        #expect(try refusal(["aud": nil]) == .claims)
        #expect(try refusal(["aud": .string("other"), "azp": .string("raptorflow")]) == .audience)
    }

    @Test func `a token was issued just now`() throws {
        let now = Minter.seconds
        #expect(try refusal(["iat": nil]) == .claims)
        #expect(try refusal(["iat": .integer(now - 629)]) == nil)
        #expect(try refusal(["iat": .integer(now - 630)]) == .expired)
        #expect(try refusal(["iat": .integer(now + 31)]) == .notYetValid)
    }

    @Test func `JWT-19 an access token is no ID token`() throws {
        let header = #"{"alg":"ES256","kid":"k1","typ":"at+jwt"}"#
        let claims = Minter.claims(["nonce": .string("n-1")])
        let token = try CompactToken(try minter.token(header: header, claims: claims))
        let rule = IDTokenRule(issuer: .exact("https://issuer.example"), clientID: "raptorflow", nonce: "n-1")
        #expect(throws: TokenRefusal.type) { try rule.claims(of: token, at: Minter.now) }
    }

    @Test func `with many tenants, issuer and tenant belong together and the tenant is a GUID`() throws {
        let form = IDTokenRule.Issuer.perTenant("https://login.example/{tenantid}/v2.0")
        func refusal(_ issuer: String, _ tenant: JSONValue?) throws -> TokenRefusal? {
            try self.refusal(["iss": .string(issuer), "tid": tenant], issuer: form)
        }
        let good = "https://login.example/\(Self.tenant)/v2.0"
        #expect(try refusal(good, .string(Self.tenant)) == nil)
        let another = "00000000-0000-0000-0000-000000000000"
        #expect(try refusal(good, .string(another)) == .issuer)
        #expect(try refusal("https://login.example/\(another)/v2.0", .string(Self.tenant)) == .issuer)
        #expect(try refusal("https://login.example/{tenantid}/v2.0", .string("{tenantid}")) == .issuer)
        for tenant: JSONValue? in [nil, .null, .string(""), .string("common"), .string("../x"), .integer(1)] {
            #expect(try refusal(good, tenant) == .issuer)
        }
        #expect(try refusal("https://login.example/x/v2.0", .string("x")) == .issuer)
        #expect(try refusal(good.uppercased(), .string(Self.tenant)) == .issuer)
    }

    @Test func `a key that is for one issuer says so`() throws {
        let members: [String: JSONValue] = ["issuer": .string("https://login.example/{tenantid}/v2.0")]
        let key = Minter.ec("k1", "P-256", minter.p256.publicKey.rawRepresentation, members)
        let set = try #require(KeySet(document: Minter.document([key])))
        #expect(set.keys["k1"]?.issuer == "https://login.example/{tenantid}/v2.0")
        #expect(minter.keys.keys["k1"]?.issuer == nil)
    }
}
