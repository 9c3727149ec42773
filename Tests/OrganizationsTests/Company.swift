// Two organisations with members in each role: a real file and a clock that moves.
import Core
import Foundation
import Identity
import Storage
import StorageSQLite
import Web

@testable import Organizations

/// Acme has a member in each role; Globex has an owner of its own.
struct Company {
    let database: any Database
    let path: String
    let identity: Identity
    let organizations: Organizations
    let time: MovableClock
    let acme: Organization
    let globex: Organization
    let users: [Role: User]
    let stranger: User

    static let password = "four words in a row"
    static let caller = Actor(.anonymous, id: "anonymous", display: "Somebody", address: "192.0.2.1")

    init() async throws {
        time = MovableClock()
        path = FileManager.default.temporaryDirectory.appending(path: "orgs-\(UUID().uuidString).db").path()
        database = try SQLiteDatabase(
            path: path, options: .init(migrations: Self.migrations, visibility: Organizations.visibility),
            clock: time.clock)
        identity = Identity(
            database: database, hasher: PasswordHasher(width: 2),
            seal: FactorSeal(key: [UInt8](repeating: 9, count: 32)))
        organizations = Organizations(database: database, identity: identity)
        let hash = try await PasswordHasher(width: 1).hash(Self.password)
        let made = try await database.write(in: .instance, by: .system("test")) { tx in
            var users: [Role: User] = [:]
            for role in Role.allCases {
                users[role] = try Self.user("\(role.rawValue)@acme.example", hash, in: tx)
            }
            let stranger = try Self.user("owner@globex.example", hash, in: tx)
            guard let owner = users[.owner] else { throw Problem.unauthenticated }
            let acme = try Organizations.create(name: "Acme GmbH & Co.", owner: owner.id, in: tx)
            let globex = try Organizations.create(name: "Globex", owner: stranger.id, in: tx)
            try tx.scoped(to: .organization(acme.id)) { tx in
                for role in [Role.viewer, .editor, .admin] {
                    if let user = users[role] { try Organizations.add(user.id, as: role, in: tx) }
                }
            }
            return (users, stranger, acme, globex)
        }
        (users, stranger, acme, globex) = made
    }

    private static func user(_ email: String, _ hash: String, in tx: any Transaction) throws -> User {
        let person = try Person(email: email, name: email)
        return try Identity.create(NewUser(email: person.email, name: person.name, passwordHash: hash), in: tx)
    }

    private static var migrations: [Migration] {
        let folder = "migrations/sqlite/"
        return Resources.names.filter { $0.hasPrefix(folder) }.sorted().compactMap { path in
            let name = path.dropFirst(folder.count).dropLast(4)
            guard let number = Int(name.prefix(4)), let text = Resources().text(path) else { return nil }
            return Migration(number: number, name: String(name), text: text)
        }
    }

    func id(_ role: Role) -> UserID { users[role]?.id ?? UserID(stored: "") }

    /// A unit of work in Acme's scope, by its member of a role.
    func act<Value: Sendable>(
        as role: Role = .owner, in organization: Organization? = nil,
        _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        let actor = Actor(.user, id: id(role).text, display: role.title)
        return try await database.write(in: .organization((organization ?? acme).id), by: actor, body)
    }

    /// Invites into Acme and returns the token of the mail.
    func invite(
        _ email: String, as role: Role = .editor, by own: Role = .owner, from sender: Role = .owner
    ) async throws -> String {
        try await act(as: sender) { tx in
            guard let address = EmailAddress(email) else { throw Problem.notFound() }
            try Organizations.invite(address, as: role, by: own, origin: "https://app.example.com", in: tx)
        }
        return try newestInvitation()
    }

    /// The token of the newest mail.
    func newestInvitation() throws -> String {
        let mail = try database.read(in: .instance) { tx in
            try tx.first("SELECT text FROM messages ORDER BY id DESC LIMIT 1") { try $0.text(0) }
        }
        let rest = mail?.components(separatedBy: "/invitations/accept#token=").dropFirst().first ?? ""
        return String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }

    func accept(_ token: String, by user: UserID) async throws -> Membership {
        let actor = Actor(.user, id: user.text, display: "Test")
        return try await database.write(in: .instance, by: actor) { tx in
            try Organizations.accept(token, by: user, in: tx)
        }
    }

    func role(of user: UserID, in organization: Organization? = nil) throws -> Role? {
        try database.read(in: .instance) { tx in
            try Organizations.member(user, of: (organization ?? acme).id, in: tx)?.role
        }
    }
}

/// The code of the problem that a refusal is.
func refusal(_ body: () async throws -> some Any) async -> String? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? any ProblemConvertible)?.problem.code ?? "\(error)"
    }
}
