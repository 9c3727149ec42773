// The ceremonies of WebAuthn, checked: what a browser and an authenticator answered, held against who we are.
import Core
import Crypto
import Web

/// Why an answer of an authenticator is not taken. The caller is told the same in all cases but one; the audit log has
/// the name.
enum PasskeyRefusal: String, ProblemConvertible {
    case malformed, type, challenge, origin, party, userAbsent, userUnverified, key, attestation, credential, owner
    case backup, signature, counter

    var problem: Problem {
        let answer: IdentityProblem = self == .userUnverified ? .passkeyUnverified : .passkeyRefused
        return answer.problem
    }
}

/// This instance as browsers and authenticators know it. Both names come from the configured public address alone.
struct RelyingParty: Sendable {
    /// The host: what passkeys are bound to for ever.
    let id: String
    /// Scheme, host and port: where they may be used.
    let origin: String

    /// Nil where browsers allow no passkeys: an address that is a number, or one without TLS beside `localhost`.
    init?(origin: String) {
        let (isSecure, isPlain) = (origin.hasPrefix("https://"), origin.hasPrefix("http://"))
        guard isSecure || isPlain else { return nil }
        let host = origin.dropFirst(isSecure ? 8 : 7).prefix { $0 != ":" && $0 != "/" }.lowercased()
        let isNumber = host.hasPrefix("[") || host.utf8.allSatisfy { (48...57).contains($0) || $0 == 46 }
        guard !host.isEmpty, !isNumber, isSecure || host == "localhost" || host.hasSuffix(".localhost") else {
            return nil
        }
        id = host
        self.origin = origin
    }

    /// Throws `passkeys_unavailable` (403) where browsers allow no passkeys.
    static func required(_ origin: String) throws -> RelyingParty {
        guard let party = RelyingParty(origin: origin) else { throw IdentityProblem.passkeysUnavailable }
        return party
    }

    /// Checks what the browser says that it did, and gives the challenge that it answers: whether that is open, and
    /// for what, is the caller's to look up (WebAuthn sections 7.1 and 7.2).
    func challenge(in clientData: [UInt8], type: String) throws(PasskeyRefusal) -> [UInt8] {
        guard let json = try? JSONParser.parse(clientData) else { throw .malformed }
        guard json["type"]?.stringValue == type else { throw .type }
        guard let challenge = json["challenge"]?.stringValue.flatMap(Base64URL.decode) else { throw .challenge }
        guard json["origin"]?.stringValue == origin else { throw .origin }
        // No page of ours stands in a frame of another site.
        guard json["crossOrigin"] == nil || json["crossOrigin"] == .bool(false), json["topOrigin"] == nil else {
            throw .origin
        }
        return challenge
    }

    /// Checks a credential that was just made: somebody was there, and was verified unless that is not asked for.
    ///
    /// We ask for no attestation and have nobody whom we would believe one: a statement of a format that came
    /// nevertheless (some authenticators sign with the new key itself) is left unread.
    func check(
        _ made: CreatedCredential, requiringVerification: Bool = true
    ) throws(PasskeyRefusal) -> NewPasskey {
        let attestation = try CBORReader.decode(made.attestationObject)
        guard let format = attestation["fmt"]?.textValue, let statement = attestation["attStmt"]?.mapValue,
            let bytes = attestation["authData"]?.bytesValue
        else { throw .malformed }
        guard format != "none" || statement.isEmpty else { throw .attestation }
        let data = try checked(AuthenticatorData(bytes), requiringVerification: requiringVerification)
        guard let attested = data.attested else { throw .malformed }
        guard attested.credentialID == made.id else { throw .credential }
        _ = try COSEKey(try CBORReader.decode(attested.publicKey))
        return NewPasskey(
            credentialID: attested.credentialID, publicKey: attested.publicKey, signCount: data.signCount,
            transports: made.transports, isBackupEligible: data.isBackupEligible, isBackedUp: data.isBackedUp)
    }

    /// Checks an answer with a credential that is known; the counter is for whoever stores it.
    ///
    /// - Parameter isAlone: whether nothing else said who it is. Then the authenticator has to say whose credential it
    ///   took (the user handle is the owner's identifier), and to have verified that it is them.
    func check(
        _ answer: AssertedCredential, by stored: PasskeyStore.Stored, isAlone: Bool
    ) throws(PasskeyRefusal) -> AuthenticatorData {
        guard answer.userHandle.map({ $0 == Array(stored.user.text.utf8) }) ?? !isAlone else { throw .owner }
        let data = try checked(AuthenticatorData(answer.authenticatorData), requiringVerification: isAlone)
        guard data.isBackupEligible == stored.isBackupEligible else { throw .backup }
        let signed = answer.authenticatorData + SHA256.hash(data: answer.clientData)
        guard try COSEKey(try CBORReader.decode(stored.publicKey)).isValid(answer.signature, over: signed) else {
            throw .signature
        }
        return data
    }

    private func checked(
        _ data: AuthenticatorData, requiringVerification: Bool
    ) throws(PasskeyRefusal) -> AuthenticatorData {
        guard data.partyHash == Array(SHA256.hash(data: Array(id.utf8))) else { throw .party }
        guard data.isUserPresent else { throw .userAbsent }
        guard data.isUserVerified || !requiringVerification else { throw .userUnverified }
        return data
    }
}
