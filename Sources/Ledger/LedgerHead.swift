// The newest entry of a book, published so that an older or another book is found out.
package import Core
package import Storage
import Web

/// A place in a book and the hash that stands there.
package struct LedgerHead: Codable, Sendable, Hashable {
    /// Whose book it is; `instance` for the instance's own.
    package let organizationID: String
    package let sequence: Int64
    /// SHA-256, hexadecimal.
    package let hash: String

    package init(organization: OrganizationID, sequence: Int64, hash: [UInt8]) {
        organizationID = organization.text
        self.sequence = sequence
        self.hash = Hex.encode(hash)
    }

    /// Reads `SEQ:HASH`; nil for anything else.
    package init?(_ text: String, organization: OrganizationID) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = Int64(parts[0]), sequence > 0, parts[1].utf8.count == 64,
            parts[1].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        organizationID = organization.text
        self.sequence = sequence
        hash = String(parts[1])
    }

    /// `SEQ:HASH`, as it is published.
    package var text: String { "\(sequence):\(hash)" }

    enum CodingKeys: String, CodingKey {
        case sequence, hash
        case organizationID = "organization_id"
    }
}

extension Ledger {
    /// The newest entry of a book; nil when it is empty.
    package static func head(of organization: OrganizationID, in tx: any Transaction) throws -> LedgerHead? {
        try LedgerStore.head(of: organization, in: tx).map {
            LedgerHead(organization: organization, sequence: $0.sequence, hash: $0.hash)
        }
    }

    /// What contradicts a head that was published earlier, in a sentence; nil when the book has that very entry.
    ///
    /// It tells a book that was put back (an old backup was restored) from one that only grew. Whether the entries
    /// before it are untouched, `verify` says.
    package static func contradiction(to published: LedgerHead, in tx: any Transaction) throws -> String? {
        let organization = OrganizationID(stored: published.organizationID)
        let end = try LedgerStore.head(of: organization, in: tx)?.sequence ?? 0
        guard end >= published.sequence else {
            return """
                the book ends at entry \(end), and entry \(published.sequence) was published: the book is older than \
                that, or was cut off
                """
        }
        guard let hash = try LedgerStore.hash(published.sequence, organization: organization, in: tx),
            Hex.encode(hash) == published.hash
        else { return "entry \(published.sequence) is another one than was published" }
        return nil
    }
}
