// Every way in which organisations refuse.
import Core

enum OrganizationsProblem: ProblemConvertible {
    case slugTaken
    case aboveOwnRole(Role)
    case lastOwner
    case lastOwnerOf([String])
    case alreadyMember
    case alreadyInvited
    case invitationUnusable
    case invitationForSomebodyElse
    case accountExists
    case tooMany(String, limit: Int)
    case secondFactorMissing
    case signUpClosed

    var problem: Problem {
        switch self {
        case .slugTaken:
            Problem(
                "slug_taken", status: 409, "Another organisation has this short name. Choose another one.",
                fields: [FieldProblem("/slug", "slug_taken", "Another organisation has this short name.")])
        case .aboveOwnRole(let role):
            Problem(
                "above_own_role", status: 403,
                "Your role here is \(role.title): you can give and change roles up to that, not above.")
        case .lastOwner:
            Problem(
                "last_owner", status: 409,
                "This is the last owner. Make somebody else an owner first: an organisation always has one.")
        case .lastOwnerOf(let names):
            Problem(
                "last_owner", status: 409,
                "You are the last owner of \(names.prefix(5).joined(separator: ", ")). Make somebody else one first.")
        case .alreadyMember:
            Problem("already_member", status: 409, "There is a member with this e-mail address already.")
        case .alreadyInvited:
            Problem(
                "already_invited", status: 409,
                "An invitation to this e-mail address is open. Revoke it first, or wait for the answer.")
        case .invitationUnusable:
            Problem(
                "invitation_unusable", status: 422,
                "This invitation has expired, was revoked or accepted, or the link is not complete. Ask for a new one.",
                fields: [FieldProblem("/token", "invitation_unusable", "The invitation is no longer open.")])
        case .invitationForSomebodyElse:
            Problem(
                "invitation_for_somebody_else", status: 403,
                "This invitation is for another e-mail address. Sign in with the account it was sent to.")
        case .accountExists:
            Problem(
                "account_exists", status: 409,
                "There is an account with the invited e-mail address. Sign in with it, then accept the invitation.")
        case .secondFactorMissing:
            Problem(
                "second_factor_missing", status: 403,
                "This needs a second factor. Add one to your account, or sign in with the one you have.")
        case .signUpClosed:
            Problem(
                "sign_up_closed", status: 403,
                "This instance does not let people make accounts themselves. Ask somebody who runs it.")
        case .tooMany(let what, let limit):
            Problem(
                "limit_reached", status: 409,
                "There are \(limit) \(what) already, which is the most. Remove some first.")
        }
    }
}
