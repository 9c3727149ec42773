// What the claims of a verified token have to say before anybody acts on them.
package import Core
package import Web

/// The claims of a token that was verified and that fits its rule.
package struct TokenClaims: Sendable {
    package let issuer: String
    package let subject: String
    package let expiresAt: Timestamp
    /// Everything the token says; only what the issuer alone sets may be trusted.
    package let all: JSONValue

    /// A claim that is text of at most `limit` bytes; nil otherwise.
    package func text(_ name: String, limit: Int = 255) -> String? {
        guard let text = all[name]?.stringValue, (1...limit).contains(text.utf8.count) else { return nil }
        return text
    }

    /// A claim that is a time; nil when it is absent, or none.
    package func time(_ name: String) -> Timestamp? { (try? TokenRule.time(all[name])) ?? nil }
}

/// What is asked of the claims (RFC 7519 section 4.1), beyond a good signature.
package struct TokenRule: Sendable {
    package var issuer: String
    /// One of these must be in `aud`, letter for letter.
    package var audiences: Set<String>
    /// What `typ` may say; a token without it is taken too, since many issuers leave it out.
    package var types: Set<String> = Self.accessTokenTypes
    /// Claims that only tokens for another use have.
    package var foreignClaims: Set<String> = Self.idTokenClaims
    /// How far the clocks of two machines may be apart.
    package var skew: Milliseconds = .seconds(30)
    /// From now to `exp`, at most.
    package var longest: Milliseconds = .days(1)

    package init(issuer: String, audiences: Set<String>) {
        self.issuer = issuer
        self.audiences = audiences
    }

    /// Of an access token: plain, or of RFC 9068.
    package static let accessTokenTypes: Set<String> = ["jwt", "at+jwt"]
    /// Found in ID tokens only (OpenID Connect Core sections 2 and 3.3.2.11).
    package static let idTokenClaims: Set<String> = ["nonce", "at_hash", "c_hash", "s_hash"]

    /// Reads the claims of a token whose signature was verified.
    ///
    /// Throws `type`, `claims`, `issuer`, `audience`, `expired`, `notYetValid`, `lifetime`.
    package func claims(of token: CompactToken, at now: Timestamp) throws(TokenRefusal) -> TokenClaims {
        if let type = token.type, !types.contains(type) { throw .type }
        guard let all = try? JSONParser.parse(token.payload), case .object(let members) = all else { throw .claims }
        guard !members.contains(where: { foreignClaims.contains($0.name) }) else { throw .type }
        guard all["iss"]?.stringValue == issuer else { throw .issuer }
        try checkAudience(all["aud"])
        let expiresAt = try checkTimes(all, now)
        guard let subject = all["sub"]?.stringValue, (1...255).contains(subject.utf8.count),
            subject.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 })
        else { throw .claims }
        return TokenClaims(issuer: issuer, subject: subject, expiresAt: expiresAt, all: all)
    }

    private func checkAudience(_ value: JSONValue?) throws(TokenRefusal) {
        let stated: [String]
        switch value {
        case .string(let text): stated = [text]
        case .array(let items):
            stated = items.compactMap(\.stringValue)
            guard stated.count == items.count else { throw .claims }
        default: throw .claims
        }
        guard stated.contains(where: audiences.contains) else { throw .audience }
    }

    private func checkTimes(_ all: JSONValue, _ now: Timestamp) throws(TokenRefusal) -> Timestamp {
        guard let expiresAt = try Self.time(all["exp"]) else { throw .claims }
        guard expiresAt.adding(skew) > now else { throw .expired }
        guard expiresAt <= now.adding(longest).adding(skew) else { throw .lifetime }
        if let notBefore = try Self.time(all["nbf"]), notBefore > now.adding(skew) { throw .notYetValid }
        if let issuedAt = try Self.time(all["iat"]) {
            guard issuedAt <= now.adding(skew) else { throw .notYetValid }
            guard issuedAt < expiresAt else { throw .claims }
        }
        return expiresAt
    }

    /// Seconds since 1970, whole or with a fraction; nil when the claim is absent.
    fileprivate static func time(_ value: JSONValue?) throws(TokenRefusal) -> Timestamp? {
        let seconds: Double?
        switch value {
        case nil: return nil
        case .integer(let number): seconds = Double(number)
        case .number(let text): seconds = Double(text)
        default: seconds = nil
        }
        // Up to the year 9999, so that the conversion can't overflow.
        guard let seconds, seconds >= 0, seconds < 253_402_300_800 else { throw .claims }
        return Timestamp(milliseconds: Int64(seconds * 1000))
    }
}
