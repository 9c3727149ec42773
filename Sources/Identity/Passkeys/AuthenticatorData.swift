// What an authenticator says and signs.

/// Authenticator data (WebAuthn section 6.1), taken apart strictly; nothing in it is believed yet.
struct AuthenticatorData {
    /// The longest identifier of a credential, in bytes (WebAuthn section 7.1).
    static let credentialLimit = 1023

    /// A credential that was just made.
    struct Attested {
        let credentialID: [UInt8]
        /// The COSE_Key as it came.
        let publicKey: [UInt8]
    }

    /// SHA-256 of the RP ID.
    let partyHash: [UInt8]
    private let flags: UInt8
    /// 0 for ever where the authenticator does not count.
    let signCount: UInt32
    let attested: Attested?

    /// Somebody touched the authenticator.
    var isUserPresent: Bool { flags & 0x01 != 0 }
    /// It knows whom it belongs to: by a PIN, a fingerprint, a face.
    var isUserVerified: Bool { flags & 0x04 != 0 }
    /// The secret half may be copied to other devices; never changes.
    var isBackupEligible: Bool { flags & 0x08 != 0 }
    var isBackedUp: Bool { flags & 0x10 != 0 }

    /// Throws `malformed`, also for bytes after the end, and for what is backed up without being eligible for it.
    init(_ bytes: [UInt8]) throws(PasskeyRefusal) {
        guard bytes.count >= 37 else { throw .malformed }
        partyHash = Array(bytes[0..<32])
        flags = bytes[32]
        signCount = bytes[33..<37].reduce(0) { $0 << 8 | UInt32($1) }
        var position = 37
        attested = flags & 0x40 != 0 ? try Self.attested(bytes, &position) : nil
        if flags & 0x80 != 0 {
            var reader = CBORReader(bytes, at: position)
            guard try reader.value().mapValue != nil else { throw .malformed }
            position = reader.position
        }
        guard position == bytes.count, isBackupEligible || !isBackedUp else { throw .malformed }
    }

    private static func attested(_ bytes: [UInt8], _ position: inout Int) throws(PasskeyRefusal) -> Attested {
        // The model of the authenticator (16 bytes) is only believed with an attestation, which nobody asks for.
        position += 18
        guard bytes.count >= position else { throw .malformed }
        let length = Int(bytes[position - 2]) << 8 | Int(bytes[position - 1])
        guard (1...credentialLimit).contains(length), bytes.count - position >= length else { throw .malformed }
        let credentialID = Array(bytes[position..<position + length])
        position += length
        var reader = CBORReader(bytes, at: position)
        _ = try reader.value()
        defer { position = reader.position }
        return Attested(credentialID: credentialID, publicKey: Array(bytes[position..<reader.position]))
    }
}
