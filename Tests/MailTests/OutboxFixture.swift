// A real file with the product's own schema, and the jobs of mail over it.
import Core
import Foundation
import Jobs
import Logging
import Storage
import StorageSQLite
import Synchronization

@testable import Mail

struct OutboxFixture {
    static let start = Timestamp(milliseconds: 1_795_411_898_000)

    let clock = MovableClock(base: Clock { Self.start })
    let database: SQLiteDatabase
    let organization = OrganizationID(at: start)
    let log = LogLines()
    let runner: JobRunner
    let feature: MailFeature

    init(server: ScriptedServer? = nil, port: UInt16? = nil) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db").path()
        let folder = "migrations/sqlite/"
        let migrations = Resources.names.filter { $0.hasPrefix(folder) }.sorted().enumerated().map { index, name in
            Migration(
                number: index + 1, name: String(name.dropFirst(folder.count).dropLast(4)),
                text: Resources().text(name) ?? "")
        }
        database = try SQLiteDatabase(
            path: path, options: .init(migrations: migrations, visibility: []), clock: clock.clock)
        let logger = Logger(label: "test") { [log] _ in LogRecorder(lines: log) }
        let sender = try Self.address("billing@example.org")
        let target = (server?.port ?? port).map {
            SMTPServer(host: "127.0.0.1", port: $0, sender: sender, timeout: .seconds(2))
        }
        feature = MailFeature(server: target, logger: logger)
        var handlers = JobHandlers()
        try feature.addJobs(to: &handlers)
        runner = JobRunner(database: database, handlers: handlers, logger: logger)
    }

    static func address(_ text: String) throws -> EmailAddress {
        guard let address = EmailAddress(text) else { throw Unusable() }
        return address
    }

    struct Unusable: Error {}

    var scope: Scope { .organization(organization) }

    func send(subject: String = "Hello", text: String = "Text") async throws -> MessageID {
        let message = Message(to: try Self.address("meera@example.com"), subject: subject, text: text)
        return try await database.write(in: scope, by: .system("test")) { try Mail.send(message, in: $0) }
    }

    func message(_ id: MessageID) throws -> StoredMessage? {
        try database.read(in: scope) { try MailStore.message(id, in: $0) }
    }
}

/// What was logged.
final class LogLines: Sendable {
    let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}

private struct LogRecorder: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
