// The file beside the database that holds the master key, and below it those that were there before.
import Core
import Foundation
import Glibc

/// A key a line, the present one first. It changes in one step (rename), so a reader sees the old or the new state.
struct MasterKeyFile {
    /// The most keys it may hold.
    static let limit = 16
    /// More than that many keys in either spelling, with line ends.
    private static let sizeLimit = 4096

    let path: String
    private(set) var keys: [MasterKey]
    private let descriptor: Int32
    private let status: stat

    /// Makes a new key of 32 random bytes and keeps it in a file that only its owner reads.
    ///
    /// The file must not be there yet. Throws `MasterKeyProblem.unwritable`.
    static func make(_ path: String, randomness: Randomness) throws -> MasterKey {
        let bytes = randomness.bytes(32)
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unwritable(path) }
        defer { close(descriptor) }
        guard let key = MasterKey(bytes: bytes) else { throw unwritable(path) }
        try write([key], to: descriptor, path)
        return key
    }

    /// The keys of a file; nil when there is none.
    static func read(_ path: String) throws -> [MasterKey]? {
        guard access(path, F_OK) == 0 else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else { throw MasterKeyProblem.unreadable(path) }
        return try keys(in: data, path)
    }

    private static func keys(in data: Data, _ path: String) throws -> [MasterKey] {
        guard data.count <= sizeLimit else { throw MasterKeyProblem.malformed(path) }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        let keys = try lines.map { line in
            guard let key = MasterKey(String(line.prefix { !$0.isWhitespace })) else {
                throw MasterKeyProblem.malformed(path)
            }
            return key
        }
        guard !keys.isEmpty else { throw MasterKeyProblem.malformed(path) }
        return keys
    }

    /// Opens the file for a change; throws `busy` while somebody else has it open for one.
    ///
    /// Whoever comes after the change opens the new file, which nobody holds: the lock is on the file, not its name.
    init(toChange path: String) throws {
        guard let real = realpath(path, nil) else { throw MasterKeyProblem.missing(path) }
        defer { free(real) }
        self.path = String(cString: real)
        descriptor = Glibc.open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MasterKeyProblem.unreadable(path) }
        var status = stat()
        do {
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw MasterKeyProblem.busy(path) }
            var named = stat()
            guard fstat(descriptor, &status) == 0, stat(self.path, &named) == 0, named.st_ino == status.st_ino else {
                throw MasterKeyProblem.busy(path)
            }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            keys = try Self.keys(in: try file.read(upToCount: Self.sizeLimit + 1) ?? Data(), path)
        } catch {
            close(descriptor)
            throw error
        }
        self.status = status
    }

    /// Puts a new key in front, durable before this returns; the others stay and open what they sealed.
    mutating func add(_ key: MasterKey) throws {
        guard keys.count < Self.limit else { throw MasterKeyProblem.crowded(path) }
        let changed = [key] + keys
        let draft = path + ".new"
        unlink(draft)
        let new = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard new >= 0 else { throw Self.unwritable(draft) }
        defer { close(new) }
        // The command may run as root, and the server as somebody else, who still has to read it.
        guard status.st_uid == geteuid() || fchown(new, status.st_uid, status.st_gid) == 0 else {
            throw Self.unwritable(draft)
        }
        try Self.write(changed, to: new, draft)
        guard rename(draft, path) == 0, Self.synchronizeFolder(of: path) else { throw Self.unwritable(path) }
        keys = changed
    }

    /// Lets go of it.
    func release() { close(descriptor) }

    private static func write(_ keys: [MasterKey], to descriptor: Int32, _ path: String) throws {
        let text = Array(keys.map { Hex.encode($0.bytes) + "\n" }.joined().utf8)
        guard Glibc.write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
            throw unwritable(path)
        }
    }

    private static func synchronizeFolder(of path: String) -> Bool {
        let folder = Glibc.open(URL(filePath: path).deletingLastPathComponent().path(), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return fsync(folder) == 0
    }

    private static func unwritable(_ path: String) -> MasterKeyProblem {
        .unwritable(path, String(cString: strerror(errno)))
    }
}
