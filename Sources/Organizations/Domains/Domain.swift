// A domain whose people may join an organisation by themselves, once it is shown to be the organisation's.
import Core
import Storage
import Web

/// The kind of identifier that domains have: `dom_…`.
enum DomainKind: IdentifierKind { static let prefix = "dom" }
typealias DomainID = Identifier<DomainKind>

/// A domain that an organisation says is its own.
struct Domain: Codable, Sendable, Versioned {
    /// How far the proof is.
    enum State: String, Codable, CaseIterable, Sendable {
        /// The record was never found, or was gone for too long.
        case pending
        /// The last check found the record.
        case verified
        /// It was verified, and the last check did not find the record: nobody joins until the next one does.
        case missing
    }

    /// The DNS record that proves the domain.
    struct Record: Codable, Sendable {
        let type: String
        let name: String
        let value: String
    }

    let id: DomainID
    /// Lower case, without a dot at the end; domains below it do not count.
    let name: String
    /// What people who join get.
    let role: Role
    let state: State
    let record: Record
    let verifiedAt: Timestamp?
    let checkedAt: Timestamp?
    let version: Int64
    let createdAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case id, name, role, state, record, version
        case verifiedAt = "verified_at"
        case checkedAt = "checked_at"
        case createdAt = "created_at"
    }

    var entityTag: String { "\"\(version)\"" }

    /// The name that is looked up: a label of its own, so that no other record of the domain is read.
    static func recordName(of domain: String) -> String { "_raptorflow-challenge.\(domain)" }

    /// A domain as it is kept: lower case; nil when mail addresses can't end in it, or it is too long to look up.
    static func name(_ raw: String) -> String? {
        let text = raw.lowercased()
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (4...230).contains(text.utf8.count), labels.allSatisfy({ $0.count <= 63 }) else { return nil }
        return EmailAddress("a@" + text)?.domain
    }
}

/// An organisation that somebody may join by their address.
struct JoinOffer: Codable, Sendable {
    let organizationID: OrganizationID
    let organizationName: String
    let domain: String
    let role: Role

    enum CodingKeys: String, CodingKey {
        case domain, role
        case organizationID = "organization_id"
        case organizationName = "organization_name"
    }
}

/// Domains where anybody can have a mailbox: an address there says nothing about whom somebody works for.
enum PublicMailDomains {
    static func contains(_ domain: String) -> Bool { list.contains(domain) }

    private static let list: Set<String> = [
        "126.com", "163.com", "aim.com", "aol.com", "att.net", "btinternet.com", "comcast.net", "cox.net",
        "duck.com", "fastmail.com", "fastmail.fm", "free.fr", "gmail.com", "gmx.at", "gmx.com", "gmx.de", "gmx.net",
        "googlemail.com", "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr", "hotmail.it",
        "hushmail.com", "icloud.com", "inbox.ru", "laposte.net", "libero.it", "list.ru", "live.co.uk", "live.com",
        "live.fr", "live.nl", "mac.com", "mail.com", "mail.ru", "mailbox.org", "me.com", "msn.com", "naver.com",
        "orange.fr", "outlook.com", "outlook.de", "outlook.fr", "pm.me", "posteo.de", "proton.me", "protonmail.com",
        "qq.com", "rediffmail.com", "rocketmail.com", "sbcglobal.net", "sina.com", "t-online.de", "tuta.com",
        "tutanota.com", "verizon.net", "web.de", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.de",
        "yahoo.fr", "yahoo.in", "yandex.com", "yandex.ru", "ymail.com", "zoho.com", "zohomail.com",
    ]
}
