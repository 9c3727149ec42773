// The bodies that the operations of organisations take.
import Core
import Web

struct CreateOrganizationRequest: RequestBody {
    let name: String
    let slug: String?

    static let rules: [String: Rule] = [
        "name": .length(1...100),
        "slug": .all([.length(Slug.length), .note("Lower-case letters, digits and inner hyphens; made of the name.")]),
    ]
}

struct UpdateOrganizationRequest: RequestBody {
    let name: String?
    let slug: String?
    let requiresSecondFactor: Bool?

    enum CodingKeys: String, CodingKey {
        case name, slug
        case requiresSecondFactor = "requires_second_factor"
    }

    static let rules: [String: Rule] = ["name": .length(1...100), "slug": .length(Slug.length)]
}

struct ChangeRoleRequest: RequestBody {
    let role: Role
}

struct InviteRequest: RequestBody {
    let email: String
    let role: Role

    static let rules: [String: Rule] = ["email": .email]
}

struct AcceptInvitationRequest: RequestBody {
    let token: String

    static let rules: [String: Rule] = ["token": .all([.length(1...100), .note("The token of the mailed link.")])]
}

struct SignUpRequest: RequestBody {
    let invitationToken: String
    let name: String
    let password: String

    enum CodingKeys: String, CodingKey {
        case name, password
        case invitationToken = "invitation_token"
    }

    static let rules: [String: Rule] = [
        "invitation_token": .all([.length(1...100), .note("The token of the mailed link.")]),
        "name": .length(1...100), "password": .password(12...256),
    ]
}

struct CreateAPIKeyRequest: RequestBody {
    let name: String
    let role: Role
    let expiresAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case name, role
        case expiresAt = "expires_at"
    }

    static let rules: [String: Rule] = ["name": .length(1...100)]
}
