// Other programs that tests run: sqlite3, openssl, curl.
import Foundation
import Glibc

/// A program that ran to its end.
///
/// Not Foundation's `Process`: that walks the open files while other tests open and close some, and crashes now and
/// then.
package struct Command: Sendable {
    /// The exit status; 128 and the signal when one ended it.
    package let status: Int32
    /// What it printed, errors included where they came.
    package let output: String

    /// Could not be started.
    package struct NotStarted: Error, CustomStringConvertible {
        package let description: String
    }

    /// Runs a program of the search path with what it reads from its input, and waits for it on this thread.
    package static func run(_ name: String, _ arguments: [String], input: String = "") throws -> Command {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (said, asked) = (folder.appending(path: "output").path(), folder.appending(path: "input").path())
        try Data(input.utf8).write(to: URL(filePath: asked))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, asked, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, said, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let failure = posix_spawnp(&process, name, &actions, nil, &words, environ)
        guard failure == 0 else { throw NotStarted(description: "\(name): \(String(cString: strerror(failure)))") }
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1, errno == EINTR {}
        let ended = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
        return Command(
            status: ended, output: String(decoding: try Data(contentsOf: URL(filePath: said)), as: UTF8.self))
    }

    /// The same on a thread of its own: the pool's threads are needed by the servers of other tests.
    package static func runBeside(_ name: String, _ arguments: [String], input: String = "") async throws -> Command {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try run(name, arguments, input: input) })
            }
        }
    }

    /// Runs statements with the sqlite3 shell, which stops at the first that fails: nothing of the product stands in
    /// between.
    package static func sqlite(_ path: String, _ statements: String) throws -> Command {
        try run("sqlite3", ["-bail", path], input: statements)
    }
}
