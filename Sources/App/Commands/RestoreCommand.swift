// raptorflow restore: puts a backup in the place of the database.
import ArgumentParser
import Core
import Foundation
import Glibc
import Operations
import Storage

struct RestoreCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of the database.",
        discussion: """
            The backup is checked first and stays where it is. What was there before is kept beside it, with \
            .before-restore in its name. No server may be using the file.
            """)

    @Argument(help: "The backup to restore.") var file: String

    func run(in invocation: Invocation) async throws {
        let settings = try invocation.settings().settings
        let target = settings.database
        guard FileManager.default.fileExists(atPath: file) else { throw CommandFailed("There is no file \(file).") }
        guard DatabaseFile.isDatabase(file) else { throw CommandFailed("\(file) is not a database.") }
        let hold = try FileHold.alone(target)
        defer { hold.release() }
        let candidate = target + ".restoring"
        defer { Self.remove(candidate) }
        Self.remove(candidate)
        try FileManager.default.copyItem(atPath: file, toPath: candidate)
        chmod(candidate, 0o600)
        try await check(candidate, settings)
        try Self.synchronize(candidate)
        let kept = try Self.setAside(target)
        guard rename(candidate, target) == 0 else {
            throw CommandFailed("\(target) can't be replaced: \(String(cString: strerror(errno))).")
        }
        try Self.synchronize(Settings.folder(of: target).isEmpty ? "." : Settings.folder(of: target))
        Terminal.say("\(target) is now what \(file) holds.\(kept.map { " What was there before is \($0)." } ?? "")")
    }

    /// Sound, complete, not newer than this program; says when the master key does not fit.
    private func check(_ candidate: String, _ settings: Settings) async throws {
        let opened = try DatabaseFile.openAsItIs(candidate)
        var facts = Surroundings.facts(settings, verifications: Surroundings.verifications)
        facts.databasePath = candidate
        let doctor = Doctor(facts: facts)
        let findings = try await opened.reading { tx in try doctor.contents(in: tx) }
        for finding in findings where finding.light == .red && finding.name != "Master key" {
            throw CommandFailed("\(file) is not restored. \(finding.name): \(finding.text)")
        }
        if let key = findings.first(where: { $0.name == "Master key" && $0.light == .red }) {
            Terminal.note("Note: \(key.text) The server will not start before that.")
        }
    }

    /// Moves the present file and what belongs to it aside; nil when there was none with data.
    private static func setAside(_ target: String) throws -> String? {
        guard !FileStatus.isEmpty(target) else { return nil }
        let name = target + ".before-restore"
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: name + suffix)
            guard FileManager.default.fileExists(atPath: target + suffix) else { continue }
            try FileManager.default.moveItem(atPath: target + suffix, toPath: name + suffix)
        }
        return name
    }

    private static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    private static func synchronize(_ path: String) throws {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw CommandFailed("\(path) can't be opened.") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw CommandFailed("\(path) can't be made durable.") }
    }
}
