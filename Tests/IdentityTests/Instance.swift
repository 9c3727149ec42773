// A fresh instance with accounts: a real file, a clock that moves, one thread for hashes.
import Core
import Foundation
import Storage
import StorageSQLite
import Web

@testable import Identity

struct Instance {
    let database: any Database
    let identity: Identity
    let time: MovableClock
    let path: String

    static let password = "four words in a row"
    static let actor = Actor(.anonymous, id: "anonymous", display: "Somebody", address: "192.0.2.1")
    static let device = Identity.Device(named: "Test", address: "192.0.2.1")

    /// - Parameter isStill: whether time passes only when the test says so.
    init(
        hasher: PasswordHasher = PasswordHasher(width: 2), policy: AccountPolicy = AccountPolicy(),
        isStill: Bool = false, time: MovableClock? = nil
    ) throws {
        let base = isStill ? Clock { Timestamp(milliseconds: 1_800_000_000_000) } : .system
        let time = time ?? MovableClock(base: base)
        self.time = time
        path = FileManager.default.temporaryDirectory.appending(path: "identity-\(UUID().uuidString).db").path()
        database = try SQLiteDatabase(
            path: path, options: .init(migrations: Self.migrations, visibility: Identity.visibility), clock: time.clock)
        identity = Identity(
            database: database, hasher: hasher, seal: FactorSeal(key: [UInt8](repeating: 9, count: 32)),
            policy: policy)
    }

    static var migrations: [Migration] {
        let folder = "migrations/sqlite/"
        return Resources.names.filter { $0.hasPrefix(folder) }.sorted().compactMap { path in
            let name = path.dropFirst(folder.count).dropLast(4)
            guard let number = Int(name.prefix(4)), let text = Resources().text(path) else { return nil }
            return Migration(number: number, name: String(name), text: text)
        }
    }

    func makeUser(_ email: String = "meera@example.com", name: String = "Meera Iyer") async throws -> User {
        try await identity.createUser(
            email: email, name: name, password: Self.password, by: .system("test"))
    }

    func signIn(
        _ email: String = "meera@example.com", password: String = Instance.password, from address: String = "192.0.2.1"
    ) async throws -> SignedIn {
        try await identity.signIn(
            email: email, password: password, on: .init(named: "Test", address: address), by: Self.actor
        ).session()
    }

    func principalID(_ token: String) throws -> String? {
        try database.read(in: .instance) { try identity.principal(token: token, in: $0)?.id }
    }

    func principal(_ token: String) throws -> Principal? {
        try database.read(in: .instance) { try identity.principal(token: token, in: $0) }
    }

    /// A unit of work of the instance.
    func act<Value: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Value) async throws -> Value {
        try await database.write(in: .instance, by: Self.actor, body)
    }

    func find(_ user: UserID) throws -> User? { try database.read(in: .instance) { try Identity.find(user, in: $0) } }

    /// Gives an account a second factor, by way of a session that stays; returns its recovery codes.
    func addFactor(to user: User) async throws -> [String] {
        let session = try await signIn(user.email)
        _ = try await act { tx in
            try identity.beginFactor(of: user.id, origin: "https://app.example.com", in: tx)
        }
        return try await identity.confirmFactor(
            of: user.id, with: try seed(of: user.id).code(at: step), session: session.session.id, by: Self.actor
        ).recoveryCodes
    }

    /// The text of the newest message to an address.
    func newestMail(to email: String) throws -> String? {
        try database.read(in: .instance) { tx in
            try tx.first("SELECT text FROM messages WHERE recipient = \(email) ORDER BY id DESC LIMIT 1") {
                try $0.text(0)
            }
        }
    }

    /// The 30 seconds that it is.
    var step: Int64 { CodeSeed.step(at: time.clock.now) }

    /// What somebody's authenticator holds.
    func seed(of user: UserID) throws -> CodeSeed {
        try database.read(in: .instance) { tx in
            guard let stored = try SecondFactorStore.find(of: user, in: tx) else { throw Problem.notFound() }
            return try identity.opened(identity.seal).open(stored.sealedSeed, of: user)
        }
    }

    /// The challenge that a right password gives.
    func challenge(_ email: String = "meera@example.com") async throws -> String {
        let outcome = try await identity.signIn(
            email: email, password: Self.password, on: Self.device, by: Self.actor)
        guard case .needsCode(let challenge) = outcome else { throw Problem.notFound() }
        return challenge.token
    }

    /// The text of the newest message in the outbox.
    func newestMail() throws -> String? {
        try database.read(in: .instance) { tx in
            try tx.first("SELECT text FROM messages ORDER BY id DESC LIMIT 1") { try $0.text(0) }
        }
    }

    /// The token of a link in a text.
    static func token(in text: String?) -> String {
        let rest = text?.components(separatedBy: "#token=").dropFirst().first ?? ""
        return String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
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
