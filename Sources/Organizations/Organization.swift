// An organisation: the tenant that everything else belongs to.
package import Core
import Storage
import Web

/// A tenant, as stored and as the API answers it.
package struct Organization: Codable, Sendable, Versioned {
    package let id: OrganizationID
    package let name: String
    /// Short name for addresses and logs: lower-case letters, digits and inner hyphens, 2 to 40; unique.
    package let slug: String
    /// Whether only members who signed in with a second factor are let in.
    package let requiresSecondFactor: Bool
    package let version: Int64
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    /// Since when nobody but operators may do anything with it; nil: it works.
    package let suspendedAt: Timestamp?
    /// When it is deleted for good, unless that is undone before.
    package let deletionAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, name, slug, version
        case suspendedAt = "suspended_at"
        case deletionAt = "deletion_at"
        case requiresSecondFactor = "requires_second_factor"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    package var entityTag: String { "\"\(version)\"" }
}

/// An organisation that a user belongs to, with the role there.
package struct Membership: Codable, Sendable {
    package let organization: Organization
    package let role: Role
}

/// The rules for slugs.
enum Slug {
    static let length = 2...40

    static func isValid(_ text: String) -> Bool {
        length.contains(text.utf8.count) && text.utf8.allSatisfy(isPart) && !text.hasPrefix("-") && !text.hasSuffix("-")
    }

    /// A slug made of a name: `Acme GmbH & Co.` becomes `acme-gmbh-co`; `org` when nothing is left.
    static func made(of name: String) -> String {
        let words = name.lowercased().utf8.split(whereSeparator: { !isPart($0) || $0 == UInt8(ascii: "-") })
        let slug = String(words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-").prefix(32))
        let trimmed = slug.hasSuffix("-") ? String(slug.dropLast()) : slug
        return length.contains(trimmed.utf8.count) ? trimmed : "org"
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "-")
    }
}
