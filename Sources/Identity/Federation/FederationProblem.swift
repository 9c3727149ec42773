// Every way in which signing in through a provider refuses.
import Core

enum FederationProblem: ProblemConvertible {
    case unknownProvider
    /// Another browser, too late, or a second time.
    case flowUnusable
    /// The provider says that nobody signed in: mostly because the person did not want to.
    case declined(String)
    case unavailable(String)
    case untrusted(String)
    /// The provider does not say that the address is the person's own, so there can be no account for it.
    case emailUnconfirmed(String)
    /// There is an account with the address; it is not handed over by an address alone.
    case accountExists(String)
    /// Asked to sign in anew, the provider does not say that this happened.
    case notAnew(String)
    case anotherPerson(String)
    /// Without a password and another identity nobody could sign in to the account.
    case lastWayIn

    var problem: Problem {
        switch self {
        case .unknownProvider: .notFound("provider")
        case .flowUnusable:
            Problem(
                "sign_in_unusable", status: 422,
                """
                This sign-in was begun in another browser, took longer than 10 minutes, or was completed already. \
                Begin it again.
                """)
        case .declined(let title):
            Problem(
                "provider_declined", status: 403,
                "\(title) signed nobody in: it was cancelled there, or \(title) did not allow it.")
        case .unavailable(let title):
            Problem(
                "provider_unavailable", status: 503,
                """
                \(title) does not answer as it should at the moment. Try again soon; if it stays like this, tell \
                whoever runs this instance.
                """, retryAfter: 10)
        case .untrusted(let title):
            Problem(
                "provider_untrusted", status: 403,
                "What \(title) sent could not be verified, so nobody was signed in. Begin again.")
        case .emailUnconfirmed(let title):
            Problem(
                "email_unconfirmed", status: 403,
                """
                \(title) does not confirm an e-mail address of yours, so no account can be found or made by it. \
                Confirm one there; or sign in here in another way, then connect \(title) in your account.
                """)
        default: accountProblem
        }
    }

    private var accountProblem: Problem {
        switch self {
        case .accountExists(let title):
            Problem(
                "identity_not_linked", status: 409,
                """
                There is an account with this e-mail address. Sign in to it in another way, then connect \(title) in \
                your account. Whoever has no password for it gets one with “I have forgotten my password”.
                """)
        case .notAnew(let title):
            Problem(
                "step_up_required", status: 403,
                "\(title) does not say that you signed in there just now. Choose a password and give that instead.")
        case .anotherPerson(let title):
            Problem(
                "provider_untrusted", status: 403,
                "The person who signed in at \(title) is not connected with this account.")
        default:
            Problem(
                "last_way_in", status: 409,
                """
                This is the only way in to the account. Choose a password or connect another identity first.
                """)
        }
    }
}
