// A signed-in device, and the token that it holds.
package import Core
import Crypto
import Web

/// One sign-in of a person: where it is from and how long it lasts.
package struct Session: Codable, Sendable {
    package let id: SessionID
    /// What the browser or program called itself, at most 200 characters.
    package let userAgent: String?
    /// The client's address at sign-in.
    package let address: String?
    package let createdAt: Timestamp
    /// To the minute.
    package let lastSeenAt: Timestamp
    package let expiresAt: Timestamp
    /// How the person showed who they are (RFC 8176): `pwd`, `link`, `sso`; then `otp` or `passkey` for a second
    /// factor. A passkey alone is both. Empty when the passkey was removed since.
    package let methods: [String]
    /// Whether it is the one that asks.
    package var isCurrent: Bool
    /// The operator whose session this is, who acts for the person.
    package var impersonatedBy: String?

    enum CodingKeys: String, CodingKey {
        case id, address, methods
        case impersonatedBy = "impersonated_by"
        case userAgent = "user_agent"
        case createdAt = "created_at"
        case lastSeenAt = "last_seen_at"
        case expiresAt = "expires_at"
        case isCurrent = "is_current"
    }

    /// How long a session lasts, used or not: 30 days.
    package static let lifetime = Milliseconds.days(30)
}

/// A session at the only moment at which its token is known.
package struct SignedIn: Codable, Sendable {
    /// The bearer token: `rfs_` and 43 letters and digits; only its SHA-256 is kept.
    package let token: String
    package let session: Session
    package let user: User
}

/// Random tokens with a prefix; the database holds their SHA-256 only.
package struct Token: Sendable {
    /// What a token is for.
    package enum Kind: String, Sendable {
        /// Signs a person's requests.
        case session = "rfs_"
        /// Works once: set-up, password reset, invitation, the second step of a sign-in.
        case once = "rft_"
    }

    package let text: String

    /// 43 random letters and digits: 256 bits.
    package init(_ kind: Kind, randomness: Randomness = .system) {
        text = kind.rawValue + Base62.random(43, from: randomness)
    }

    /// SHA-256 of a token; nil when the text can't be a token of this kind.
    package static func hash(_ text: String, _ kind: Kind) -> [UInt8]? {
        guard text.utf8.count == 47, text.utf8.starts(with: kind.rawValue.utf8) else { return nil }
        return sha256(text)
    }

    package var hash: [UInt8] { Self.sha256(text) }

    private static func sha256(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { Array(SHA256.hash(data: UnsafeRawBufferPointer($0))) }
    }
}
