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
    case planLimit(String, limit: Int)
    case alreadyRotated
    case suspended
    case alreadySuspended
    case notSuspended
    case notYourself
    case leaving
    case alreadyLeaving
    case notLeaving
    case justSent
    case secondFactorMissing
    case signUpClosed
    case roleNameTaken
    case roleInUse(members: Int, offers: Int)
    case domainClaimed
    case domainTaken
    case recordNotFound(Domain.Record)
    case dnsUnavailable(DNSFailure)

    var problem: Problem {
        switch self {
        case .slugTaken:
            Problem(
                "slug_taken", status: 409, "Another organisation has this short name. Choose another one.",
                fields: [FieldProblem("/slug", "slug_taken", "Another organisation has this short name.")])
        case .aboveOwnRole(let role):
            Problem(
                "above_own_role", status: 403,
                "Your role here is \(role.title): you can give and change roles that hold nothing beyond it.")
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
        case .planLimit(let what, let limit):
            Problem(
                "plan_limit_reached", status: 409,
                "The plan allows \(limit) \(what). Remove some first, or take a plan that allows more.")
        case .alreadyRotated:
            Problem(
                "already_rotated", status: 409,
                "This key has a successor already. Rotate that one, or revoke this one.")
        default: roleProblem ?? domainProblem ?? stateProblem
        }
    }

    private var roleProblem: Problem? {
        switch self {
        case .roleNameTaken:
            Problem(
                "role_name_taken", status: 409, "There is a role of this name. Choose another one.",
                fields: [FieldProblem("/name", "role_name_taken", "There is a role of this name.")])
        case .roleInUse(let members, let offers):
            Problem(
                "role_in_use", status: 409,
                """
                \(members) members have this role, and \(offers) invitations and domains name it. Say which role they \
                get in its place.
                """)
        default: nil
        }
    }

    private var domainProblem: Problem? {
        switch self {
        case .domainClaimed:
            Problem(
                "domain_claimed", status: 409, "This organisation has the domain already.",
                fields: [FieldProblem("/name", "domain_claimed", "This organisation has the domain already.")])
        case .domainTaken:
            Problem(
                "domain_taken", status: 409,
                "Another organisation of this instance has proven the domain. It has to give it up first.")
        case .recordNotFound(let record):
            Problem(
                "record_not_found", status: 409,
                "No TXT record of \(record.name) says \(record.value). New records can take an hour to be seen."
            )
        case .dnsUnavailable:
            Problem(
                "dns_unavailable", status: 503, "The name could not be looked up now. Try again in a minute.",
                retryAfter: 60, underlying: self)
        default: nil
        }
    }

    /// What the state of an organisation refuses.
    private var stateProblem: Problem {
        switch self {
        case .suspended:
            Problem(
                "organization_suspended", status: 403,
                "This organisation is suspended. Ask whoever runs this instance.")
        case .leaving:
            Problem(
                "organization_leaving", status: 403,
                "This organisation is about to be deleted. Only its owners can see it, and undo that.")
        case .alreadySuspended: Problem("already_suspended", status: 409, "This is suspended already.")
        case .notSuspended: Problem("not_suspended", status: 409, "This is not suspended.")
        case .notYourself:
            Problem("not_yourself", status: 409, "You can't suspend yourself. Somebody else who runs this has to.")
        case .alreadyLeaving:
            Problem("already_leaving", status: 409, "The deletion was asked for already.")
        case .notLeaving:
            Problem("not_leaving", status: 409, "No deletion was asked for, so there is nothing to undo.")
        case .justSent:
            Problem(
                "just_sent", status: 409, "The invitation was sent less than five minutes ago. Wait a little.")
        default: Problem("internal_error", status: 500, "Something went wrong on our side.", underlying: self)
        }
    }
}
