// Idempotency-Key: the same request twice happens once (IETF draft-ietf-httpapi-idempotency-key-header).
import Core
import Crypto
package import Storage

/// One request with a key, in the scope of an organisation (or the instance) and its principal.
struct IdempotentRequest: Sendable {
    let scope: String
    let principal: String
    let key: String
    /// SHA-256 over method, target and raw body: another request under the same key is refused.
    let hash: [UInt8]
    let seal: AnswerSeal

    /// How long answers are kept: 24 hours.
    static let kept = Milliseconds.hours(24)
    /// How long a request that waits for something else may run before its key can be taken again.
    static let lease = Milliseconds.minutes(2)

    /// Reads the header, quoted or bare; throws 400 for other than 1 to 255 visible ASCII characters.
    static func key(from header: String) throws(Problem) -> String {
        var text = Substring(header)
        if text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count >= 2 { text = text.dropFirst().dropLast() }
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw Problem(
                "idempotency_key_invalid", status: 400, "The Idempotency-Key must be 1 to 255 visible ASCII characters."
            )
        }
        return String(text)
    }

    init(
        scope: Scope, principal: String, key: String, method: String, target: String, body: [UInt8], seal: AnswerSeal
    ) {
        self.seal = seal
        self.scope = if case .organization(let id) = scope { id.text } else { "instance" }
        self.principal = principal
        self.key = key
        var digest = SHA256()
        digest.update(data: Array("\(method)\u{0}\(target)\u{0}".utf8))
        digest.update(data: body)
        hash = Array(digest.finalize())
    }

    /// What its answer is sealed for; no part can hold the separator.
    var context: String { Self.context(scope, principal, key) }

    static func context(_ scope: String, _ principal: String, _ key: String) -> String {
        "\(scope)\u{0}\(principal)\u{0}\(key)"
    }

    /// The stored answer if the request already happened; throws 409 while it runs, 422 for another request.
    func replay(in tx: any Transaction) throws -> Response? {
        guard let stored = try IdempotencyStore.find(self, in: tx) else { return nil }
        if stored.createdAt.adding(Self.kept) < tx.now {
            try IdempotencyStore.remove(self, in: tx)
            return nil
        }
        guard stored.hash == hash else {
            throw Problem(
                "idempotency_key_reused", status: 422,
                "This Idempotency-Key was used for another request in the last 24 hours. Use a new key.")
        }
        guard let status = stored.status else {
            if stored.leaseUntil < tx.now {
                try IdempotencyStore.remove(self, in: tx)
                return nil
            }
            throw Problem(
                "idempotency_key_in_use", status: 409, "The first request with this Idempotency-Key is still running.",
                retryAfter: 1)
        }
        let body = try seal.open(stored.body, of: self)
        return Response(
            status: status,
            headers: [("Idempotent-Replayed", "true")] + (body.isEmpty ? [] : [("Content-Type", "application/json")]),
            body: body)
    }

    /// Notes that the request runs now.
    func begin(in tx: any Transaction) throws {
        try IdempotencyStore.insert(self, status: nil, body: [], in: tx)
    }

    /// Keeps the answer, in the transaction of the effect.
    func finish(_ response: Response, in tx: any Transaction) throws {
        try IdempotencyStore.insert(
            self, status: response.status, body: try seal.close(response.body, of: self), in: tx)
    }

    /// Frees the key after a refusal without effect.
    func release(in tx: any Transaction) throws { try IdempotencyStore.remove(self, in: tx) }
}

/// Seals kept answers, each for its request: an answer may hold a secret that is shown once, and the file must not.
package struct AnswerSeal: Sendable {
    /// The name of the instance's key.
    package static let keyName = "answers"
    private let seal: Seal

    /// Takes the 32 bytes of the instance's key of that name.
    package init(key: [UInt8]) { seal = Seal(key: key) }

    func close(_ body: [UInt8], of request: IdempotentRequest) throws -> [UInt8] {
        body.isEmpty ? [] : try seal.close(body, for: request.context)
    }

    func open(_ sealed: [UInt8], of request: IdempotentRequest) throws -> [UInt8] {
        sealed.isEmpty ? [] : try seal.open(sealed, for: request.context)
    }

    /// All kept answers that have a body.
    package static let sealed = SealedValues("kept answers", keyName: keyName) { after, limit, tx in
        try IdempotencyStore.sealed(after: after, limit: limit, in: tx)
    }
}

/// Answers older than a day are of no use to anybody.
package enum IdempotencyKeys {
    /// Removes answers that are kept no longer, at most a thousand at a time; returns how many.
    package static func prune(in tx: any Transaction) throws -> Int {
        try IdempotencyStore.prune(before: tx.now.adding(-IdempotentRequest.kept), in: tx)
    }
}
