// A passkey: what the API says about it, and what browsers are asked with.
package import Core
import Web

/// Names a passkey.
package enum PasskeyKind: IdentifierKind { package static let prefix = "pky" }
package typealias PasskeyID = Identifier<PasskeyKind>

/// One passkey of a person, as the API answers it. The secret half never leaves the authenticator.
package struct Passkey: Codable, Sendable {
    package let id: PasskeyID
    package let name: String
    /// Whether its authenticator keeps it elsewhere too, so that losing a device does not lose it.
    package let isBackedUp: Bool
    package let createdAt: Timestamp
    package let lastUsedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, name
        case isBackedUp = "backed_up"
        case createdAt = "created_at"
        case lastUsedAt = "last_used_at"
    }

    /// How many an account may have.
    static let limit = 20
}

/// A passkey that was checked and is to be stored.
struct NewPasskey: Sendable {
    let credentialID: [UInt8]
    let publicKey: [UInt8]
    let signCount: UInt32
    let transports: [String]
    let isBackupEligible: Bool
    let isBackedUp: Bool
}

/// What somebody gets when a passkey is there.
struct PasskeyAdded: Codable, Sendable {
    let passkey: Passkey
    /// Each works once, in place of the passkey; empty when the account had a second factor already.
    let recoveryCodes: [String]
    /// The session's new token: the one before ended with the change.
    let token: String
    /// How many other sessions were ended.
    let sessionsRevoked: Int

    enum CodingKeys: String, CodingKey {
        case passkey, token
        case recoveryCodes = "recovery_codes"
        case sessionsRevoked = "sessions_revoked"
    }
}

/// Names a credential to a browser (WebAuthn Level 3 section 5.8.3, in its JSON form).
struct CredentialDescriptor: Codable, Sendable {
    let type: String
    /// Base64url, as are all bytes here.
    let id: String
    let transports: [String]

    init(id: [UInt8], transports: [String]) {
        type = "public-key"
        self.id = Base64URL.encode(id)
        self.transports = transports
    }
}

/// What `navigator.credentials.create` takes: `PublicKeyCredentialCreationOptionsJSON` of WebAuthn Level 3, section
/// 5.1.8.
struct CreationOptions: Codable, Sendable {
    struct Party: Codable, Sendable {
        let id: String
        let name: String
    }

    struct Person: Codable, Sendable {
        /// The user handle: the bytes of the account's identifier, which says nothing about the person.
        let id: String
        let name: String
        let displayName: String
    }

    struct Parameters: Codable, Sendable {
        let type: String
        let alg: Int64
    }

    struct Selection: Codable, Sendable {
        let residentKey: String
        let requireResidentKey: Bool
        let userVerification: String
    }

    let rp: Party
    let user: Person
    let challenge: String
    let pubKeyCredParams: [Parameters]
    /// Milliseconds.
    let timeout: Int64
    /// Those that the account has: no authenticator should hold two.
    let excludeCredentials: [CredentialDescriptor]
    let authenticatorSelection: Selection
    let attestation: String

    init(_ party: RelyingParty, for user: User, challenge: [UInt8], excluding present: [CredentialDescriptor]) {
        rp = Party(id: party.id, name: "RaptorFlow")
        self.user = Person(
            id: Base64URL.encode(Array(user.id.text.utf8)), name: user.email, displayName: user.name)
        self.challenge = Base64URL.encode(challenge)
        pubKeyCredParams = COSEKey.algorithms.map { Parameters(type: "public-key", alg: $0) }
        timeout = PasskeyChallenges.lifetime.count
        excludeCredentials = present
        // Each one has to be able to sign in alone: found without a name, and with a PIN, finger or face.
        authenticatorSelection = Selection(
            residentKey: "required", requireResidentKey: true, userVerification: "required")
        attestation = "none"
    }
}

/// What `navigator.credentials.get` takes: `PublicKeyCredentialRequestOptionsJSON` of WebAuthn Level 3, section 5.1.9.
struct RequestOptions: Codable, Sendable {
    let challenge: String
    /// Milliseconds.
    let timeout: Int64
    let rpId: String
    /// The account's; empty where it is the passkey that says whose it is.
    let allowCredentials: [CredentialDescriptor]
    let userVerification: String

    init(_ party: RelyingParty, challenge: [UInt8], allowing known: [CredentialDescriptor]?) {
        self.challenge = Base64URL.encode(challenge)
        timeout = PasskeyChallenges.lifetime.count
        rpId = party.id
        allowCredentials = known ?? []
        userVerification = known == nil ? "required" : "preferred"
    }
}
