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
    let role: String

    static let rules: [String: Rule] = ["role": .roleName]
}

extension Rule {
    /// A role of an organisation; which ones there are is looked up.
    static let roleName = Rule.all([
        .length(1...40), .note("One of viewer, editor, admin and owner, or the identifier of a custom role."),
        .example("viewer"),
    ])
}

struct TransferRequest: RequestBody {
    let userID: UserID

    enum CodingKeys: String, CodingKey {
        case userID = "user_id"
    }
}

struct SuspensionRequest: RequestBody {
    let reason: String

    static let rules: [String: Rule] = ["reason": .length(1...500)]
}

struct InviteRequest: RequestBody {
    let email: String
    let role: String

    static let rules: [String: Rule] = ["email": .email, "role": .roleName]
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
    let permissions: [Permission]?
    let allowedAddresses: [String]?
    let isTest: Bool?
    let expiresAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case name, role, permissions
        case allowedAddresses = "allowed_addresses"
        case isTest = "is_test"
        case expiresAt = "expires_at"
    }

    static let rules: [String: Rule] = [
        "name": .length(1...100), "role": .oneOf(Role.allCases.map(\.rawValue)),
        "permissions": .all([
            .length(1...50), .note("What the key may do of what the role holds; everything, unless given."),
        ]),
        "allowed_addresses": .all([
            .length(0...50), .note("Addresses and networks (CIDR) it may be used from; anywhere, unless given."),
        ]),
        "is_test": .note("Makes an rfk_test_ key, which is refused in production mode."),
    ]

    var request: Organizations.KeyRequest {
        var request = Organizations.KeyRequest(name: name, role: role)
        request.permissions = permissions
        request.allowedAddresses = allowedAddresses ?? []
        request.isTest = isTest ?? false
        request.expiresAt = expiresAt
        return request
    }
}
