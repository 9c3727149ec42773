// A person with an account.
package import Core
package import Storage
import Web

/// A person's account, as stored and as the API answers it; the password's hash is not part of it.
package struct User: Codable, Sendable, Versioned {
    package let id: UserID
    package let email: String
    package let name: String
    /// Whether the person runs this instance.
    package let isOperator: Bool
    /// When the mailbox was last shown to be theirs.
    package let verifiedAt: Timestamp?
    package let version: Int64
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, email, name, version
        case isOperator = "is_operator"
        case verifiedAt = "verified_at"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    package var entityTag: String { "\"\(version)\"" }

    /// What the audit log calls the person when they act.
    package func actor(like caller: Actor) -> Actor {
        Actor(.user, id: id.text, display: name, requestID: caller.requestID, address: caller.address)
    }
}

extension Person {
    /// The actor of a unit of work in which somebody makes their own account.
    package func actor(as id: UserID, like caller: Actor) -> Actor {
        Actor(.user, id: id.text, display: name, requestID: caller.requestID, address: caller.address)
    }
}

/// An account to be made.
package struct NewUser: Sendable {
    package let email: EmailAddress
    package let name: String
    /// A PHC string from `PasswordHasher`; nil for an account that can't sign in with a password yet.
    package let passwordHash: String?
    package var isOperator = false
    /// Whether the mailbox was shown to be theirs: by a link that was mailed there.
    package var isVerified = false

    package init(
        email: EmailAddress, name: String, passwordHash: String?, isOperator: Bool = false, isVerified: Bool = false
    ) {
        self.email = email
        self.name = name
        self.passwordHash = passwordHash
        self.isOperator = isOperator
        self.isVerified = isVerified
    }
}

/// What was typed to make or change an account, read strictly.
package struct Person: Sendable {
    package let email: EmailAddress
    package let name: String

    /// Throws `validation_failed` naming `/email` and `/name`.
    package init(email: String, name: String) throws(Problem) {
        var validation = Validation()
        let address = EmailAddress(email)
        let trimmed = Self.trimmed(name)
        validation.require(address != nil, "/email", "email", "This is not an e-mail address that mail can be sent to.")
        Self.check(trimmed, &validation)
        try validation.check()
        guard let address else { throw .unauthenticated }
        (self.email, self.name) = (address, trimmed)
    }

    /// A name without blanks around it; throws `validation_failed` naming `/name`.
    package static func name(_ raw: String, at pointer: String = "/name") throws(Problem) -> String {
        var validation = Validation()
        let name = trimmed(raw)
        check(name, &validation, pointer)
        try validation.check()
        return name
    }

    private static func check(_ name: String, _ validation: inout Validation, _ pointer: String = "/name") {
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        validation.require(
            (1...100).contains(name.unicodeScalars.count) && isPlain, pointer, "length",
            "A name has 1 to 100 characters on one line.")
    }

    private static func trimmed(_ text: String) -> String { Form(["text": text])["text"] }
}
