// raptorflow backup: a complete copy, while the server runs.
import ArgumentParser
import Foundation
import Glibc
import StorageSQLite
import Synchronization

struct BackupCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the database as of one instant, also while it is being written to.",
        discussion: "The copy is checked, and appears under its name only when it is complete.")

    @Argument(help: "The file to make.") var file: String
    @Flag(help: "Replace the file if there is one.") var overwrite = false

    func run(in invocation: Invocation) async throws {
        let settings = try invocation.settings().settings
        guard overwrite || !FileManager.default.fileExists(atPath: file) else {
            throw CommandFailed("\(file) is there already. Choose another name, or add --overwrite.")
        }
        guard Self.resolved(file) != Self.resolved(settings.database) else {
            throw CommandFailed("\(file) is the database itself. Choose another name.")
        }
        let opened = try DatabaseFile.openAsItIs(settings.database)
        let bar = ProgressLine("Copying")
        do {
            try await opened.database.backup(to: file) { done, total in bar.show(done: done, total: total) }
        } catch {
            bar.end()
            try opened.close()
            throw error
        }
        bar.end()
        try opened.close()
        chmod(file, 0o600)
        Terminal.say("\(file) is a complete copy of \(settings.database).")
    }

    private static func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }
}

/// What is done of a long work, on a terminal only.
final class ProgressLine: Sendable {
    private let label: String
    private let isShown: Bool
    private let last = Mutex(-1)

    init(_ label: String) {
        self.label = label
        isShown = Terminal.isErrorSeen
    }

    func show(done: Int, total: Int) {
        guard isShown, total > 0 else { return }
        let percent = Int(Double(done) / Double(total) * 100)
        let isNew = last.withLock { last in
            defer { last = percent }
            return last != percent
        }
        if isNew { Terminal.ask("\r\(label) \(percent) %") }
    }

    func end() {
        if isShown { Terminal.ask("\r\u{1B}[K") }
    }
}
