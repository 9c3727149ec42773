// Our own access tokens: keys that are sealed, published and rotated without a gap.
import Core
import Foundation
import Storage
import Testing
import Tokens
import Web

@testable import Identity

struct AccessTokenTests {
    private let keys = SigningKeys(sealedWith: [UInt8](repeating: 9, count: 32))

    private func tokens() -> AccessTokens {
        AccessTokens(keys: keys, issuer: "https://app.example.com", audience: "https://api.example.com")
    }

    private func issue(_ instance: Instance) throws -> CompactToken {
        let now = instance.time.clock.now
        let text = try instance.database.read(in: .instance) { tx in
            try tokens().issue(to: UserID(at: now), session: SessionID(at: now), in: tx).accessToken
        }
        return try CompactToken(text)
    }

    /// The key set as a verifier fetches it now.
    private func published(_ instance: Instance) throws -> KeySet {
        let set = try instance.database.read(in: .instance) { try SigningKeys.published(in: $0) }
        return try #require(KeySet(document: try JSONCoding.encode(set)))
    }

    private func isGood(_ token: CompactToken, _ keys: KeySet, at now: Timestamp) -> Bool {
        let rule = TokenRule(issuer: "https://app.example.com", audiences: ["https://api.example.com"])
        guard (try? keys.verify(token, allowing: [.es256])) != nil else { return false }
        return (try? rule.claims(of: token, at: now)) != nil
    }

    @Test func `the first key is made once, and its secret is nowhere in the file`() async throws {
        let instance = try Instance()
        try await keys.prepare(on: instance.database)
        try await keys.prepare(on: instance.database)
        let all = try instance.database.read(in: .instance) { try SigningKeys.list(in: $0) }
        #expect(all.map(\.state) == [.signing])
        let secret = try instance.database.read(in: .instance) { try keys.signer(in: $0).secret }
        for file in [instance.path, instance.path + "-wal"] {
            #expect(try Data(contentsOf: URL(filePath: file)).range(of: Data(secret)) == nil)
        }
        let other = SigningKeys(sealedWith: [UInt8](repeating: 8, count: 32))
        #expect(throws: (any Error).self) { try instance.database.read(in: .instance) { try other.signer(in: $0) } }
    }

    @Test func `a token lives ten minutes and says who, by which session, for whom`() async throws {
        let instance = try Instance()
        try await keys.prepare(on: instance.database)
        let token = try issue(instance)
        #expect(token.type == "at+jwt")
        let now = instance.time.clock.now
        #expect(isGood(token, try published(instance), at: now))
        #expect(!isGood(token, try published(instance), at: now.adding(.minutes(11))))
        let claims = try TokenRule(issuer: "https://app.example.com", audiences: ["https://api.example.com"])
            .claims(of: token, at: now)
        #expect(claims.subject.hasPrefix("user_"))
        #expect(claims.text("sid")?.hasPrefix("ses_") == true)
        #expect(claims.text("jti")?.utf8.count == 22)
        #expect(claims.text("org") == nil && claims.text("role") == nil)
    }

    @Test func `a rotation never meets a verifier that has not heard of the new key`() async throws {
        let instance = try Instance()
        try await keys.prepare(on: instance.database)
        let rotate = {
            try await instance.database.write(in: .instance, by: .system("test")) { try keys.rotate(in: $0) }
        }
        let made = try await rotate()
        #expect(made.state == .waiting)
        #expect(try await rotate() == made)
        var cached = try published(instance)
        #expect(cached.keys.count == 2)
        let signers = try (0..<60).map { minute -> String? in
            // A verifier that fetches anew only when its copy is as old as it may be.
            if minute % 10 == 0 { cached = try published(instance) }
            let token = try issue(instance)
            #expect(isGood(token, cached, at: instance.time.clock.now), "minute \(minute)")
            instance.time.advance(by: .minutes(1))
            return token.keyID
        }
        #expect(Set(signers.prefix(9)).count == 1)
        #expect(signers.last == made.id.text)
        #expect(try published(instance).keys.keys.sorted() == [made.id.text])
    }

    @Test func `the old key stays until its last token is over, and is removed by the next rotation`() async throws {
        let instance = try Instance()
        try await keys.prepare(on: instance.database)
        try await instance.database.write(in: .instance, by: .system("test")) { _ = try keys.rotate(in: $0) }
        instance.time.advance(by: Milliseconds(SigningKeys.cacheAge.count - 1000))
        let last = try issue(instance)
        instance.time.advance(by: .minutes(9))
        #expect(isGood(last, try published(instance), at: instance.time.clock.now))
        instance.time.advance(by: .minutes(5))
        #expect(try published(instance).keys.count == 1)
        try await instance.database.write(in: .instance, by: .system("test")) { _ = try keys.rotate(in: $0) }
        let states = try instance.database.read(in: .instance) { try SigningKeys.list(in: $0) }.map(\.state)
        #expect(states == [.signing, .waiting])
    }

    @Test func `a rotation before the first start makes a key that signs at once`() async throws {
        let instance = try Instance()
        let made = try await instance.database.write(in: .instance, by: .system("test")) { try keys.rotate(in: $0) }
        try await keys.prepare(on: instance.database)
        #expect(made.state == .signing)
        #expect(try issue(instance).keyID == made.id.text)
    }

    @Test func `a rotation at once leaves one key, and tokens of the others are refused`() async throws {
        let instance = try Instance()
        try await keys.prepare(on: instance.database)
        let before = try issue(instance)
        let made = try await instance.database.write(in: .instance, by: .system("test")) {
            try keys.rotate(atOnce: true, in: $0)
        }
        #expect(made.state == .signing)
        let set = try published(instance)
        #expect(set.keys.keys.sorted() == [made.id.text])
        #expect(!isGood(before, set, at: instance.time.clock.now))
        #expect(isGood(try issue(instance), set, at: instance.time.clock.now))
    }
}
