// An authenticator in software, and the browser in front of it: they do as they are told, also what is wrong.
import Core
import Crypto
import CryptoExtras
import Foundation
import Storage
import Web

@testable import Identity

struct Authenticator {
    enum Key {
        case p256(P256.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    var key = Key.p256(P256.Signing.PrivateKey())
    var id = Randomness.system.bytes(32)
    /// The user handle.
    var handle: [UInt8]?
    var party = "app.example.com"
    var origin = Authenticator.origin
    /// User present and verified.
    var flags: UInt8 = 0x05
    var count: UInt32 = 0
    /// What the browser says that it did, when that is not the truth.
    var type: String?
    var extraClientData: [JSONValue.Member] = []
    var format = "none"
    var statement: [UInt8] = [0xA0]
    /// What stands after the authenticator data, and after the attestation object.
    var suffix: [UInt8] = []
    var outerSuffix: [UInt8] = []
    /// The public key as it is written down, when that is not how it should be.
    var written: [UInt8]?
    /// The signature, when it is to be another one.
    var forge: (@Sendable ([UInt8]) -> [UInt8])?
    var transports: [JSONValue] = [.string("internal"), .string("hybrid")]

    static let origin = "https://app.example.com"

    /// Makes a credential for these options.
    func create(_ options: CreationOptions) -> JSONValue { create(challenge: options.challenge) }

    func create(challenge: String) -> JSONValue {
        let length = UInt16(truncatingIfNeeded: id.count)
        let attested = [UInt8](repeating: 0, count: 16) + [UInt8(length >> 8), UInt8(length & 255)] + id
        let data = authenticatorData(flags | 0x40, attested + (written ?? publicKey))
        let object =
            [0xA3] + Wire.text("fmt") + Wire.text(format) + Wire.text("attStmt") + statement + Wire.text("authData")
            + Wire.bytes(data) + outerSuffix
        return credential([
            .init("clientDataJSON", .string(Base64URL.encode(clientData(type ?? "webauthn.create", challenge)))),
            .init("attestationObject", .string(Base64URL.encode(object))), .init("transports", .array(transports)),
        ])
    }

    /// Answers these options.
    func get(_ options: RequestOptions) throws -> JSONValue { try get(challenge: options.challenge) }

    func get(challenge: String) throws -> JSONValue {
        let client = clientData(type ?? "webauthn.get", challenge)
        let data = authenticatorData(flags, [])
        let signed = data + SHA256.hash(data: client)
        var members: [JSONValue.Member] = [
            .init("clientDataJSON", .string(Base64URL.encode(client))),
            .init("authenticatorData", .string(Base64URL.encode(data))),
            .init("signature", .string(Base64URL.encode(try forge?(signed) ?? sign(signed)))),
        ]
        if let handle { members.append(.init("userHandle", .string(Base64URL.encode(handle)))) }
        return credential(members)
    }

    private func credential(_ response: [JSONValue.Member]) -> JSONValue {
        .object([
            "id": .string(Base64URL.encode(id)), "rawId": .string(Base64URL.encode(id)), "type": .string("public-key"),
            "authenticatorAttachment": .string("platform"), "clientExtensionResults": .object([]),
            "response": .object(response),
        ])
    }

    private func clientData(_ type: String, _ challenge: String) -> [UInt8] {
        JSONValue.object(
            [
                .init("type", .string(type)), .init("challenge", .string(challenge)), .init("origin", .string(origin)),
            ] + extraClientData
        ).bytes
    }

    private func authenticatorData(_ flags: UInt8, _ attested: [UInt8]) -> [UInt8] {
        let counter = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
        return Array(SHA256.hash(data: Array(party.utf8))) + [flags] + counter + attested + suffix
    }

    func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        switch key {
        case .p256(let key): Array(try key.signature(for: bytes).derRepresentation)
        case .ed25519(let key): Array(try key.signature(for: bytes))
        case .rsa(let key):
            Array(
                try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation)
        }
    }

    /// The public key as a COSE_Key.
    var publicKey: [UInt8] {
        switch key {
        case .p256(let key):
            let point = Array(key.publicKey.rawRepresentation)
            return [0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21] + Wire.bytes(Array(point[..<32])) + [0x22]
                + Wire.bytes(Array(point[32...]))
        case .ed25519(let key):
            return [0xA4, 1, 1, 3, 0x27, 0x20, 6, 0x21] + Wire.bytes(Array(key.publicKey.rawRepresentation))
        case .rsa(let key):
            let modulus = (try? key.publicKey.getKeyPrimitives().modulus).map { Array($0) } ?? []
            return [0xA4, 1, 3, 3, 0x39, 1, 0, 0x20] + Wire.bytes(modulus) + [0x21] + Wire.bytes([1, 0, 1])
        }
    }
}

/// CBOR as authenticators write it.
enum Wire {
    static func head(_ kind: UInt8, _ count: Int) -> [UInt8] {
        switch count {
        case ..<24: [kind << 5 | UInt8(count)]
        case ..<256: [kind << 5 | 24, UInt8(count)]
        default: [kind << 5 | 25, UInt8(count >> 8), UInt8(count & 255)]
        }
    }

    static func bytes(_ bytes: [UInt8]) -> [UInt8] { head(2, bytes.count) + bytes }
    static func text(_ text: String) -> [UInt8] { head(3, text.utf8.count) + Array(text.utf8) }
}

/// Somebody with a passkey, a session, and recovery codes.
struct KeyHolder {
    let instance: Instance
    let user: User
    let key: Authenticator
    let passkey: Passkey
    let codes: [String]
    /// The session in which the passkey was added, and its token.
    let session: SessionID
    let token: String

    init(_ instance: Instance, _ email: String = "meera@example.com", key: Authenticator? = nil) async throws {
        self.instance = instance
        user = try await instance.makeUser(email)
        session = try await instance.signIn(email).session.id
        var holder = key ?? Authenticator()
        holder.handle = holder.handle ?? Array(user.id.text.utf8)
        self.key = holder
        let made = try await Self.add(holder, named: "phone", to: user.id, session, instance)
        (passkey, codes, token) = (made.passkey, made.recoveryCodes, made.token)
    }

    /// Adds a passkey by way of a session.
    static func add(
        _ key: Authenticator, named name: String, to user: UserID, _ session: SessionID, _ instance: Instance
    ) async throws -> PasskeyAdded {
        let options = try await begin(for: user, session, instance)
        return try await instance.identity.addPasskey(
            key.create(options), named: name, of: user, session: session, on: Instance.device,
            origin: Authenticator.origin, by: Instance.actor)
    }

    static func begin(
        for user: UserID, _ session: SessionID, _ instance: Instance
    ) async throws -> CreationOptions {
        try await instance.act { tx in
            try instance.identity.beginPasskey(
                of: user, session: session, from: "192.0.2.1", origin: Authenticator.origin, in: tx)
        }
    }

    func options() throws -> RequestOptions {
        try instance.identity.beginPasskeySignIn(from: "192.0.2.1", origin: Authenticator.origin)
    }

    func signIn(_ credential: JSONValue) async throws -> SignedIn {
        try await instance.identity.signIn(
            passkey: credential, on: Instance.device, origin: Authenticator.origin, by: Instance.actor)
    }

    func signIn(_ key: Authenticator? = nil) async throws -> SignedIn {
        try await signIn(try (key ?? self.key).get(try options()))
    }

    func complete(_ challenge: String, _ key: Authenticator? = nil) async throws -> SignedIn {
        let options = try await instance.act { tx in
            try instance.identity.beginSecondStep(
                challenge, from: "192.0.2.1", origin: Authenticator.origin, in: tx)
        }
        return try await instance.identity.completeSignIn(
            challenge: challenge, passkey: try (key ?? self.key).get(options), on: Instance.device,
            origin: Authenticator.origin, by: Instance.actor)
    }

    func stepUpOptions(_ session: SessionID) async throws -> RequestOptions {
        try await instance.act { tx in
            try instance.identity.beginStepUp(
                session, of: user.id, from: "192.0.2.1", origin: Authenticator.origin, in: tx)
        }
    }

    func stepUp(_ session: SessionID, _ credential: JSONValue) async throws -> SignedIn {
        try await instance.identity.stepUp(
            session, of: user.id, passkey: credential, on: Instance.device, origin: Authenticator.origin,
            by: Instance.actor)
    }

    /// How often something was recorded about this person.
    func records(_ action: String) throws -> Int64 {
        try instance.database.read(in: .instance) { tx in
            try tx.first(
                "SELECT count(*) FROM audit_events WHERE action = \(action) AND target_id = \(user.id)"
            ) { try $0.int(0) } ?? 0
        }
    }
}
