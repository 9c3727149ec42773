// Every way in which identity refuses.
import Core

enum IdentityProblem: ProblemConvertible {
    /// One answer for a wrong e-mail and a wrong password: strangers learn nothing about who has an account.
    case wrongCredentials
    case tooManyAttempts(retryAfter: Int)
    case hashingOverloaded
    case wrongPassword
    case emailTaken
    case linkUnusable
    case alreadySetUp
    /// The issuer confirmed an address that an account here has already.
    case identityNotLinked
    case identityTaken
    case tooManyIdentities(Int)
    case suspended
    case alreadySuspended
    case notSuspended
    /// There is a code to be given, and no way to give it here.
    case secondFactorRequired
    case secondFactorExists
    case secondFactorAbsent
    case challengeUnusable
    case wrongCode
    case tooManyCodes(retryAfter: Int)
    case stepUpRequired
    case signUpClosed
    case magicLinksOff
    case passkeysUnavailable
    /// One answer for an unknown passkey and a wrong signature.
    case passkeyRefused
    case passkeyUnverified
    case passkeyExists
    case passkeyAbsent
    case tooManyPasskeys(Int)
    case impersonationOff
    case notImpersonable

    var problem: Problem {
        switch self {
        case .impersonationOff:
            Problem("impersonation_off", status: 403, "This instance lets nobody act for somebody else.")
        case .notImpersonable:
            Problem(
                "not_impersonable", status: 409,
                "Nobody acts for an operator, for a suspended account, or for themselves.")
        case .wrongCredentials:
            Problem("wrong_credentials", status: 401, "E-mail and password do not belong together. Check both.")
        case .tooManyAttempts(let seconds):
            Problem(
                "too_many_attempts", status: 429,
                "Too many attempts from where you are. Wait \(max(1, (seconds + 59) / 60)) minutes, then try again.",
                retryAfter: seconds)
        case .hashingOverloaded:
            Problem(
                "overloaded", status: 503, "Too many people are signing in at this moment. Try again in a second.",
                retryAfter: 1)
        case .wrongPassword:
            .invalid([FieldProblem("/current_password", "wrong_password", "This is not your present password.")])
        case .emailTaken:
            Problem("email_taken", status: 409, "There is an account with this e-mail address. Sign in instead.")
        case .linkUnusable:
            Problem(
                "link_unusable", status: 422,
                "This link has expired, was used already or is not complete. Ask for a new one.",
                fields: [FieldProblem("/token", "link_unusable", "The link has expired, was used or is not complete.")])
        case .alreadySetUp:
            Problem("already_set_up", status: 409, "This instance has its first account. Sign in instead.")
        case .identityNotLinked:
            Problem(
                "identity_not_linked", status: 409,
                "There is an account with this e-mail address. Sign in to it, then link this identity with it.")
        case .identityTaken:
            Problem(
                "identity_taken", status: 409,
                "This identity belongs to a profile already: to yours, or to the one it made when it was first used.")
        case .tooManyIdentities(let limit):
            Problem("limit_reached", status: 409, "There are \(limit) identities already, which is the most.")
        case .suspended:
            Problem(
                "account_suspended", status: 403,
                "This account is suspended. Ask whoever runs this instance.")
        case .alreadySuspended: Problem("already_suspended", status: 409, "This is suspended already.")
        case .notSuspended: Problem("not_suspended", status: 409, "This is not suspended.")
        default: secondFactorProblem
        }
    }

    private var secondFactorProblem: Problem {
        switch self {
        case .secondFactorExists:
            Problem(
                "second_factor_exists", status: 409, "Your account has a second factor. Remove it to add another one.")
        case .secondFactorAbsent:
            Problem("second_factor_absent", status: 409, "Your account has no second factor. Add one first.")
        case .signUpClosed:
            Problem(
                "sign_up_closed", status: 403,
                "This instance does not let people make accounts themselves. Ask somebody who runs it.")
        case .magicLinksOff:
            Problem("magic_links_off", status: 403, "This instance mails no sign-in links. Use your password.")
        case .challengeUnusable:
            Problem(
                "challenge_unusable", status: 422,
                "This took longer than 5 minutes, or was completed already. Start again.")
        case .wrongCode:
            Problem(
                "wrong_code", status: 422,
                "The code is wrong, too old, or was used before. Wait for the next one and type that.",
                fields: [FieldProblem("/code", "wrong_code", "The code is wrong, too old, or was used before.")])
        case .tooManyCodes(let seconds):
            Problem(
                "too_many_codes", status: 429,
                "Too many wrong codes for this account. Wait \(max(1, (seconds + 59) / 60)) minutes, then try again.",
                retryAfter: seconds)
        case .stepUpRequired:
            Problem(
                "step_up_required", status: 403,
                "Give your password or a code again first: your last sign-in is more than 10 minutes ago.")
        case .passkeysUnavailable, .passkeyRefused, .passkeyUnverified, .passkeyExists, .passkeyAbsent,
            .tooManyPasskeys:
            passkeyProblem
        default:
            Problem(
                "second_factor_required", status: 401,
                "Your account has a second factor. Sign in with it first, then open the link again.")
        }
    }
    private var passkeyProblem: Problem {
        switch self {
        case .passkeysUnavailable:
            Problem(
                "passkeys_unavailable", status: 403,
                """
                Browsers allow no passkeys here: the public address of this instance is a number, or has no TLS. Its \
                operator can give it a name.
                """)
        case .passkeyUnverified:
            Problem(
                "passkey_unverified", status: 422,
                """
                The passkey did not check that it is you. Give it a PIN, a finger or a face, or sign in with your \
                password first.
                """)
        case .passkeyExists:
            Problem("passkey_exists", status: 409, "This passkey was added before, to this account or another one.")
        case .passkeyAbsent: Problem("passkey_absent", status: 409, "Your account has no passkey. Use a code.")
        case .tooManyPasskeys(let limit):
            Problem("limit_reached", status: 409, "There are \(limit) passkeys already, which is the most.")
        default:
            Problem(
                "passkey_refused", status: 422,
                "The passkey is not known here, or its answer is not right. Try again, or sign in another way.")
        }
    }
}
