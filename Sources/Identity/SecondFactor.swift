// A second factor: what the API says about it, and what somebody gets while adding one.
package import Core
import Web

/// Whether an account has a second factor.
package struct SecondFactor: Codable, Sendable {
    /// Whether there is an authenticator program, whose codes signing in asks for.
    package let isEnabled: Bool
    package let confirmedAt: Timestamp?
    /// How many passkeys there are; signing in with the password asks for one, or for a code.
    package let passkeys: Int
    /// How many recovery codes have not been used.
    package let recoveryCodesLeft: Int

    enum CodingKeys: String, CodingKey {
        case passkeys
        case isEnabled = "enabled"
        case confirmedAt = "confirmed_at"
        case recoveryCodesLeft = "recovery_codes_left"
    }
}

/// What an authenticator program has to be told; it counts only after the first right code.
struct Enrolment: Codable, Sendable {
    /// In Base32, to be typed.
    let secret: String
    /// The same as an `otpauth:` address, to be shown as a QR code.
    let uri: String
}

/// What somebody gets once, when the second factor is there.
struct FactorConfirmed: Codable, Sendable {
    /// Each works once, in place of a code.
    let recoveryCodes: [String]
    /// The session's new token: the one before ended with the change.
    let token: String
    /// How many other sessions were ended.
    let sessionsRevoked: Int

    enum CodingKeys: String, CodingKey {
        case token
        case recoveryCodes = "recovery_codes"
        case sessionsRevoked = "sessions_revoked"
    }
}

/// New recovery codes; those before work no longer.
struct RecoveryCodes: Codable, Sendable {
    let recoveryCodes: [String]

    enum CodingKeys: String, CodingKey {
        case recoveryCodes = "recovery_codes"
    }
}

/// The half of a sign-in that a right password gives, when the account has a second factor. It opens nothing by itself.
package struct Challenge: Codable, Sendable {
    /// What the second step takes with the code: `rft_` and 43 letters and digits.
    package let token: String
    package let expiresAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case token
        case expiresAt = "expires_at"
    }

    /// How long a code may take: 5 minutes.
    static let lifetime = Milliseconds.minutes(5)
}

/// What a right password leads to.
package enum SignInOutcome: Sendable {
    case signedIn(SignedIn)
    case needsCode(Challenge)
}

/// The answer to a sign-in: a session, or the challenge for its second step.
struct SignInAnswer: Codable, Sendable {
    /// `signed_in`, or `second_factor_required`.
    let status: String
    let token: String?
    let session: Session?
    let user: User?
    let challenge: Challenge?

    init(_ outcome: SignInOutcome) {
        switch outcome {
        case .signedIn(let signedIn):
            status = "signed_in"
            (token, session, user, challenge) = (signedIn.token, signedIn.session, signedIn.user, nil)
        case .needsCode(let challenge):
            status = "second_factor_required"
            (token, session, user) = (nil, nil, nil)
            self.challenge = challenge
        }
    }
}

/// How somebody showed who they are, by the names of RFC 8176 where it has one.
package enum SignInMethod: String, Sendable {
    case password = "pwd"
    /// A code of an authenticator program, or a recovery code.
    case code = "otp"
    /// A link that was mailed.
    case link
    /// A key in an authenticator; it counts as a second factor.
    case passkey
    /// A provider that people sign in through.
    case provider = "sso"

    /// Whether a session's methods, separated by blanks, end with a second factor.
    static func areTwo(_ methods: String) -> Bool {
        methods.hasSuffix(code.rawValue) || methods.hasSuffix(passkey.rawValue)
    }
}
