// The key pairs that our access tokens are signed with: sealed, published, and rotated without a gap.
import Audit
package import Core
package import Storage
package import Tokens

/// Names a signing key pair: the `kid` of tokens.
package enum SigningKeyKind: IdentifierKind { package static let prefix = "sig" }
package typealias SigningKeyID = Identifier<SigningKeyKind>

/// One key pair for people who look after them; nothing secret.
package struct SigningKey: Sendable, Hashable {
    /// What a key pair is doing.
    package enum State: String, Sendable {
        /// Published, so that verifiers know it before its first token.
        case waiting
        case signing
        /// Signs no more; published until its last token has expired.
        case retired
    }

    package let id: SigningKeyID
    package let state: State
    /// When it starts, or started, to sign.
    package let signsFrom: Timestamp
}

/// The pairs in the database.
///
/// When one starts to sign is fixed when it is made, so a rotation needs nobody to finish it, and processes that share
/// the file agree without asking each other.
package struct SigningKeys: Sendable {
    /// How long verifiers may keep our key set; a new pair waits that long, so that all of them know it first.
    package static let cacheAge = Milliseconds.minutes(10)
    /// How long a pair stays published after the next one took over: a token's lifetime and a minute for slow clocks.
    static let overlap = Milliseconds(AccessTokens.lifetime.count + 60_000)

    /// The name of the instance's key that the secret halves are sealed with.
    package static let sealName = "signing"

    private let seal: Seal

    /// - Parameter key: the instance's 32 bytes called `sealName`, which the master key seals in turn.
    package init(sealedWith key: [UInt8]) { seal = Seal(key: key) }

    /// All secret halves.
    package static let sealed = SealedValues("secret halves of signing keys", keyName: sealName) { after, limit, tx in
        try SigningKeysStore.all(in: tx).filter { $0.id.text > after }.sorted { $0.id < $1.id }.prefix(limit).map {
            .init(place: $0.id.text, context: $0.id.text, sealed: $0.sealed)
        }
    }

    /// Makes the first pair of an instance, which signs at once.
    package func prepare(on database: any Database) async throws {
        if try database.read(in: .instance, Self.hasSigner) { return }
        try await database.write(in: .instance, by: .system("first start")) { tx in
            if try !Self.hasSigner(in: tx) { _ = try make(signingFrom: tx.now, in: tx) }
        }
    }

    private static func hasSigner(in tx: any Transaction) throws -> Bool {
        try SigningKeysStore.all(in: tx).contains { $0.signsFrom <= tx.now }
    }

    /// Makes a new pair that signs once every verifier had the time to learn of it; while one waits already, that one.
    ///
    /// With `atOnce` it signs from now on and every other pair is gone: for a secret that became known. Tokens that
    /// others signed are refused from then on, and verifiers have to fetch the key set again. Scope: instance.
    package func rotate(atOnce: Bool = false, in tx: any Transaction) throws -> SigningKey {
        let stored = try SigningKeysStore.all(in: tx)
        if !atOnce, let waiting = stored.last, waiting.signsFrom > tx.now {
            return SigningKey(id: waiting.id, state: .waiting, signsFrom: waiting.signsFrom)
        }
        for key in stored where atOnce || !Self.isPublished(key, among: stored, at: tx.now) {
            try SigningKeysStore.delete(key.id, in: tx)
            try record("signing_key.removed", key.id, in: tx)
        }
        // Without one that signs there is nobody to wait for: the first pair of an instance.
        let isNow = try atOnce || !Self.hasSigner(in: tx)
        return try make(signingFrom: isNow ? tx.now : tx.now.adding(Self.cacheAge), in: tx)
    }

    /// The pair that signs now. Scope: instance.
    func signer(in tx: any Transaction) throws -> TokenSigner {
        guard let key = try SigningKeysStore.all(in: tx).last(where: { $0.signsFrom <= tx.now }) else {
            throw Problem("not_ready", status: 503, "There is no key to sign tokens with.", retryAfter: 5)
        }
        return try TokenSigner(id: key.id.text, secret: try seal.open(key.sealed, for: key.id.text))
    }

    /// What verifiers need: every pair that signs, will sign, or whose tokens may still be about. Scope: instance.
    package static func published(in tx: any Transaction) throws -> PublicKeySet {
        let stored = try SigningKeysStore.all(in: tx)
        return PublicKeySet(
            keys: stored.filter { isPublished($0, among: stored, at: tx.now) }
                .map { PublicJWK(id: $0.id.text, publicKey: $0.publicKey) })
    }

    /// Every pair, oldest first. Scope: instance.
    package static func list(in tx: any Transaction) throws -> [SigningKey] {
        let stored = try SigningKeysStore.all(in: tx)
        let signing = stored.last { $0.signsFrom <= tx.now }?.id
        return stored.map { key in
            let state: SigningKey.State =
                key.id == signing ? .signing : key.signsFrom > tx.now ? .waiting : .retired
            return SigningKey(id: key.id, state: state, signsFrom: key.signsFrom)
        }
    }

    private static func isPublished(
        _ key: SigningKeysStore.Stored, among all: [SigningKeysStore.Stored], at now: Timestamp
    ) -> Bool {
        guard let next = all.first(where: { $0.signsFrom > key.signsFrom }) else { return true }
        return next.signsFrom.adding(overlap) > now
    }

    private func make(signingFrom start: Timestamp, in tx: any Transaction) throws -> SigningKey {
        let id = SigningKeyID(at: tx.now)
        let signer = TokenSigner(id: id.text)
        let sealed = try seal.close(signer.secret, for: id.text)
        try SigningKeysStore.insert(
            .init(id: id, publicKey: signer.publicKey, sealed: sealed, signsFrom: start), in: tx)
        try record("signing_key.created", id, in: tx)
        return SigningKey(id: id, state: start > tx.now ? .waiting : .signing, signsFrom: start)
    }

    private func record(_ action: String, _ id: SigningKeyID, in tx: any Transaction) throws {
        try Audit.record(action, on: .init("signing_key", id), in: tx)
    }
}
