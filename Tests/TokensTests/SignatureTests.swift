// Attacks on header, key choice and spelling of a token.
import Core
import Crypto
import Foundation
import Testing
import Web

@testable import Tokens

struct SignatureTests {
    private let minter = Minter()

    @Test func `a good token of each algorithm is taken`() throws {
        #expect(minter.refusal(try minter.token()) == nil)
        let es384 = try minter.token(header: #"{"alg":"ES384","kid":"k3"}"#, sign: minter.es384)
        #expect(minter.refusal(es384, allowing: [.es384]) == nil)
        for name in ["EdDSA", "Ed25519"] {
            let token = try minter.token(header: #"{"alg":"\#(name)","kid":"ke"}"#, sign: minter.eddsa)
            #expect(minter.refusal(token, allowing: [.eddsa]) == nil)
        }
    }

    /// RFC 8037 appendix A.4.
    @Test func `the published Ed25519 token is taken`() throws {
        let text =
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
            + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        let jwk = try JSONParser.parse(
            Array(
                #"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.utf8))
        let key = try #require(VerificationKey(jwk))
        #expect(key.isValid(try CompactToken(text)))
    }

    @Test func `JWT-1 alg none in any spelling and an empty signature are refused`() throws {
        for name in ["none", "None", "NONE", "nOnE"] {
            let header = #"{"alg":"\#(name)","kid":"k1"}"#
            #expect(minter.refusal(try minter.token(header: header)) == .algorithm)
            #expect(minter.refusal(try minter.token(header: header) { _ in Data() }) == .malformed)
        }
        #expect(minter.refusal(try minter.token { _ in Data() }) == .malformed)
        let unsigned = try minter.token().split(separator: ".").dropLast().joined(separator: ".")
        #expect(minter.refusal(unsigned) == .malformed)
    }

    @Test func `JWT-2 HS256 keyed with the public key in any form is refused`() throws {
        let key = minter.p256.publicKey
        let forms = [
            Data(key.pemRepresentation.utf8), key.derRepresentation, key.rawRepresentation, key.x963Representation,
            Data(minter.p256JWK.text.utf8), Data(),
        ]
        for form in forms {
            let token = try minter.token(header: #"{"alg":"HS256","kid":"k1"}"#, sign: Minter.hs256(form))
            #expect(minter.refusal(token, allowing: Set(TokenAlgorithm.allCases)) == .algorithm)
        }
    }

    @Test func `JWT-3 a header that names another algorithm than the key has is refused`() throws {
        for (header, allowed) in [("ES384", TokenAlgorithm.es384), ("RS256", .rs256), ("EdDSA", .eddsa)] {
            let token = try minter.token(header: #"{"alg":"\#(header)","kid":"k1"}"#)
            #expect(minter.refusal(token, allowing: [.es256, allowed]) == .keyMismatch)
        }
        #expect(minter.refusal(try minter.token(), allowing: [.rs256]) == .algorithm)
    }

    @Test func `JWT-4 garbage in every algorithm leaves a key as good as before`() throws {
        let (keys, good) = (minter.keys, try minter.token())
        for algorithm in ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "PS256"] {
            let garbage = try minter.token(header: #"{"alg":"\#(algorithm)","kid":"k1"}"#) { _ in Data("x".utf8) }
            #expect(minter.refusal(garbage, keys: keys, allowing: Set(TokenAlgorithm.allCases)) != nil)
        }
        #expect(minter.refusal(good, keys: keys) == nil)
    }

    @Test func `JWT-5 a kid that is absent, unknown, repeated, huge or crafted is refused`() throws {
        let cases: [(String, TokenRefusal)] = [
            (#"{"alg":"ES256"}"#, .keyMissing), (#"{"alg":"ES256","kid":"k2"}"#, .keyUnknown),
            (#"{"alg":"ES256","kid":"k1","kid":"k1"}"#, .malformed), (#"{"alg":"ES256","kid":1}"#, .malformed),
            (#"{"alg":"ES256","kid":""}"#, .malformed), (#"{"alg":"ES256","kid":"../../etc/passwd"}"#, .keyUnknown),
            (#"{"alg":"ES256","kid":"k1' OR '1'='1"}"#, .keyUnknown),
            (#"{"alg":"ES256","kid":"https://evil.example/key"}"#, .keyUnknown),
            (#"{"alg":"ES256","kid":"\#(String(repeating: "k", count: 10_240))"}"#, .malformed),
            (#"{"alg":"ES256","kid":"\#(String(repeating: "k", count: 300))"}"#, .malformed),
        ]
        for (header, refusal) in cases { #expect(minter.refusal(try minter.token(header: header)) == refusal) }
    }

    @Test func `JWT-6 a header that brings a key or a place to fetch one from is refused`() throws {
        let jwk = minter.p256JWK.text
        let members = [
            #""jku":"https://evil.example/jwks""#, #""x5u":"https://evil.example/cert""#, #""jwk":\#(jwk)"#,
            #""x5c":["MIIB"]"#, #""crit":["exp"]"#, #""crit":[]"#, #""b64":false"#,
        ]
        for member in members {
            let token = try minter.token(header: #"{"alg":"ES256","kid":"k1",\#(member)}"#)
            #expect(minter.refusal(token) == .headerParameter)
        }
    }

    @Test func `JWT-15 a token has one spelling, three parts and one value for each name`() throws {
        let good = try minter.token()
        let parts = good.split(separator: ".").map(String.init)
        let spellings = [
            good + "=", good + "==", good + " ", " " + good, good + "\n", "." + good, good + ".", good + ".x",
            parts[0] + "=." + parts[1] + "." + parts[2], parts[0] + ".." + parts[2], parts[0], "", ".", "..",
            "Bearer " + good, String(repeating: ".", count: 10_000), String(repeating: "a", count: 1_000_000),
            parts.map { $0 + "+" }.joined(separator: "."),
            parts[0] + "." + parts[1] + "." + parts[2].dropLast() + (parts[2].hasSuffix("A") ? "B" : "A") + "_",
        ]
        for text in spellings { #expect(minter.refusal(text) != nil, "\(text.prefix(60))") }
        let twice = #"{"sub":"a","sub":"b","iss":"https://issuer.example","aud":"raptorflow","exp":1800000600}"#
        #expect(minter.refusal(try minter.token(claims: twice)) == .claims)
        let header = [UInt8](#"{"alg":"ES256","kid":"k1","a":""#.utf8) + [0xFF] + [UInt8](#""}"#.utf8)
        let text = Base64URL.encode(header) + "." + parts[1] + "." + parts[2]
        #expect(minter.refusal(text) == .malformed)
        for header in ["[]", "1", #""x""#, "{", "{}", #"{"alg":null}"#, #"{"alg":["ES256"]}"#] {
            #expect(minter.refusal(try minter.token(header: header)) == .malformed)
        }
    }

    @Test func `JWT-15 stray bits at the end of a part are refused`() throws {
        let good = try minter.token()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = try #require(good.last.flatMap { alphabet.firstIndex(of: $0) })
        // 64 bytes leave four unused bits in the last character: another character for the same bytes.
        let other = String(good.dropLast()) + String(alphabet[last | 1])
        #expect(last & 15 == 0)
        #expect(minter.refusal(other) == .malformed)
    }

    @Test func `any one character changed makes a token worthless`() throws {
        let good = Array(try minter.token().utf8)
        for position in good.indices {
            var text = good
            text[position] = text[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(minter.refusal(String(decoding: text, as: UTF8.self)) != nil, "character \(position)")
        }
    }

    @Test func `blanks in a header are part of it`() throws {
        let token = try minter.token(header: "{ \"alg\" : \"ES256\",\n \"kid\" : \"k1\" }")
        #expect(CompactToken.isLikely(token))
        #expect(minter.refusal(token) == nil)
    }

    @Test func `JWT-16 encrypted and compressed tokens are refused before anything is undone`() throws {
        let five = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
        #expect(minter.refusal(five) == .malformed)
        for member in [#""zip":"DEF""#, #""enc":"A256GCM""#, #""cty":"JWT""#, #""p2c":1000000"#] {
            let token = try minter.token(header: #"{"alg":"ES256","kid":"k1",\#(member)}"#)
            #expect(minter.refusal(token) == .headerParameter)
        }
    }

    @Test func `a shared secret needs 32 bytes and takes HS256 only`() throws {
        #expect(SharedSecret([UInt8](repeating: 1, count: 31)) == nil)
        let bytes = Data(repeating: 1, count: 32)
        let secret = try #require(SharedSecret(Array(bytes)))
        let token = try minter.token(header: #"{"alg":"HS256"}"#, sign: Minter.hs256(bytes))
        #expect(throws: Never.self) { try secret.verify(try CompactToken(token)) }
        #expect(throws: TokenRefusal.algorithm) { try secret.verify(try CompactToken(try minter.token())) }
        let forged = try minter.token(header: #"{"alg":"HS256"}"#, sign: Minter.hs256(Data(repeating: 2, count: 32)))
        #expect(throws: TokenRefusal.signature) { try secret.verify(try CompactToken(forged)) }
    }

    @Test func `our own signer's token is verified by the key it publishes`() throws {
        let signer = TokenSigner(id: "own")
        let token = try signer.token(try JSONParser.parse(Array(Minter.json(Minter.claims).utf8)))
        let jwk = PublicKeySet(keys: [PublicJWK(id: "own", publicKey: signer.publicKey)])
        let keys = try #require(KeySet(document: try JSONCoding.encode(jwk)))
        #expect(minter.refusal(token, keys: keys) == nil)
        let again = try TokenSigner(id: "own", secret: signer.secret)
        #expect(again.publicKey == signer.publicKey)
    }
}
