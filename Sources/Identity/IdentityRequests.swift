// The bodies that identity's operations take.
import Web

struct SignInRequest: RequestBody {
    let email: String
    let password: String

    static let rules: [String: Rule] = ["email": .length(3...254), "password": .password(1...256)]
}

struct SetUpRequest: RequestBody {
    let token: String
    let email: String
    let name: String
    let password: String

    static let rules: [String: Rule] = [
        "token": .all([.length(1...100), .note("The token of the link that `serve` printed.")]), "email": .email,
        "name": .length(1...100), "password": .password(PasswordPolicy.length),
    ]
}

struct ForgotPasswordRequest: RequestBody {
    let email: String

    static let rules: [String: Rule] = ["email": .email]
}

struct ResetPasswordRequest: RequestBody {
    let token: String
    let password: String

    static let rules: [String: Rule] = [
        "token": .all([.length(1...100), .note("The token of the mailed link.")]),
        "password": .password(PasswordPolicy.length),
    ]
}

struct ChangePasswordRequest: RequestBody {
    let currentPassword: String
    let newPassword: String

    enum CodingKeys: String, CodingKey {
        case currentPassword = "current_password"
        case newPassword = "new_password"
    }

    static let rules: [String: Rule] = [
        "current_password": .password(1...256), "new_password": .password(PasswordPolicy.length),
    ]
}

/// What a change of password did.
struct PasswordChanged: Codable, Sendable {
    /// How many other sessions were ended.
    let sessionsRevoked: Int

    enum CodingKeys: String, CodingKey {
        case sessionsRevoked = "sessions_revoked"
    }
}

struct UpdateMeRequest: RequestBody {
    let name: String

    static let rules: [String: Rule] = ["name": .length(1...100)]
}
