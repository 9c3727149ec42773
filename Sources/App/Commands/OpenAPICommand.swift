// raptorflow openapi: the API's document, made without touching the instance.
import ArgumentParser
import Foundation
import Operations
import Web

struct OpenAPICommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the OpenAPI 3.1 document of the API.")

    func run(in invocation: Invocation) async throws {
        var settings = try invocation.settings().settings
        let folder = try TemporaryFolder("openapi")
        defer { folder.remove() }
        settings.database = folder.path + "/raptorflow.db"
        settings.masterKey = .beside(settings.database)
        let log = Log(format: .readable, level: "error")
        let file = try DatabaseFile.open(settings.database, visibility: Application.visibility)
        let application = try await Application(
            settings: settings, database: file.database, logger: log.logger("raptorflow"))
        let document = OpenAPI.describing(application.endpoints).document
        try await application.shutdown()
        try file.close()
        Terminal.say(document.prettyText)
    }
}

/// A folder for one run that only its owner reads.
struct TemporaryFolder {
    let path: String

    init(_ purpose: String) throws {
        path = FileManager.default.temporaryDirectory.path + "/raptorflow-\(purpose)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
