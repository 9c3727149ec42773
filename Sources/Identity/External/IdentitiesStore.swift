// All SQL of who people are elsewhere.
package import Core
import Storage

/// One way in which an issuer knows a person.
package struct ExternalIdentity: Codable, Sendable {
    package let id: ExternalIdentityID
    package let issuer: String
    package let subject: String
    /// What the first token said; looked at for nothing but an invitation that was mailed there.
    package let email: String?
    package let createdAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, issuer, subject, email
        case createdAt = "created_at"
    }
}

/// Names an external identity.
package enum ExternalIdentityKind: IdentifierKind { package static let prefix = "idn" }
package typealias ExternalIdentityID = Identifier<ExternalIdentityKind>

enum IdentitiesStore {
    /// What a request needs to know of the person behind a token.
    struct Bearer {
        let user: UserID
        let name: String
        let isSuspended: Bool
    }

    static func bearer(issuer: String, subject: String, in tx: any Transaction) throws -> Bearer? {
        try tx.first(
            """
            SELECT user_id, name, suspended_at IS NOT NULL FROM identities JOIN users ON users.id = user_id
            WHERE issuer = \(issuer) AND subject = \(subject)
            """
        ) { Bearer(user: try $0.id(0), name: try $0.text(1), isSuspended: try $0.flag(2)) }
    }

    /// Whether a token of this person claimed an address.
    static func hasClaim(_ email: EmailAddress, of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.exists(
            "SELECT 1 FROM identities WHERE user_id = \(user) AND lower(email) = \(email.folded)")
    }

    static func insert(_ identity: ExternalIdentity, of user: UserID, in tx: any Transaction) throws {
        try tx.run(
            """
            INSERT INTO identities (id, issuer, subject, user_id, email, created_at)
            VALUES (\(identity.id), \(identity.issuer), \(identity.subject), \(user), \(identity.email),
              \(identity.createdAt))
            """)
    }

    /// Newest first.
    static func all(of user: UserID, limit: Int, in tx: any Transaction) throws -> [ExternalIdentity] {
        try tx.rows(
            """
            SELECT id, issuer, subject, email, created_at FROM identities
            WHERE user_id = \(user) ORDER BY id DESC LIMIT \(limit)
            """
        ) { row in
            ExternalIdentity(
                id: try row.id(0), issuer: try row.text(1), subject: try row.text(2), email: row.optionalText(3),
                createdAt: try row.time(4))
        }
    }

    /// Whether an issuer knows somebody as this person.
    static func has(issuer: String, of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM identities WHERE user_id = \(user) AND issuer = \(issuer)")
    }

    /// Forgets every identity of a person; returns how many there were.
    static func deleteAll(of user: UserID, in tx: any Transaction) throws -> Int {
        try tx.run("DELETE FROM identities WHERE user_id = \(user)")
    }

    static func delete(_ id: ExternalIdentityID, of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.run("DELETE FROM identities WHERE id = \(id) AND user_id = \(user)") == 1
    }
}
