// What the claims have to say, and key sets with odd members.
import Core
import Crypto
import CryptoExtras
import Foundation
import Testing
import Web

@testable import Tokens

struct ClaimsTests {
    private let minter = Minter()

    private func refusal(_ changes: [String: JSONValue?]) throws -> TokenRefusal? {
        minter.refusal(try minter.token(claims: Minter.claims(changes)))
    }

    @Test func `JWT-13 an audience that is missing, wrong or only similar is refused`() throws {
        #expect(try refusal(["aud": nil]) == .claims)
        let wrong: [JSONValue] = [
            .string("raptor"), .string("raptorflow2"), .string("RAPTORFLOW"), .string(""), .string("raptorflow "),
            .array([]), .array([.string("other")]), .array([.string("raptor"), .string("flow")]),
        ]
        for audience in wrong { #expect(try refusal(["aud": audience]) == .audience) }
        for audience: JSONValue in [.null, .integer(1), .object([]), .array([.string("raptorflow"), .integer(1)])] {
            #expect(try refusal(["aud": audience]) == .claims)
        }
        #expect(try refusal(["aud": .array([.string("other"), .string("raptorflow")])]) == nil)
    }

    @Test func `JWT-14 a time that is absent, past, future or no number is refused`() throws {
        let now = Minter.seconds
        #expect(try refusal(["exp": nil]) == .claims)
        #expect(try refusal(["exp": .integer(now - 31)]) == .expired)
        #expect(try refusal(["exp": .integer(now - 29), "iat": .integer(now - 60)]) == nil)
        let malformed: [JSONValue] = [
            .string("1800000600"), .number("1e400"), .integer(-1), .number("-1e5"), .null, .bool(true), .array([]),
            .integer(.max), .number("253402300800.5"), .number("99999999999999999999999999999999"),
        ]
        for value in malformed {
            for name in ["exp", "nbf", "iat"] { #expect(try refusal([name: value]) == .claims, "\(name) \(value)") }
        }
        #expect(try refusal(["exp": .integer(now + 86_400 + 31)]) == .lifetime)
        #expect(try refusal(["exp": .integer(253_402_300_799)]) == .lifetime)
        #expect(try refusal(["nbf": .integer(now + 31)]) == .notYetValid)
        #expect(try refusal(["nbf": .integer(now + 29)]) == nil)
        #expect(try refusal(["iat": .integer(now + 31)]) == .notYetValid)
        #expect(try refusal(["iat": nil]) == nil)
        #expect(try refusal(["exp": .number("1800000600.5")]) == nil)
    }

    @Test func `issuer and subject are required and compared letter for letter`() throws {
        let wrong: [JSONValue?] = [
            nil, .string("https://issuer.example/"), .string("HTTPS://issuer.example"), .integer(1),
        ]
        for issuer in wrong { #expect(try refusal(["iss": issuer]) == .issuer) }
        let subjects: [JSONValue?] = [
            nil, .string(""), .integer(1), .null, .string("a\u{0}b"), .string("a\nb"),
            .string(String(repeating: "a", count: 256)),
        ]
        for subject in subjects { #expect(try refusal(["sub": subject]) == .claims) }
        for claims in ["[]", "null", "", "text", "{"] {
            #expect(minter.refusal(try minter.token(claims: claims)) == .claims)
        }
    }

    @Test func `JWT-19 an ID token is no access token and the reverse`() throws {
        for claim in ["nonce", "at_hash", "c_hash", "s_hash"] {
            #expect(try refusal([claim: .string("x")]) == .type)
        }
        let typed = { (type: String) in try minter.token(header: #"{"alg":"ES256","kid":"k1","typ":"\#(type)"}"#) }
        for type in ["JWT", "jwt", "at+jwt", "application/at+jwt"] { #expect(minter.refusal(try typed(type)) == nil) }
        for type in ["dpop+jwt", "logout+jwt", "secevent+jwt", "id+jwt", "JWE"] {
            #expect(minter.refusal(try typed(type)) == .type)
        }
        var idTokens = Minter.rule
        (idTokens.types, idTokens.foreignClaims) = (["jwt"], [])
        #expect(minter.refusal(try typed("at+jwt"), rule: idTokens) == .type)
    }

    @Test func `JWT-11 a set with keys of other kinds keeps the good ones`() throws {
        let point = minter.p256.publicKey.rawRepresentation
        let rsa = { (size: Int) throws -> JSONValue in
            let key = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: size)).publicKey
            let numbers = try key.getKeyPrimitives()
            return .object([
                "kty": .string("RSA"), "kid": .string("r\(size)"), "n": .string(Base64URL.encode(numbers.modulus)),
                "e": .string(Base64URL.encode(numbers.publicExponent)),
            ])
        }
        let odd: [JSONValue] = [
            .object(["kty": .string("AKP"), "kid": .string("post-quantum"), "alg": .string("ML-DSA-44")]),
            Minter.ec("k1curve", "secp256k1", point), Minter.ec(nil, "P-256", point), Minter.ec("", "P-256", point),
            .object(["kty": .string("oct"), "kid": .string("secret"), "k": .string("AAAA")]),
            Minter.ec("enc", "P-256", point, ["use": .string("enc")]),
            Minter.ec("ops", "P-256", point, ["key_ops": .array([.string("sign")])]),
            Minter.ec("alg", "P-256", point, ["alg": .string("ES384")]),
            Minter.ec("off", "P-256", Data(repeating: 1, count: 64)), Minter.ec("short", "P-256", point.dropLast(2)),
            try rsa(1024), .null, .string("x"), .array([]),
            Minter.ec("twice", "P-256", point),
            Minter.ec("twice", "P-256", P256.Signing.PrivateKey().publicKey.rawRepresentation),
        ]
        let good = [minter.p256JWK, minter.p384JWK, minter.ed25519JWK, try rsa(2048)]
        let keys = try #require(KeySet(document: Minter.document(odd + good)))
        #expect(keys.keys.keys.sorted() == ["k1", "k3", "ke", "r2048"])
        #expect(keys.dropped == odd.count)
        #expect(minter.refusal(try minter.token(), keys: keys) == nil)
    }

    @Test func `what is no key set is none, and a large one is not read`() {
        for text in ["", "<html>", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#] {
            #expect(KeySet(document: Array(text.utf8)) == nil)
        }
        #expect(KeySet(document: Minter.document([]))?.keys.isEmpty == true)
        #expect(KeySet(document: [UInt8](repeating: 32, count: 65_536) + Minter.document([])) == nil)
    }
}
