// What browsers answer: the JSON form of a credential (WebAuthn Level 3 section 5.1.2), read leniently as to what else
// is in it, for browsers add to it, and strictly as to what is used.
import Core
import Web

/// The answer to `navigator.credentials.create`.
struct CreatedCredential {
    let id: [UInt8]
    let clientData: [UInt8]
    let attestationObject: [UInt8]
    /// How the browser reaches the authenticator: hints, which only it reads.
    let transports: [String]

    init(_ json: JSONValue) throws(PasskeyRefusal) {
        id = try json.credentialID()
        clientData = try json.response("clientDataJSON")
        attestationObject = try json.response("attestationObject")
        let named = json["response"]?["transports"]?.arrayValue ?? []
        transports = Array(named.compactMap { $0.stringValue.flatMap(Self.transport) }.prefix(8))
    }

    /// A short word in lower case; anything else is dropped, as nobody needs it.
    private static func transport(_ text: String) -> String? {
        let isWord = text.utf8.allSatisfy { (97...122).contains($0) || $0 == UInt8(ascii: "-") }
        return isWord && (1...20).contains(text.utf8.count) ? text : nil
    }
}

/// The answer to `navigator.credentials.get`.
struct AssertedCredential {
    let id: [UInt8]
    let clientData: [UInt8]
    let authenticatorData: [UInt8]
    let signature: [UInt8]
    /// Whose credential the authenticator says that it is; nil when it was told which one to take.
    let userHandle: [UInt8]?

    init(_ json: JSONValue) throws(PasskeyRefusal) {
        id = try json.credentialID()
        clientData = try json.response("clientDataJSON")
        authenticatorData = try json.response("authenticatorData")
        signature = try json.response("signature")
        let handle = json["response"]?["userHandle"]
        userHandle = handle == nil || handle == .null ? nil : try json.response("userHandle")
    }
}

extension JSONValue {
    /// The longest field of an answer in bytes: an attestation object with certificates stays below it.
    private static let fieldLimit = 16_384

    fileprivate func credentialID() throws(PasskeyRefusal) -> [UInt8] {
        guard self["type"]?.stringValue == "public-key",
            let id = self["id"]?.stringValue.flatMap(Base64URL.decode),
            (1...AuthenticatorData.credentialLimit).contains(id.count)
        else { throw .malformed }
        return id
    }

    fileprivate func response(_ name: String) throws(PasskeyRefusal) -> [UInt8] {
        guard let text = self["response"]?[name]?.stringValue, text.utf8.count <= Self.fieldLimit,
            let bytes = Base64URL.decode(text)
        else { throw .malformed }
        return bytes
    }
}
