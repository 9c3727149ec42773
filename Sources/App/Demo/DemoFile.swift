// The demo's own file: where it is, whether it is one, and how far ahead its clock is.
import Core
import Foundation
import Storage

/// A database file that the demo made. A note beside it (`raptorflow.db-clock`) says so, and holds the clock; a file
/// without that note is somebody's own, and is neither opened nor removed.
struct DemoFile: Sendable {
    let path: String

    /// Where the demo lives unless an option names another file.
    static let standard = "demo/raptorflow.db"

    private var notePath: String { path + "-clock" }

    /// What the note says.
    enum State: Sendable, Equatable {
        /// There is no file yet.
        case missing
        /// Filling it was not finished.
        case unfinished
        /// A demo whose clock is this far ahead of the system's.
        case living(ahead: Milliseconds)
        /// A file that the demo did not make.
        case foreign
    }

    var state: State {
        guard let note = FileManager.default.contents(atPath: notePath) else {
            return FileStatus.isEmpty(path) ? .missing : .foreign
        }
        guard let ahead = Int64(String(decoding: note.prefix(30), as: UTF8.self)) else { return .unfinished }
        return FileStatus.isEmpty(path) ? .missing : .living(ahead: Milliseconds(ahead))
    }

    /// Gets the file ready: returns how far ahead its clock is, or nil when it has to be filled.
    ///
    /// Throws `CommandFailed` for a file that the demo did not make, `FileHold.Refusal` while another process uses it.
    func prepare(isFresh: Bool) throws -> Milliseconds? {
        switch state {
        case .foreign:
            throw CommandFailed(
                "\(path) was not made by the demo, so the demo leaves it alone. Choose another file with --database.")
        case .living(let ahead) where !isFresh: return ahead
        case .missing, .unfinished, .living: break
        }
        try makeFolder()
        let hold = try FileHold.alone(path)
        defer { hold.release() }
        for suffix in ["-wal", "-shm", ".key", ""] { try? FileManager.default.removeItem(atPath: path + suffix) }
        try write("unfinished")
        return nil
    }

    /// Notes how far ahead the clock is; from then on the file counts as filled.
    func keep(ahead: Milliseconds) throws { try write(String(ahead.count)) }

    private func write(_ text: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: notePath), options: .atomic)
        } catch {
            throw CommandFailed("\(notePath) can't be written: the demo keeps its clock there.")
        }
    }

    /// The folder is made when it is missing, and kept out of version control.
    private func makeFolder() throws {
        let folder = Settings.folder(of: path)
        guard !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("*\n".utf8).write(to: URL(filePath: folder + ".gitignore"))
        } catch {
            throw CommandFailed("The folder \(folder) can't be made.")
        }
    }
}
