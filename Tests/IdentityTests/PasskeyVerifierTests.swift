// The verifier of passkeys alone: the specification's examples, and every check with a wrong value.
import Core
import Crypto
import CryptoExtras
import Foundation
import Testing
import Web

@testable import Identity

struct PasskeyVerifierTests {
    private static let challenge = Base64URL.encode([UInt8](repeating: 7, count: 32))
    private static let user = UserID(at: Timestamp(milliseconds: 1_800_000_000_000))

    private func party(_ origin: String = Authenticator.origin) throws -> RelyingParty {
        try #require(RelyingParty(origin: origin))
    }

    private static func stored(_ new: NewPasskey) -> PasskeyStore.Stored {
        PasskeyStore.Stored(
            id: PasskeyID(at: Timestamp(milliseconds: 1_800_000_000_000)), user: user, name: "phone",
            publicKey: new.publicKey, signCount: new.signCount, isBackupEligible: new.isBackupEligible)
    }

    /// What a registration is refused for; nil when it is not.
    private func refusal(of json: JSONValue) throws -> PasskeyRefusal? {
        do {
            let made = try CreatedCredential(json)
            _ = try party().challenge(in: made.clientData, type: "webauthn.create")
            _ = try party().check(made)
            return nil
        } catch let refusal as PasskeyRefusal { return refusal }
    }

    /// What an answer is refused for, given the passkey that is stored.
    private func refusal(
        of json: JSONValue, by stored: PasskeyStore.Stored, isAlone: Bool = true
    ) throws -> PasskeyRefusal? {
        do {
            let answer = try AssertedCredential(json)
            _ = try party().challenge(in: answer.clientData, type: "webauthn.get")
            _ = try party().check(answer, by: stored, isAlone: isAlone)
            return nil
        } catch let refusal as PasskeyRefusal { return refusal }
    }

    private func registered(_ key: Authenticator) throws -> PasskeyStore.Stored {
        Self.stored(try party().check(try CreatedCredential(key.create(challenge: Self.challenge))))
    }

    private static func holder(_ key: Authenticator.Key = .p256(P256.Signing.PrivateKey())) -> Authenticator {
        var holder = Authenticator()
        (holder.key, holder.handle) = (key, Array(user.text.utf8))
        return holder
    }

    private static let vectors: [[String]] = {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/webauthn.txt")
        let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: " ").map(String.init) }
    }()

    /// What the specification's examples are refused for here: frames of other sites, and algorithms nobody asked for.
    private static let refused: [String: PasskeyRefusal] = [
        "none-es256-crossOrigin": .origin, "none-es256-topOrigin": .origin, "packed-es384": .key,
        "packed-es512": .key, "packed-ed448": .key,
    ]

    @Test func `there are fifteen examples in the specification`() { #expect(Self.vectors.count == 15) }

    @Test(arguments: PasskeyVerifierTests.vectors)
    func `MFA-6 the specification's examples are taken, but for what is not asked for`(_ vector: [String]) throws {
        let bytes = try vector.dropFirst().map { try #require(Hex.decode($0)) }
        try #require(bytes.count == 7)
        let party = try party("https://example.org")
        func json(_ response: KeyValuePairs<String, [UInt8]>, id: [UInt8]) -> JSONValue {
            .object([
                "id": .string(Base64URL.encode(id)), "type": .string("public-key"),
                "response": .object(response.map { .init($0.key, .string(Base64URL.encode($0.value))) }),
            ])
        }
        let data = try #require(try CBORReader.decode(bytes[2])["authData"]?.bytesValue)
        let id = try #require(try AuthenticatorData(data).attested?.credentialID)
        do {
            let made = try CreatedCredential(json(["clientDataJSON": bytes[1], "attestationObject": bytes[2]], id: id))
            #expect(try party.challenge(in: made.clientData, type: "webauthn.create") == bytes[0])
            let stored = Self.stored(try party.check(made, requiringVerification: false))
            let answer = try AssertedCredential(
                json(["clientDataJSON": bytes[4], "authenticatorData": bytes[5], "signature": bytes[6]], id: id))
            #expect(try party.challenge(in: answer.clientData, type: "webauthn.get") == bytes[3])
            _ = try party.check(answer, by: stored, isAlone: false)
            #expect(Self.refused[vector[0]] == nil)
            // One bit of the signed bytes, or of the signature, is enough.
            for index in [5, 6] {
                var changed = bytes
                changed[index][changed[index].count - 1] ^= 1
                let other = try AssertedCredential(
                    json(
                        ["clientDataJSON": bytes[4], "authenticatorData": changed[5], "signature": changed[6]], id: id))
                #expect(throws: PasskeyRefusal.signature) { try party.check(other, by: stored, isAlone: false) }
            }
        } catch {
            #expect(Self.refused[vector[0]] == error)
        }
    }

    @Test func `keys of the three algorithms register and sign, each only for its own`() throws {
        let keys: [Authenticator.Key] = [
            .p256(P256.Signing.PrivateKey()), .ed25519(Curve25519.Signing.PrivateKey()),
            .rsa(try _RSA.Signing.PrivateKey(keySize: .bits2048)),
        ]
        let holders = keys.map { Self.holder($0) }
        for holder in holders {
            let stored = try registered(holder)
            for other in holders {
                let found = try refusal(of: try other.get(challenge: Self.challenge), by: stored)
                #expect(found == (holder.publicKey == other.publicKey ? nil : .signature))
            }
        }
    }

    private static let wrongRegistrations: [(String, PasskeyRefusal, @Sendable (inout Authenticator) -> Void)] = [
        ("type", .type, { $0.type = "webauthn.get" }),
        ("origin", .origin, { $0.origin = "https://app.example.com.evil.example" }),
        ("port", .origin, { $0.origin = "https://app.example.com:8443" }),
        ("scheme", .origin, { $0.origin = "http://app.example.com" }),
        ("crossOrigin", .origin, { $0.extraClientData = [.init("crossOrigin", .bool(true))] }),
        ("crossOrigin text", .origin, { $0.extraClientData = [.init("crossOrigin", .string("false"))] }),
        ("topOrigin", .origin, { $0.extraClientData = [.init("topOrigin", .string("https://evil.example"))] }),
        ("two origins", .malformed, { $0.extraClientData = [.init("origin", .string(Authenticator.origin))] }),
        ("rpIdHash", .party, { $0.party = "example.com" }),
        ("UP", .userAbsent, { $0.flags = 0x04 }),
        ("UV", .userUnverified, { $0.flags = 0x01 }),
        ("BS without BE", .malformed, { $0.flags = 0x15 }),
        ("statement of none", .attestation, { $0.statement = [0xA1, 0x61, 0x78, 1] }),
        ("no statement", .malformed, { $0.statement = [0xF6] }),
        ("after the data", .malformed, { $0.suffix = [0] }),
        ("after the object", .malformed, { $0.outerSuffix = [0] }),
        ("extensions that are none", .malformed, { $0.flags = 0x85 }),
        ("extensions no map", .malformed, { ($0.flags, $0.suffix) = (0x85, [0x01]) }),
        ("no identifier", .malformed, { $0.id = [] }),
        ("long identifier", .malformed, { $0.id = [UInt8](repeating: 1, count: 1024) }),
    ]

    @Test(arguments: PasskeyVerifierTests.wrongRegistrations.indices)
    func `MFA-6 a registration with one thing wrong is refused`(_ index: Int) throws {
        let (name, expected, change) = Self.wrongRegistrations[index]
        var key = Self.holder()
        #expect(try refusal(of: key.create(challenge: Self.challenge)) == nil)
        change(&key)
        #expect(try refusal(of: key.create(challenge: Self.challenge)) == expected, "\(name)")
    }

    @Test func `MFA-6 a key of another algorithm, off its curve, compressed, weak or with more to it is refused`()
        throws
    {
        let point = [UInt8](repeating: 3, count: 32)
        let good = Self.holder().publicKey
        let weak = [0xA4, 1, 3, 3, 0x39, 1, 0, 0x20] + Wire.bytes([UInt8](repeating: 0xFB, count: 128)) + [0x21, 0x43]
        let keys: [[UInt8]] = [
            // ES384 in the words of ES256, EdDSA in an EC2 key, and a key without an algorithm.
            [0xA5, 1, 2, 3, 0x38, 0x22, 0x20, 2, 0x21] + Wire.bytes(point) + [0x22] + Wire.bytes(point),
            [0xA5, 1, 2, 3, 0x27, 0x20, 6, 0x21] + Wire.bytes(point) + [0x22] + Wire.bytes(point),
            [0xA4, 1, 2, 0x20, 1, 0x21] + Wire.bytes(point) + [0x22] + Wire.bytes(point),
            // Not on the curve; a sign in place of y; a point that is too short.
            [0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21] + Wire.bytes(point) + [0x22] + Wire.bytes(point),
            Array(good[..<42]) + [0x22, 0xF5],
            [0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21] + Wire.bytes([1]) + [0x22] + Wire.bytes([1]),
            // 1024 bits; a key operation beside the key.
            weak + [1, 0, 1], [0xA6] + Array(good[1...]) + [4, 0x81, 2],
        ]
        for written in keys {
            var key = Self.holder()
            key.written = written
            #expect(try refusal(of: key.create(challenge: Self.challenge)) == .key, "\(Hex.encode(written))")
        }
        var key = Self.holder()
        key.written = []
        #expect(try refusal(of: key.create(challenge: Self.challenge)) == .malformed)
    }

    private static let wrongAnswers: [(String, PasskeyRefusal, @Sendable (inout Authenticator) -> Void)] = [
        ("type", .type, { $0.type = "webauthn.create" }),
        ("origin", .origin, { $0.origin = "https://example.com" }),
        ("crossOrigin", .origin, { $0.extraClientData = [.init("crossOrigin", .bool(true))] }),
        ("topOrigin", .origin, { $0.extraClientData = [.init("topOrigin", .string("https://evil.example"))] }),
        ("rpIdHash", .party, { $0.party = "www.app.example.com" }),
        ("UP", .userAbsent, { $0.flags = 0x04 }),
        ("UV", .userUnverified, { $0.flags = 0x01 }),
        ("BS without BE", .malformed, { $0.flags = 0x15 }),
        ("BE that was not", .backup, { $0.flags = 0x0D }),
        ("trailing bytes", .malformed, { $0.suffix = [0xA0] }),
        ("another's handle", .owner, { $0.handle = Array("user_0".utf8) }),
        ("no handle", .owner, { $0.handle = nil }),
        ("another's key", .signature, { $0.key = .p256(P256.Signing.PrivateKey()) }),
        ("another algorithm", .signature, { $0.key = .ed25519(Curve25519.Signing.PrivateKey()) }),
        ("no signature", .signature, { $0.forge = { _ in [] } }),
        ("zeros", .signature, { $0.forge = { _ in [0x30, 6, 2, 1, 0, 2, 1, 0] } }),
        ("raw signature", .signature, { $0.forge = { _ in [UInt8](repeating: 1, count: 64) } }),
    ]

    @Test(arguments: PasskeyVerifierTests.wrongAnswers.indices)
    func `MFA-6 an answer with one thing wrong is refused`(_ index: Int) throws {
        let (name, expected, change) = Self.wrongAnswers[index]
        var key = Self.holder()
        let stored = try registered(key)
        #expect(try refusal(of: try key.get(challenge: Self.challenge), by: stored) == nil)
        change(&key)
        #expect(try refusal(of: try key.get(challenge: Self.challenge), by: stored) == expected, "\(name)")
    }

    @Test func `beside another credential it need not verify its user, nor say whose it is`() throws {
        var key = Self.holder()
        let stored = try registered(key)
        (key.flags, key.handle) = (0x01, nil)
        #expect(try refusal(of: try key.get(challenge: Self.challenge), by: stored, isAlone: false) == nil)
        key.handle = Array("user_0".utf8)
        #expect(try refusal(of: try key.get(challenge: Self.challenge), by: stored, isAlone: false) == .owner)
    }

    @Test func `a statement that nobody asked for is left unread, and transports are words`() throws {
        var key = Self.holder()
        (key.format, key.statement) = ("packed", [0xA1] + Wire.text("sig") + Wire.bytes([1, 2, 3]))
        key.transports = [
            .string("usb"), .string("Not a word"), .integer(1), .string(String(repeating: "x", count: 21)),
        ]
        let made = try party().check(try CreatedCredential(key.create(challenge: Self.challenge)))
        #expect(made.transports == ["usb"])
        (key.flags, key.suffix) = (0x85, [0xA1] + Wire.text("credProtect") + [2])
        #expect(try refusal(of: key.create(challenge: Self.challenge)) == nil)
    }

    @Test func `an identifier beside the one that was signed, and fields that are too long, are refused`() throws {
        let key = Self.holder()
        guard case .object(let members) = key.create(challenge: Self.challenge) else { return }
        func with(_ name: String, _ value: JSONValue) -> JSONValue {
            .object(members.map { $0.name == name ? .init(name, value) : $0 })
        }
        #expect(try refusal(of: with("id", .string("AAAA"))) == .credential)
        #expect(try refusal(of: with("id", .string("AAAA="))) == .malformed)
        #expect(try refusal(of: with("id", .string(String(repeating: "A", count: 1366)))) == .malformed)
        #expect(try refusal(of: with("type", .string("password"))) == .malformed)
        let long = JSONValue.string(String(repeating: "A", count: 16_388))
        let response: JSONValue = .object(["clientDataJSON": long, "attestationObject": long])
        #expect(try refusal(of: with("response", response)) == .malformed)
        #expect(try refusal(of: .null) == .malformed)
    }

    @Test func `only names under TLS, and localhost, are where browsers allow passkeys`() {
        let good = [
            ("https://app.example.com", "app.example.com"), ("https://App.Example.com:8443", "app.example.com"),
            ("http://localhost:8090", "localhost"), ("http://demo.localhost", "demo.localhost"),
        ]
        for (origin, id) in good { #expect(RelyingParty(origin: origin)?.id == id) }
        let bad = [
            "http://app.example.com", "https://192.0.2.1", "http://127.0.0.1:8090", "https://[::1]:8443", "https://",
            "ftp://app.example.com", "http://notlocalhost", "",
        ]
        for origin in bad { #expect(RelyingParty(origin: origin) == nil, "\(origin)") }
    }
}
